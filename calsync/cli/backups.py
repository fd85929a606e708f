"""`calsync backup` and `calsync restore`: the whole database in one file, and back."""

import os
from dataclasses import replace
from pathlib import Path

import click

from calsync.app import create_app, refuse_newer_schema, tools_of, upgrade_schema
from calsync.cli.installation import plain_errors
from calsync.config import read_settings
from calsync.db.backups import opened_backup, write_backup
from calsync.services.restoring import prepare_restored

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Put it in the place of a file of that name.")
@plain_errors
def backup(file: Path, *, force: bool) -> None:
    """Write the database into FILE, while calsync serves.

    CALSYNC_TOKEN_KEYS are not in it, and without them nobody can use the tokens in it.
    """
    settings = read_settings(os.environ)
    write_backup(settings.database_url, file, replaces=force)
    size = file.stat().st_size / 1_000_000
    click.echo(
        f"{file} holds the database ({size:.1f} MB), with what people wrote. Keep the keys of "
        "CALSYNC_TOKEN_KEYS in another place: without them its tokens open nothing."
    )


@click.command()
@click.argument("file", type=_FILE)
@click.confirmation_option(prompt="What people did here since that backup is lost. Restore it?")
@plain_errors
def restore(file: Path) -> None:
    """Put back the database that FILE holds; nothing of calsync may run meanwhile."""
    settings = read_settings(os.environ)
    with opened_backup(settings.database_url, file) as url:
        app = create_app(replace(settings, database_url=url))
        try:
            refuse_newer_schema(app)
            upgrade_schema(app)
            count = prepare_restored(tools_of(app))
        finally:
            tools_of(app).db.engine.dispose()
    click.echo(
        f"The database is as it was. {count} integrations read their calendars in full once "
        "calsync serves. Everybody logs in again."
    )
