"""`calsync integration permission`: leave to change the events that users made themselves."""

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.cli.integrations import NO_INTEGRATION, integration
from calsync.cli.whose import find_who, of_user, plain_refusals
from calsync.services.own_events import ask_permission, trust_again


@integration.command()
@of_user
@click.argument("integration_id", metavar="ID")
@click.option("--again", is_flag=True, help="Go on although one was altered more than was meant.")
@plain_errors
def permission(tenant_slug: str, email: str, integration_id: str, again: bool) -> None:
    """Ask the user to let us change the events that they made themselves.

    Says where the user agrees, or that they have. Changes that were kept out until then
    stay so, unless `calsync integration options --kept-out` lets them flow.
    """
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals(NO_INTEGRATION):
        if again:
            trust_again(tools, who, integration_id)
        page = ask_permission(tools, who, integration_id)
    if page is None:
        click.echo("The user's own events may be changed.")
    else:
        click.echo(f"The user agrees here: {page}")
