"""The whole database in one file, and back: with SQLite's own means, or PostgreSQL's programs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from calsync.db import backups_of_postgresql, backups_of_sqlite
from calsync.errors import SettingsError


def write_backup(database_url: str, file: Path, *, replaces: bool = False) -> None:
    """Write all that is committed into ``file``, whoever reads and writes meanwhile.

    It is there whole or not at all, and readable by its owner alone. Raises SettingsError
    where it is there already and is not to be replaced, and where it cannot be written.
    """
    if file.exists() and not replaces:
        raise _is_there(file)
    url = make_url(database_url)
    with _part_of(file) as part:
        if _is_sqlite(url):
            backups_of_sqlite.copy(url.database or "", part)
        else:
            backups_of_postgresql.dump(url, part)
        _keep_on_disk(part)
        if replaces:
            part.replace(file)
            return
        try:
            # Unlike a renaming, it fails where somebody else was faster.
            file.hardlink_to(part)
        except FileExistsError:
            raise _is_there(file) from None


@contextmanager
def opened_backup(database_url: str, file: Path) -> Iterator[str]:
    """Give the address of a database that holds what ``file`` does, checked.

    For SQLite it stands beside the database and takes its place at the end, unless the block
    raises; what was there is kept beside it. For PostgreSQL it is the database itself, which
    has to be empty. Raises SettingsError with what is wrong and what to do.
    """
    if not file.is_file():
        raise SettingsError(f"There is no file {file}.")
    url = make_url(database_url)
    if not _is_sqlite(url):
        backups_of_postgresql.load(url, file)
        yield database_url
        return
    database = Path(url.database or "")
    backups_of_sqlite.refuse_if_open(database)
    with _part_of(database) as part:
        backups_of_sqlite.check_out(file, part)
        yield f"sqlite:///{part}"
        backups_of_sqlite.close_whole(part)
        _keep_on_disk(part)
        backups_of_sqlite.put_in_place(part, database)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _is_there(file: Path) -> SettingsError:
    return SettingsError(f"{file} is there already. Choose another name, or use --force.")


@contextmanager
def _part_of(file: Path) -> Iterator[Path]:
    """Give a new file beside another one, for its owner alone; it is gone at the end."""
    try:
        number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
    except OSError as error:
        raise SettingsError(f"Nothing can be written beside {file}: {error.strerror}.") from None
    os.close(number)
    try:
        yield Path(name)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{name}{ending}").unlink(missing_ok=True)


def _keep_on_disk(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
