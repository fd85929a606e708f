"""Whose things a command is about, and refusals in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from calsync.core.integration import Refusal
from calsync.errors import NotPossible, NotThere, UserError
from calsync.services import people
from calsync.services.tools import Tools, Who
from calsync.web.sync_words import REFUSAL_WORDS

Command = TypeVar("Command", bound=Callable[..., object])


def of_user(command: Command) -> Command:
    """Give a command the arguments that name a user."""
    command = click.argument("email")(command)
    return click.argument("tenant_slug", metavar="TENANT")(command)


def find_who(tools: Tools, tenant_slug: str, email: str) -> Who:
    """Return the user that a command names. Raises UserError where there is none."""
    user = people.get_user_by_email(tools, tenant_slug, email)
    return Who(user.tenant_id, user.id)


@contextmanager
def plain_refusals(nothing: str) -> Iterator[None]:
    """Say in a sentence what cannot be done; ``nothing`` where there is no such thing."""
    try:
        yield
    except NotPossible as error:
        raise UserError(str(REFUSAL_WORDS[Refusal(error.reason)])) from None
    except NotThere:
        raise UserError(nothing) from None
