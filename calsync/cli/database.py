"""`calsync db`: the schema."""

import click

from calsync.app import downgrade_schema, upgrade_schema
from calsync.cli.installation import open_app, plain_errors


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@plain_errors
def upgrade() -> None:
    """Bring the schema up to this version of calsync. Run it before `calsync serve`."""
    upgrade_schema(open_app())
    click.echo("The schema is up to date.")


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="Going back can lose what the newer schema holds. Go back?")
@plain_errors
def downgrade(revision: str) -> None:
    """Take the schema back to REVISION (or to base)."""
    downgrade_schema(open_app(), revision)
    click.echo(f"The schema is back at {revision}.")
