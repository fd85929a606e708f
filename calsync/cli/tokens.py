"""`calsync token`: access to the JSON API for programs."""

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.cli.whose import find_who, of_user
from calsync.errors import UserError
from calsync.services import api_tokens


@click.group()
def token() -> None:
    """The tokens by which programs use the JSON API."""


@token.command("add")
@of_user
@click.option("--name", required=True, help="What uses it, such as the name of the PSA.")
@plain_errors
def add_token(tenant_slug: str, email: str, name: str) -> None:
    """Make a token that may do what the user may do. Its secret is shown this once."""
    tools = open_tools()
    click.echo(api_tokens.create_token(tools, find_who(tools, tenant_slug, email), name))


@token.command("list")
@of_user
@plain_errors
def list_tokens(tenant_slug: str, email: str) -> None:
    """List a user's tokens: id, name, when made, when last used."""
    tools = open_tools()
    for each in api_tokens.list_live_tokens(tools, find_who(tools, tenant_slug, email)):
        used = each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else "never"
        made = each.created_at.isoformat(timespec="seconds")
        click.echo(f"{each.id}\t{each.name}\t{made}\t{used}")


@token.command("revoke")
@of_user
@click.argument("token_id", metavar="ID")
@plain_errors
def revoke_token(tenant_slug: str, email: str, token_id: str) -> None:
    """End a token for good."""
    tools = open_tools()
    if not api_tokens.revoke(tools, find_who(tools, tenant_slug, email), token_id):
        raise UserError("There is no such token. `calsync token list` shows them.")
    click.echo("The token is worth nothing any more.")
