"""`calsync sync held`: what syncs did not do because it is more than usual, and the answers."""

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.cli.integrations import NO_INTEGRATION
from calsync.cli.syncing import sync
from calsync.cli.whose import find_who, of_user, plain_refusals
from calsync.core.holds import Answer, Held
from calsync.services.holds import answer_held, list_held_groups
from calsync.web.held_words import say_answered, say_held, say_why_held

_WHAT = click.Choice([each.value for each in Held])


@sync.command()
@of_user
@click.argument("integration_id", metavar="ID")
@click.option("--do", "done", nargs=2, type=(_WHAT, int), help="Do it after all: WHAT NUMBER.")
@click.option("--keep", "kept", nargs=2, type=(_WHAT, int), help="Leave both sides: WHAT NUMBER.")
@plain_errors
def held(
    tenant_slug: str,
    email: str,
    integration_id: str,
    done: tuple[str, int] | None,
    kept: tuple[str, int] | None,
) -> None:
    """Say what waits for the user's answer, or give it in the number that was said."""
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals(NO_INTEGRATION):
        for answer, given in ((Answer.DO, done), (Answer.KEEP, kept)):
            if given is not None:
                what, number = given
                answer_held(tools, who, integration_id, Held(what), answer, number)
                click.echo(say_answered(answer is Answer.DO, number))
        integration, groups = list_held_groups(tools, who, integration_id)
    for group in groups:
        words = say_held(group.held, group.count, integration.calendar_name)
        click.echo(f"{group.held.value}\t{group.count}\t{words} {say_why_held(group)}")
    if not groups:
        click.echo("Nothing waits.")
