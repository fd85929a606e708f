"""The questions about items and tickets that are asked all the time find their rows by an index."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.orm import Session

from calsync.core.item import Kind
from calsync.db import items, listing, tickets
from calsync.db.database import prepare_engine
from calsync.db.models import Item

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
SOME = ["a" * 16, "b" * 16, "c" * 16]

#: Every question whose rows grow with the use of the product.
HOT: dict[str, Callable[[Session], object]] = {
    "entries": lambda s: items.list_items_between(s, "t", "u", START, END),
    "entries of a kind": lambda s: items.list_items_between(
        s, "t", "u", START, END, kinds=[Kind.TASK]
    ),
    "item": lambda s: items.find_item(s, "t", "i"),
    "item to change": lambda s: items.lock_item(s, "t", "i"),
    "item of other software": lambda s: items.find_item_by_external_id(s, "t", "x"),
    "bin": lambda s: items.list_bin(s, "t", "u", START),
    "assignees": lambda s: items.map_assignees(s, "t", SOME),
    "exceptions": lambda s: items.map_exceptions(s, "t", SOME),
    "changes": lambda s: listing.list_items_after(
        s, "t", listing.ItemFilter(updated_since=START), seen_by="u", after=None, limit=9
    ),
    "departures": lambda s: listing.list_departures_after(
        s,
        "t",
        listing.ItemFilter(updated_since=START),
        user_id="u",
        is_member=True,
        after=(START, "i"),
        limit=9,
    ),
    "changed tickets": lambda s: listing.list_tickets_after(
        s, "t", status=None, updated_since=START, after=None, limit=9
    ),
    "history": lambda s: items.list_changes(s, "t", "i"),
    "calls": lambda s: items.list_calls_of(s, "t", "i"),
    "calls to rename": lambda s: items.lock_calls_of(s, "t", "i"),
    "ticket": lambda s: tickets.find_ticket(s, "t", "i"),
    "tickets": lambda s: tickets.list_tickets(s, "t"),
    "tickets by words": lambda s: tickets.list_tickets(s, "t", text="printer"),
    "next number": lambda s: tickets.next_number(s, "t"),
}

#: Questions that no index answers, to see that they are noticed.
PLANTED: dict[str, Callable[[Session], object]] = {
    "by a column": lambda s: s.scalars(select(Item).where(Item.subject == "x")).all(),
    "all of them": lambda s: s.scalars(select(Item).order_by(Item.id)).all(),
    "by a changed column": lambda s: s.scalars(
        select(Item).where(Item.tenant_id + "" == "t")
    ).all(),
}


@pytest.fixture
def explain(database_url: str) -> Iterator[Callable[[Callable[[Session], object]], list[str]]]:
    """Give a function that tells how the database would answer a question."""
    engine = create_engine(database_url)
    prepare_engine(engine)

    def explain_question(ask: Callable[[Session], object]) -> list[str]:
        with engine.connect() as connection, Session(connection) as session:
            asked: list[tuple[str, object]] = []

            def note(_c: object, _u: object, statement: str, values: object, *_: object) -> None:
                asked.append((statement, values))

            event.listen(connection, "before_cursor_execute", note)
            ask(session)
            event.remove(connection, "before_cursor_execute", note)
            return [line for each in asked for line in _plan(engine, session, *each)]

    yield explain_question
    engine.dispose()


def _plan(engine: Engine, session: Session, statement: str, values: object) -> list[str]:
    connection = session.connection()
    if engine.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        return [row[3] for row in rows]
    # On tables with next to nothing in them, reading all of it is the best plan.
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)  # type: ignore[arg-type]
    return [row[0].strip() for row in rows]


def find_full_scans(plan: list[str]) -> list[str]:
    """Return the steps of a plan that read all of a table or of an index."""
    found = [line for line in plan if re.match(r"SCAN |(-> *)?Seq Scan", line)]
    for line, following in zip(plan, [*plan[1:], ""], strict=True):
        by_index = re.match(r"(-> *)?(Bitmap )?Index (Only )?Scan", line)
        if by_index and not following.startswith("Index Cond"):
            found.append(line)
    return found


@pytest.mark.parametrize("question", HOT)
def test_a_hot_question_reads_no_table_from_end_to_end(
    explain: Callable[[Callable[[Session], object]], list[str]], question: str
) -> None:
    plan = explain(HOT[question])
    assert plan
    assert find_full_scans(plan) == [], plan


@pytest.mark.parametrize("question", PLANTED)
def test_a_full_scan_is_noticed(
    explain: Callable[[Callable[[Session], object]], list[str]], question: str
) -> None:
    assert find_full_scans(explain(PLANTED[question]))


def test_what_stands_on_a_calendar_is_found_by_its_user(
    explain: Callable[[Callable[[Session], object]], list[str]],
) -> None:
    plan = "\n".join(explain(HOT["entries"]))
    assert "ix_assignments_tenant_id_user_id_item_id" in plan
