"""`calsync tenant` and `calsync user`."""

import sys

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.db.models import Role
from calsync.services import people

_ROLES = click.Choice([role.value for role in Role])


@click.group()
def tenant() -> None:
    """The firms that use this installation."""


@tenant.command("add")
@click.argument("slug")
@click.option("--name", help="The firm's full name; else the short one.")
@plain_errors
def add_tenant(slug: str, name: str | None) -> None:
    """Add a tenant whose people log in to SLUG."""
    added = people.create_tenant(open_tools(), slug, name or slug)
    click.echo(f"Tenant {added.slug} is there. Add its people with `calsync user add`.")


@tenant.command("list")
@plain_errors
def list_tenants() -> None:
    """List the tenants."""
    for each in people.list_all_tenants(open_tools()):
        click.echo(f"{each.slug}\t{each.name}")


@click.group()
def user() -> None:
    """The people of a tenant."""


@user.command("add")
@click.argument("tenant_slug", metavar="TENANT")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=_ROLES, default=Role.MEMBER.value, show_default=True)
@click.option("--time-zone", default="Etc/UTC", show_default=True, help="Such as Europe/London.")
@plain_errors
def add_user(tenant_slug: str, email: str, name: str, role: str, time_zone: str) -> None:
    """Add a user. The password is asked for, or read from standard input."""
    added = people.create_user(
        open_tools(),
        tenant_slug,
        email=email,
        name=name,
        role=Role(role),
        password=_ask_password(),
        time_zone=time_zone,
    )
    click.echo(f"{added.email} can log in to {tenant_slug}.")


@user.command("list")
@click.argument("tenant_slug", metavar="TENANT")
@plain_errors
def list_users(tenant_slug: str) -> None:
    """List a tenant's users."""
    for each in people.list_users_of(open_tools(), tenant_slug):
        state = "disabled" if each.is_disabled else "active"
        click.echo(f"{each.email}\t{each.name}\t{each.role.value}\t{each.time_zone}\t{state}")


@user.command("password")
@click.argument("tenant_slug", metavar="TENANT")
@click.argument("email")
@plain_errors
def set_password(tenant_slug: str, email: str) -> None:
    """Give a user a new password and log them out everywhere."""
    people.set_password(open_tools(), tenant_slug, email, _ask_password())
    click.echo(f"{email} has a new password and is logged out everywhere.")


@user.command("disable")
@click.argument("tenant_slug", metavar="TENANT")
@click.argument("email")
@plain_errors
def disable(tenant_slug: str, email: str) -> None:
    """Shut a user out and log them out everywhere."""
    people.set_disabled(open_tools(), tenant_slug, email, is_disabled=True)
    click.echo(f"{email} cannot log in any more.")


@user.command("enable")
@click.argument("tenant_slug", metavar="TENANT")
@click.argument("email")
@plain_errors
def enable(tenant_slug: str, email: str) -> None:
    """Let a user in again."""
    people.set_disabled(open_tools(), tenant_slug, email, is_disabled=False)
    click.echo(f"{email} can log in again.")


def _ask_password() -> str:
    # Never an option: those stand in the shell's history and in the list of processes.
    if sys.stdin.isatty():
        answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return answer
    return sys.stdin.readline().rstrip("\r\n")
