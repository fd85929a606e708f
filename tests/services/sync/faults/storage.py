"""A SQLite database that is full, read-only or busy, for as long as a test wants."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.services.sync.office import Office


@contextmanager
def full_disk(office: Office) -> Iterator[None]:
    """Let the database grow by no page inside."""
    with office.tools.db.read() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar()
    with _told(office, f"PRAGMA max_page_count={pages}", "PRAGMA max_page_count=1000000"):
        yield


@contextmanager
def read_only(office: Office) -> Iterator[None]:
    """Let the database take no write inside."""
    engine = office.tools.db.engine
    begin = engine.dialect.do_begin

    def begin_reading(connection: Any) -> None:
        begin(connection)
        connection.driver_connection.execute("PRAGMA query_only=ON")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.dialect, "do_begin", begin_reading)
        yield
    # What the connections were told goes with them.
    engine.dispose()


@contextmanager
def busy(office: Office) -> Iterator[None]:
    """Let somebody else write inside all the time, for longer than anybody waits."""
    path = office.tools.db.engine.url.database
    with (
        _told(office, "PRAGMA busy_timeout=20", "PRAGMA busy_timeout=5000"),
        closing(sqlite3.connect(str(path), isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _told(office: Office, inside: str, afterwards: str) -> Iterator[None]:
    """Tell each connection something when it is used inside, and something else from then on."""
    said = [inside]

    def tell(connection: Any, *_rest: object) -> None:
        connection.execute(said[0])

    event.listen(office.tools.db.engine, "checkout", tell)
    try:
        yield
    finally:
        said[0] = afterwards
