"""What a sync costs, in exact numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select

from calsync.db.base import Base
from calsync.db.models import Assignment, Item, LinkRow
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


def plant_links(office: Office, number: int) -> None:
    """Let so many further items stand on both sides, each linked as the first one is."""
    with office.tools.db.begin() as session:
        for table in (Item, Assignment, LinkRow):
            [first] = session.execute(select(table.__table__)).mappings()
            session.execute(
                insert(table), [_copy_of(table, dict(first), at) for at in range(number)]
            )


def _copy_of(table: type[Base], first: dict[str, Any], at: int) -> dict[str, Any]:
    """Return a row with ids of its own."""
    fresh = {"item_id": f"i{at:015}"} if table is not Item else {"id": f"i{at:015}"}
    if table is LinkRow:
        name = f"calsync.{first['integration_id']}.i{at:015}..1"
        fresh |= {"id": f"l{at:015}", "event_id": name, "event_uid": f"evt_{at}"}
    return {**first, **fresh}


@pytest.mark.parametrize("links", [100, 10_000])
def test_a_sync_with_nothing_to_do_makes_one_request_and_at_most_six_statements(
    office: Office, links: int
):
    office.add("Lunch")
    office.sync()
    office.clock.move(timedelta(minutes=1))
    office.sync()
    plant_links(office, links - 1)
    office.clock.move(timedelta(minutes=1))
    before = reads(office)
    office.wake()
    claim = office.claim()
    with counted(office.tools.db.engine) as statements:
        run_sync(office.tools, claim)
    assert reads(office) - before == 1
    assert len(statements) <= 6, "\n".join(each[:45] for each in statements)
    assert not any("record" in each for each in statements)
    assert len(office.links()) == links


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("number", "writes"), [(1, 1), (50, 1), (51, 2), (101, 3)])
def test_fifty_items_go_out_in_one_call_and_their_echoes_cause_none(
    office: Office, number: int, writes: int
):
    for each in range(number):
        office.add(f"Item {each}")
    before = office.writes()
    office.run_once()
    assert office.writes() - before == writes
    assert len(office.events()) == number
    office.clock.move(timedelta(seconds=65))
    office.run_once()
    assert office.flying() == []
    office.clock.move(timedelta(minutes=10))
    office.run_once()
    assert office.writes() - before == writes
