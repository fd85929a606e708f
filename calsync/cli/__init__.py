"""The `calsync` command: one module for each noun that it knows."""

import click

from calsync.cli import held as held
from calsync.cli import own_events as own_events
from calsync.cli import swapping as swapping
from calsync.cli.backups import backup, restore
from calsync.cli.database import db
from calsync.cli.demo import demo
from calsync.cli.integrations import integration
from calsync.cli.keys import keys
from calsync.cli.people import tenant, user
from calsync.cli.serving import serve
from calsync.cli.syncing import sync
from calsync.cli.tokens import token
from calsync.cli.webhooks import webhook


@click.group()
@click.version_option(package_name="calsync")
def main() -> None:
    """Two-way calendar sync for the people of IT service firms."""


_COMMANDS = (
    backup, db, demo, integration, keys, restore, serve, sync, tenant, token, user, webhook
)  # fmt: skip
for command in _COMMANDS:
    main.add_command(command)
