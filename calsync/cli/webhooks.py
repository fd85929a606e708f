"""`calsync webhook`: which addresses are told of changes."""

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.delivery.addresses import AddressFault, UnfitAddress
from calsync.errors import NotThere, UserError
from calsync.services import people, webhook_endpoints

_WORDS = {
    AddressFault.TOO_LONG: "The address is too long.",
    AddressFault.CHARACTERS: "The address holds characters that no address may hold.",
    AddressFault.SCHEME: "The address has to begin with https://.",
    AddressFault.USERINFO: "The address may hold no user name or password.",
    AddressFault.FRAGMENT: "The address may hold no # part.",
    AddressFault.HOST: "The address names no host.",
    AddressFault.PORT: "The port is none that a web server uses.",
    AddressFault.PRIVATE: "The address is inside a private network. "
    "CALSYNC_WEBHOOKS_ALLOW_PRIVATE=yes allows that.",
    AddressFault.UNKNOWN_HOST: "Nobody knows that host.",
}


@click.group()
def webhook() -> None:
    """The addresses that a tenant's PSA hears of changes at."""


@webhook.command()
@click.argument("tenant_slug", metavar="TENANT")
@click.argument("url")
@plain_errors
def add(tenant_slug: str, url: str) -> None:
    """Tell URL of every change to an item. Prints the secret, once."""
    tools = open_tools()
    try:
        tenant = people.get_tenant(tools, tenant_slug)
        endpoint_id, secret = webhook_endpoints.add_endpoint(tools, tenant.id, url)
    except UnfitAddress as error:
        raise UserError(_WORDS[error.code]) from None
    click.echo(f"{endpoint_id}\nCheck the signatures with {secret}. It is not shown again.")


@webhook.command("list")
@click.argument("tenant_slug", metavar="TENANT")
@plain_errors
def list_endpoints(tenant_slug: str) -> None:
    """List a tenant's addresses."""
    tools = open_tools()
    tenant = people.get_tenant(tools, tenant_slug)
    for view in webhook_endpoints.list_endpoints_of(tools, tenant.id):
        endpoint = view.endpoint
        state = "gone" if endpoint.gone_at else "off" if endpoint.disabled_at else "active"
        click.echo(f"{endpoint.id}\t{endpoint.url}\t{state}")


@webhook.command()
@click.argument("tenant_slug", metavar="TENANT")
@click.argument("endpoint_id", metavar="ID")
@plain_errors
def remove(tenant_slug: str, endpoint_id: str) -> None:
    """Tell the address with this ID nothing more."""
    tools = open_tools()
    try:
        tenant = people.get_tenant(tools, tenant_slug)
        webhook_endpoints.remove_endpoint(tools, tenant.id, endpoint_id)
    except NotThere:
        raise UserError("There is no such address. `calsync webhook list` shows them.") from None
    click.echo("It is told nothing more.")
