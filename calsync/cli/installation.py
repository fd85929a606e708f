"""The installation that a command works on."""

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask import Flask

from calsync.app import create_app, tools_of
from calsync.config import read_settings
from calsync.errors import CalsyncError, StorageUnavailable
from calsync.services.passwords import LONGEST, SHORTEST, WeakPassword
from calsync.services.tools import Tools

P = ParamSpec("P")
R = TypeVar("R")

_WEAKNESS = {
    "short": f"The password is too short: use at least {SHORTEST} characters.",
    "long": f"The password is too long: use at most {LONGEST} characters.",
    "easy": "The password is easy to guess: use several words that have nothing to do with the "
    "user.",
}


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Have a command say what is wrong in a sentence and end with status 1, without a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except WeakPassword as error:
            raise click.ClickException(_WEAKNESS[str(error)]) from None
        except StorageUnavailable as error:
            raise click.ClickException(
                f"{error} Is the database of CALSYNC_DATABASE_URL there, and was "
                "`calsync db upgrade` run?"
            ) from None
        except UnicodeEncodeError:
            # What a shell passes on need not be text, and no database takes it.
            raise click.ClickException("What was given is no text.") from None
        except CalsyncError as error:
            raise click.ClickException(str(error)) from None

    return run


def open_app() -> Flask:
    """Return the application that the environment describes."""
    return create_app(read_settings(os.environ))


def open_tools() -> Tools:
    """Return the tools of the installation that the environment describes."""
    return tools_of(open_app())
