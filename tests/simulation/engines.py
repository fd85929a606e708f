"""SQLite files that take each other's place under one engine.

An engine compiles each statement once and remembers it; a new engine for each history would
compile them all again, which took a fifth of its time.
"""

import sqlite3
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

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
    engine = create_engine(
        "sqlite://", creator=_connect, poolclass=StaticPool, **engine_options("sqlite://")
    )
    prepare_engine(engine)
    return engine


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(_chosen[0], timeout=5.0, check_same_thread=False)
