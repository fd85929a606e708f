"""SQLite files that take each other's place under one engine.

An engine compiles each statement once and remembers it; a new engine for each history would
compile them all again, which took a fifth of its time.
"""

import sqlite3
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from calsync.db.database import engine_options, prepare_engine

_chosen: list[Path] = []


def open_engine(path: Path) -> Engine:
    """Return this process's engine, with ``path`` for its only database from now on."""
    engine = _make_engine()
    engine.dispose()
    _chosen[:] = [path]
    return engine


@cache
def _make_engine() -> Engine:
    # Each task that has a transaction open has a connection of its own.
    engine = create_engine(
        "sqlite://", creator=_connect, poolclass=QueuePool, **engine_options("sqlite://")
    )
    prepare_engine(engine)
    event.listen(engine, "connect", _lose_patience)
    return engine


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(_chosen[0], timeout=0.0, check_same_thread=False)


def _lose_patience(connection: sqlite3.Connection, _record: object) -> None:
    # A real wait would hang the one thread that all tasks share.
    connection.execute("PRAGMA busy_timeout=0")
