"""`calsync integration`: which calendars are kept in step with a user's My Calendar."""

from typing import Any

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.cli.option_flags import choose_options, say_options, takes_options
from calsync.cli.whose import find_who, of_user, plain_refusals
from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.link import Origin
from calsync.core.options import Options, load_options
from calsync.db.models import LinkedCalendar
from calsync.errors import UserError
from calsync.services import integrations
from calsync.services.accounts import LinkedView, list_linked
from calsync.services.integration_end import delete_integration
from calsync.services.integration_views import (
    IntegrationView,
    get_integration_view,
    list_integration_views,
)
from calsync.services.sync.kept_out import count_kept_out
from calsync.services.tools import Tools, Who
from calsync.web.sync_words import CAUTION_WORDS, STATE_WORDS, STOP_WORDS

NO_INTEGRATION = "There is no such integration. `calsync integration list` shows them."
_ORIGIN_WORDS = {Origin.SENT: "sent", Origin.BROUGHT: "brought in"}
COPIES = click.Choice([choice.value for choice in Copies])
_MEANWHILE = click.Choice([choice.value for choice in Meanwhile])


@click.group()
def integration() -> None:
    """The calendars that a user's My Calendar is kept in step with."""


@integration.command("add")
@of_user
@click.argument("calendar")
@click.option("--mailbox", help="Which of the user's mailboxes, where several have it.")
@takes_options
@plain_errors
def add(tenant_slug: str, email: str, calendar: str, mailbox: str | None, **chosen: Any) -> None:
    """Keep My Calendar in step with CALENDAR, by name or id, of a linked account.

    Without other wishes creations and changes come in, and every kind is sent.
    """
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    linked, found = find_calendar(tools, who, calendar, mailbox)
    first = Options(takes_create=True, takes_update=True, kinds=frozenset(Kind))
    with plain_refusals("There is no such calendar."):
        made = integrations.create_integration(
            tools,
            who,
            account_id=linked.account.id,
            calendar_id=found.calendar_id,
            options=choose_options(first, chosen),
        )
    click.echo(made)


