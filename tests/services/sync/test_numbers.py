"""What a sync costs, in exact numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from calsync.services.sync.running import run_sync
from tests.services.sync.office import Office


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database, but for the transactions' own."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SET TRANSACTION")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def reads(office: Office) -> int:
    counts = office.sandbox.control("GET", "/requests")["requests"]
    return sum(int(each["count"]) for each in counts if each["path"].startswith("/v1/events"))


def test_a_sync_with_nothing_to_do_makes_one_request_and_six_statements(office: Office):
    office.add("Lunch")
    office.sync()
    office.clock.move(timedelta(minutes=1))
    office.sync()
    office.clock.move(timedelta(minutes=1))
    before = reads(office)
    office.wake()
    claim = office.claim()
    with counted(office.tools.db.engine) as statements:
        run_sync(office.tools, claim)
    assert reads(office) - before == 1
    assert len(statements) <= 6, "\n".join(each[:45] for each in statements)
    assert not any("FROM links" in each and "record" in each for each in statements)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("number", "writes"), [(1, 1), (50, 1), (51, 2)])
def test_fifty_items_go_out_in_one_call(office: Office, number: int, writes: int):
    for each in range(number):
        office.add(f"Item {each}")
    before = office.writes()
    office.sync()
    assert office.writes() - before == writes
    assert len(office.events()) == number
