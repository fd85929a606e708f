"""Dumps of a PostgreSQL database, by the programs that come with PostgreSQL."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from calsync.db.database import translated_errors
from calsync.errors import SettingsError

_MARK = b"PGDMP"
_ALIKE = ("--no-owner", "--no-privileges")
_TABLES = text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")


def dump(url: URL, part: Path) -> None:
    """Write one committed state of a database into a file. Raises SettingsError."""
    _run("pg_dump", url, "--format=custom", f"--file={part}", *_ALIKE)


def load(url: URL, backup: Path) -> None:
    """Fill an empty database with what a dump holds, with all or with nothing."""
    with backup.open("rb") as file:
        if file.read(len(_MARK)) != _MARK:
            raise SettingsError(f"{backup} is no backup of a PostgreSQL database.")
    if not _is_empty(url):
        raise SettingsError(
            f"The database {url.database} is not empty. Stop every calsync that works on it, make "
            "a new database, name that in CALSYNC_DATABASE_URL and restore again: what is in the "
            "old one stays as it is."
        )
    _run("pg_restore", url, "--single-transaction", "--exit-on-error", *_ALIKE, str(backup))


def _is_empty(url: URL) -> bool:
    engine = create_engine(url, hide_parameters=True)
    try:
        with translated_errors(), engine.connect() as connection:
            return not connection.execute(_TABLES).scalar_one()
    finally:
        engine.dispose()


def _run(program: str, url: URL, *options: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise SettingsError(
            f"There is no {program} on this machine. Install PostgreSQL's client programs, of the "
            "server's version or a newer one."
        )
    plain = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    # What stands on a command line can be read by every user of the machine.
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    address = f"--dbname={plain.render_as_string()}"
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with options of ours
        [path, address, *options],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        # Of further lines some may tell what stood in a row.
        first = next(iter(done.stderr.splitlines()), f"it ended with {done.returncode}")
        raise SettingsError(f"{program} could not do it: {first}")
