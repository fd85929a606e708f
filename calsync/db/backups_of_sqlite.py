"""Copies of a SQLite database: taken while it is written to, checked, and put in its place."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from calsync.db.texts import teach_sqlite
from calsync.errors import SettingsError, StorageUnavailable

_MARK = b"SQLite format 3\0"
_IN_USE = ("SQLITE_BUSY", "SQLITE_LOCKED")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def copy(database: str, part: Path) -> None:
    """Write one committed state of a database into an empty file.

    A copy of the file alone would miss what stands in its write-ahead log; and what was
    deleted, and still stands in a page that is free, does not come along.
    """
    if not Path(database).is_file():
        raise SettingsError(f"There is no database {database} yet.")
    with _open(Path(database)) as connection:
        connection.execute("VACUUM INTO ?", [str(part)])
    _check(part, part)


def check_out(backup: Path, part: Path) -> None:
    """Copy a backup, which stays as it is, into a file to work on. Raises SettingsError."""
    with backup.open("rb") as file:
        if file.read(len(_MARK)) != _MARK:
            raise SettingsError(f"{backup} is no backup of a SQLite database.")
    shutil.copyfile(backup, part)
    _check(part, backup)


def refuse_if_open(database: Path) -> None:
    """Raise SettingsError where any process has the database open."""
    if database.exists():
        with _held_alone(database):
            pass


def close_whole(part: Path) -> None:
    """Leave all of a database in its one file; nobody has it open."""
    with _open(part) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    _check(part, part)


def put_in_place(part: Path, database: Path) -> None:
    """Let a file be the database from now on; what was there is kept under another name."""
    if not database.exists():
        part.replace(database)
        return
    with _held_alone(database):
        kept = database.with_name(f"{database.name}.before-restore")
        kept.unlink(missing_ok=True)
        kept.hardlink_to(database)
        for ending in ("-wal", "-shm", "-journal"):
            # They are of the file that goes. Where it was whole, they are empty.
            database.with_name(f"{database.name}{ending}").unlink(missing_ok=True)
        part.replace(database)


@contextmanager
def _held_alone(database: Path) -> Iterator[None]:
    """Hold a database that nobody else has open. Raises SettingsError where somebody has.

    One that is damaged cannot be held, and nobody can work with it.
    """
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            # It leaves the write-ahead log only where it is alone, and empties it first.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname in _IN_USE:
                raise SettingsError(
                    f"The database {database} is in use. Stop every calsync that works on it "
                    "(SIGTERM ends one within ten seconds), and restore then."
                ) from None
            if error.sqlite_errorname not in _DAMAGED:
                raise StorageUnavailable(f"The database says {error.sqlite_errorname}.") from None
        yield


def _check(file: Path, named: Path) -> None:
    with _open(file) as connection:
        try:
            whole = connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
            whole = whole and not connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError:
            whole = False
    if not whole:
        raise SettingsError(f"{named} is damaged. Take another backup.")


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as connection:
            teach_sqlite(connection)
            yield connection
    except sqlite3.Error as error:
        raise StorageUnavailable(f"The database says {error.sqlite_errorname}.") from None
