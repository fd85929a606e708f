"""Databases that take each other's place under one engine, one engine for each kind.

An engine compiles each statement once and remembers it; a new engine for each history would
compile them all again, which took a fifth of its time.
"""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from calsync.db.database import engine_options, prepare_engine

_PSYCOPG = "postgresql+psycopg://"
#: The database that is open, for each kind of engine.
_chosen: dict[str, str] = {}


def open_engine(path: Path) -> Engine:
    """Return this process's engine for SQLite, with ``path`` for its only database from now on."""
    return _open("sqlite://", str(path))


def open_postgres(url: str) -> Engine:
    """Return this process's engine for PostgreSQL, with ``url`` for its only database."""
    return _open(_PSYCOPG, url.replace("postgresql+psycopg:", "postgresql:", 1))


def keep(engine: Engine) -> sqlite3.Connection | None:
    """Return a copy of all that was committed; None on PostgreSQL, where there is none."""
    if engine.dialect.name != "sqlite":
        return None
    copy = sqlite3.connect(":memory:")
    with closing(engine.raw_connection()) as connection:
        connection.driver_connection.backup(copy)
    return copy


def put_back(engine: Engine, copy: sqlite3.Connection) -> None:
    """Let the database be as it was when the copy was made; nobody may be at work in it."""
    with closing(engine.raw_connection()) as connection:
        copy.backup(connection.driver_connection)


def _open(kind: str, place: str) -> Engine:
    engine = _make_engine(kind)
    engine.dispose()
    _chosen[kind] = place
    return engine


@cache
def _make_engine(kind: str) -> Engine:
    # Each task that has a transaction open has a connection of its own.
    creator = _connect_sqlite if kind == "sqlite://" else _connect_postgres
    # A server that stands for one history need not be asked each time whether it is there.
    options = engine_options(kind) | {"pool_pre_ping": False}
    engine = create_engine(kind, creator=creator, poolclass=QueuePool, **options)
    prepare_engine(engine)
    if kind == "sqlite://":
        event.listen(engine, "connect", _lose_patience)
    return engine


def _connect_sqlite() -> sqlite3.Connection:
    return sqlite3.connect(_chosen["sqlite://"], timeout=0.0, check_same_thread=False)


def _connect_postgres() -> "psycopg.Connection[Any]":
    return psycopg.connect(_chosen[_PSYCOPG], **engine_options(_PSYCOPG)["connect_args"])


def _lose_patience(connection: sqlite3.Connection, _record: object) -> None:
    # A real wait would hang the one thread that all tasks share.
    connection.execute("PRAGMA busy_timeout=0")
