"""`calsync integration swap`: another calendar in place of the one that is linked."""

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.cli.integrations import (
    COPIES,
    NO_INTEGRATION,
    confirm_copies,
    find_calendar,
    integration,
)
from calsync.cli.whose import find_who, of_user, plain_refusals
from calsync.core.integration import Copies
from calsync.services.integrations import count_copies_to_go
from calsync.services.swapping import swap_calendar


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@click.argument("calendar")
@click.option("--mailbox", help="Which of the user's mailboxes, where several have it.")
@click.option("--copies", type=COPIES, default=Copies.STAY.value, show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@plain_errors
def swap(
    tenant_slug: str,
    email: str,
    integration_id: str,
    calendar: str,
    mailbox: str | None,
    copies: str,
    yes: bool,
) -> None:
    """Keep My Calendar in step with CALENDAR instead, with the same options.

    What was sent to the old calendar is sent to the new one; copies in the old one stay
    or go. Says the id of the new integration.
    """
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    linked, found = find_calendar(tools, who, calendar, mailbox)
    with plain_refusals(NO_INTEGRATION):
        number = None
        if copies == Copies.GO:
            number = count_copies_to_go(tools, who, integration_id)
            confirm_copies(number, yes=yes)
        made = swap_calendar(
            tools,
            who,
            integration_id,
            account_id=linked.account.id,
            calendar_id=found.calendar_id,
            copies=Copies(copies),
            confirmed=number,
        )
    click.echo(made)
