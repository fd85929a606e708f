"""Transactions: every one is opened here, and says whether it may write."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from calsync.db.stamps import NotingSession, stamp_changes
from calsync.db.texts import teach_sqlite
from calsync.errors import AlreadyThere, SettingsError, StorageBroken, StorageUnavailable
from calsync.metrics import DATABASE_AWAY

__all__ = ["Database", "Session", "engine_options", "is_in_transaction", "prepare_engine"]

#: How SQLite and PostgreSQL say that there is such a row already.
_TWICE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505")

_SQLITE_MARK = b"SQLite format 3\0"

#: What a connection is told before it begins, and what it then knows of itself.
_WANTS_TO_WRITE, _MAY_WRITE = "calsync_wants_to_write", "calsync_may_write"

_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


def is_in_transaction() -> bool:
    """Whether a transaction of ours is open here: then nobody may wait for the network."""
    return _open_transactions.get() > 0


class Database:
    """The one way to a transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a session that may write; commit at the end, roll back on any exception.

        Raises StorageUnavailable where the database is busy, full, gone or read-only.
        """
        with self._session(writes=True) as session:
            yield session
            stamp_changes(session)
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that only reads, and sees one state of the database throughout."""
        with self._session(writes=False) as session:
            yield session

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[Session]:
        token = _open_transactions.set(_open_transactions.get() + 1)
        try:
            with translated_errors(), self.engine.connect() as connection:
                told = connection.info
                told[_WANTS_TO_WRITE] = writes
                try:
                    with NotingSession(bind=connection, expire_on_commit=False) as session:
                        yield session
                finally:
                    # Who asked for nothing has not begun either.
                    told.pop(_WANTS_TO_WRITE, None)
        finally:
            _open_transactions.reset(token)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the database's errors into ours, without their words: they may hold people's."""
    try:
        yield
    except DBAPIError as error:
        raise _translated(error) from None
    except PoolTimeout:
        DATABASE_AWAY.inc()
        raise StorageUnavailable("All connections to the database are in use.") from None


def engine_options(url: str) -> dict[str, Any]:
    """Return what an engine for ``url`` is made with.

    Parameters never stand in an error's text: they hold people's words and
    sealed secrets.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return {"hide_parameters": True, "connect_args": {"timeout": 5.0}}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 5,
            "options": "-c statement_timeout=30000 -c lock_timeout=5000 "
            "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    }


def prepare_engine(engine: Engine) -> None:
    """Teach ``engine`` what each connection needs; to be called once, before its first use."""
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
    # Not by the event of that name: with one of its events heard, an engine looks for those
    # who hear of all others with each statement.
    begin = _begin_sqlite if is_sqlite else _begin_postgresql
    engine.dialect.do_begin = begin  # type: ignore[assignment]


def protect_file(url: str) -> None:
    """Make a SQLite file readable by its owner alone; its journals take their mode from it.

    Raises SettingsError where its folder is missing, and for a file that is
    there and is something else: it is not ours to touch.
    """
    path = make_url(url).database
    if make_url(url).get_backend_name() != "sqlite" or not path or path == ":memory:":
        return
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "rb") as file:
            begins = file.read(len(_SQLITE_MARK))
    except OSError as error:
        raise SettingsError(
            f"The database file {path} cannot be opened: {error.strerror}."
        ) from None
    if begins not in (b"", _SQLITE_MARK):
        raise SettingsError(f"The file {path} is no SQLite database; calsync leaves it alone.")
    Path(path).chmod(0o600)


def _translated(error: DBAPIError) -> Exception:
    """Return what an error of the database means, without its words: they may hold people's."""
    code = _code(error)
    if code in _TWICE:
        return AlreadyThere(f"The database says {code}.")
    # Away, full, locked, read-only or damaged: no statement of ours is to blame. A missing
    # table is an operational error to SQLite and a programming error to PostgreSQL.
    is_away = isinstance(error, OperationalError | InterfaceError | InternalError)
    if is_away or type(error) is DatabaseError or code == "42P01":
        DATABASE_AWAY.inc()
        return StorageUnavailable(f"The database says {code}.")
    return StorageBroken(f"The database says {code}.")


def _code(error: DBAPIError) -> str:
    """Return the driver's own code."""
    for name in ("sqlite_errorname", "sqlstate"):
        if code := getattr(error.orig, name, None):
            return str(code)
    return type(error.orig).__name__


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would open transactions by itself, and deferred ones.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    teach_sqlite(connection)


def _begin_sqlite(connection: PoolProxiedConnection) -> None:
    # A deferred transaction that reads and then writes fails at once when somebody
    # wrote in between, whatever the time-out; an immediate one waits its turn.
    writes, info = connection.info.pop(_WANTS_TO_WRITE, True), connection.info
    driver: Any = connection.driver_connection
    if info.get(_MAY_WRITE) != writes:
        driver.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        info[_MAY_WRITE] = writes
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: PoolProxiedConnection) -> None:
    if not connection.info.pop(_WANTS_TO_WRITE, True):
        driver: Any = connection.driver_connection
        driver.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