@integration.command("list")
@of_user
@plain_errors
def list_all(tenant_slug: str, email: str) -> None:
    """List a user's integrations: id, calendar, mailbox, whether active, status, last sync."""
    tools = open_tools()
    for view in list_integration_views(tools, find_who(tools, tenant_slug, email)):
        row = view.integration
        synced = row.synced_at.isoformat(timespec="seconds") if row.synced_at else "never"
        active = "active" if row.is_active else "not active"
        click.echo(
            f"{row.id}\t{row.calendar_name}\t{row.profile_name}\t{active}"
            f"\t{say_status(view)}\t{synced}"
        )


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@plain_errors
def show(tenant_slug: str, email: str, integration_id: str) -> None:
    """Show an integration: its options, and how its links stand."""
    tools = open_tools()
    with plain_refusals(NO_INTEGRATION):
        view = get_integration_view(tools, find_who(tools, tenant_slug, email), integration_id)
    row = view.integration
    click.echo(f"{row.calendar_name} of {row.profile_name} ({row.service}): {say_status(view)}")
    for name, value in say_options(load_options(row.options)):
        click.echo(f"{name}\t{value}")
    for (origin, state), count in sorted(view.counts.items()):
        click.echo(f"{count} {_ORIGIN_WORDS[origin]}\t{STATE_WORDS[state]}")


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@plain_errors
def activate(tenant_slug: str, email: str, integration_id: str) -> None:
    """Let changes flow again."""
    tools = open_tools()
    with plain_refusals(NO_INTEGRATION):
        integrations.activate(tools, find_who(tools, tenant_slug, email), integration_id)
    click.echo("It is active.")


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@plain_errors
def deactivate(tenant_slug: str, email: str, integration_id: str) -> None:
    """Let nothing flow any more, in either direction."""
    tools = open_tools()
    with plain_refusals(NO_INTEGRATION):
        integrations.deactivate(tools, find_who(tools, tenant_slug, email), integration_id)
    click.echo("It is not active.")


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@takes_options
@click.option("--copies", type=COPIES, default=Copies.STAY.value, show_default=True)
@click.option("--meanwhile", type=_MEANWHILE, default=Meanwhile.AGREED.value, show_default=True)
@click.option("--kept-out", is_flag=True, help="Changes kept out so far flow too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def options(
    tenant_slug: str,
    email: str,
    integration_id: str,
    copies: str,
    meanwhile: str,
    kept_out: bool,
    yes: bool,
    **chosen: Any,
) -> None:
    """Change an integration's options; what is not given stays as it is.

    Copies of a kind that is not sent any more stay or go. What happened to copies of a
    kind that is sent again counts as agreed, or flows now. Changes that a switch kept out
    so far stay where they are, unless --kept-out is given.
    """
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals(NO_INTEGRATION):
        present = load_options(get_integration_view(tools, who, integration_id).integration.options)
        wanted = choose_options(present, chosen)
        unticked = present.kinds - wanted.kinds
        number = None
        if copies == Copies.GO:
            number = integrations.count_copies_to_go(tools, who, integration_id, unticked)
            confirm_copies(number, yes=yes)
        changes = None
        if kept_out:
            changes = count_kept_out(tools, who, integration_id, wanted)
            _confirm_kept_out(changes, yes=yes)
        integrations.change_options(
            tools,
            who,
            integration_id,
            wanted,
            copies=Copies(copies),
            confirmed=number,
            meanwhile=Meanwhile(meanwhile),
            kept_out=changes,
        )
    click.echo("The options are changed.")


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@click.option("--copies", type=COPIES, default=Copies.STAY.value, show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def delete(tenant_slug: str, email: str, integration_id: str, copies: str, yes: bool) -> None:
    """End an integration for good; our copies in the calendar stay or go.

    With a mailbox's last integration its connection ends too.
    """
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals(NO_INTEGRATION):
        number = integrations.count_copies_to_go(tools, who, integration_id)
        if copies == Copies.GO:
            confirm_copies(number, yes=yes)
        done = delete_integration(
            tools, who, integration_id, copies=Copies(copies), confirmed=number
        )
    is_going = done is Copies.GO
    click.echo(f"It is deleted. {'Its copies go now.' if is_going else 'Its copies stay.'}")


def say_status(view: IntegrationView) -> str:
    """Return whether an integration is connected, and what stands in its way."""
    status = "Connected" if view.is_connected else "Not Connected"
    caution = f" {CAUTION_WORDS[view.integration.caution]}" if view.integration.caution else ""
    return f"{status} ({STOP_WORDS[view.stop]}){caution}" if view.stop else status + caution


def find_calendar(
    tools: Tools, who: Who, calendar: str, mailbox: str | None
) -> tuple[LinkedView, LinkedCalendar]:
    """Return the linked calendar that a command names, and its mailbox. Raises UserError."""
    found = [
        (linked, each)
        for linked in list_linked(tools, who)
        for each in linked.calendars
        if calendar in (each.calendar_id, each.name)
        and mailbox in (None, linked.account.profile_name)
    ]
    if not found:
        raise UserError(
            f"The user has no linked calendar called {calendar}. "
            "Mailboxes are connected on the Calendar Sync page."
        )
    if len(found) > 1:
        raise UserError(f"Several calendars are called {calendar}. Add --mailbox, or use an id.")
    return found[0]


def confirm_copies(number: int, *, yes: bool) -> None:
    """Ask whether so many copies, if any, are to go; end the command where they are not."""
    if number and not yes:
        copies = "1 copy" if number == 1 else f"{number} copies"
        click.confirm(f"{copies} will be deleted in the linked calendar. Go on?", abort=True)


def _confirm_kept_out(number: int, *, yes: bool) -> None:
    if number and not yes:
        changes = "1 change" if number == 1 else f"{number} changes"
        click.confirm(f"{changes} kept out so far will flow. Go on?", abort=True)
