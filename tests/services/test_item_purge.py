"""The bin is emptied: after 30 days an item is gone whole, and not a moment earlier."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from calsync.db import due_rows
from calsync.db.base import Base
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, IdempotencyKey, Integration, Item, LogEntry
from calsync.errors import NotThere
from calsync.jobs.performers import PERFORMERS
from calsync.services.idempotency import answer_once
from calsync.services.item_access import BIN_KEEPS, find_item_view, list_history
from calsync.services.item_upsert import put_item
from calsync.services.items import Scope, change_item, create_item, delete_item, restore_item
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.hearing import add_integration
from tests.services.integrating import add_entry, add_run
from tests.services.makings import add_weekly, appointment, at_once

MOMENT = timedelta(seconds=1)
#: Where an item leaves something.
TABLES = ("items", "assignments", "item_exceptions", "item_changes", "departures", "due_rows")


def run_due_work(tools: Tools) -> int:
    """Do what is due as the loop does, in a process that has just started; return how much."""
    now = tools.clock.now()
    with tools.db.begin() as session:
        claims: list[Claim] = due_rows.claim_due(
            session, owner="test", now=now, until=now + MOMENT, limit=50
        )
    for claim in claims:
        again_at = PERFORMERS[claim.kind](tools, claim)
        with tools.db.begin() as session:
            if again_at is None:
                due_rows.finish(session, claim)
            else:
                due_rows.release(session, claim, due_at=again_at)
    return len(claims)


def count(tools: Tools) -> dict[str, int]:
    tables = Base.metadata.tables
    with tools.db.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(tables[name])) or 0
            for name in TABLES
        }


def test_what_a_program_was_answered_vanishes_with_the_item(
    tools: Tools, dana: Person, sam: Person, clock: FakeClock
) -> None:
    answer_once(tools, dana.who, "old", "request", lambda _: (201, "Therapy"))
    delete_item(tools, dana.who, create_item(tools, dana.who, appointment("Therapy")))
    clock.move(BIN_KEEPS)
    answer_once(tools, sam.who, "new", "request", lambda _: (201, "Fresh"))
    run_due_work(tools)
    with tools.db.read() as session:
        assert list(session.scalars(select(IdempotencyKey.body))) == ["Fresh"]


def test_an_item_vanishes_whole_after_thirty_days(
    tools: Tools, dana: Person, sam: Person, clock: FakeClock
) -> None:
    create_item(tools, dana.who, appointment("Stays"))
    before = count(tools)
    both = [dana.who.user_id, sam.who.user_id]
    item = create_item(tools, sam.who, appointment(rule="FREQ=WEEKLY;COUNT=5"), both)
    fields = find_item_view(tools, sam.who, item, "2026-03-09T09:00").fields
    own = replace(fields, location="Elsewhere")
    change_item(tools, sam.who, item, own, scope=Scope.THIS, key="2026-03-09T09:00")
    whole = find_item_view(tools, sam.who, item).fields
    change_item(tools, sam.who, item, whole, assignees=[sam.who.user_id])
    delete_item(tools, sam.who, item)
    assert all(after > before[name] for name, after in count(tools).items())
    clock.move(BIN_KEEPS - MOMENT)
    assert run_due_work(tools) == 0
    assert list_history(tools, sam.who, item)
    clock.move(MOMENT)
    assert run_due_work(tools) == 1
    assert count(tools) == before
    with pytest.raises(NotThere):
        restore_item(tools, sam.who, item)


def test_what_was_private_to_others_stays_so_in_the_logs_when_it_is_gone(
    tools: Tools, dana: Person, sam: Person, clock: FakeClock
) -> None:
    private = replace(appointment("Redundancies"), is_private=True)
    item = create_item(tools, sam.who, private)
    shown = {"mine": {"title": "Redundancies"}}
    for person in (dana, sam):
        run_id = add_run(tools, person, add_integration(tools, person).id)
        add_entry(tools, person, run_id, item_id=item, title="Redundancies", before=shown)
        add_entry(tools, person, run_id, item_id="another", title="Lunch")
    delete_item(tools, sam.who, item)
    clock.move(BIN_KEEPS)
    assert run_due_work(tools) > 0
    with tools.db.read() as session:
        assert session.query(Item).count() == 0
        ids = {i.id: i.user_id for i in session.query(Integration)}
        told = {
            (ids[entry.integration_id], entry.title, bool(entry.before))
            for entry in session.query(LogEntry)
        }
    mine, theirs = dana.who.user_id, sam.who.user_id
    assert told == {
        (mine, "", False),
        (mine, "Lunch", False),
        (theirs, "Redundancies", True),
        (theirs, "Lunch", False),
    }


def test_what_was_restored_stays(tools: Tools, dana: Person, clock: FakeClock) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item)
    clock.move(timedelta(days=20))
    restore_item(tools, dana.who, item)
    clock.move(timedelta(days=11))
    run_due_work(tools)
    assert find_item_view(tools, dana.who, item)
    delete_item(tools, dana.who, item)
    clock.move(timedelta(days=29))
    assert run_due_work(tools) == 0
    clock.move(timedelta(days=2))
    assert run_due_work(tools) == 1
    assert count(tools)["items"] == 0


def test_a_restore_and_the_purge_at_once_leave_all_or_nothing(
    tools: Tools, dana: Person, clock: FakeClock
) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item)
    clock.move(BIN_KEEPS)
    restored, _ = at_once(lambda: restore_item(tools, dana.who, item), lambda: run_due_work(tools))
    if isinstance(restored, NotThere):
        assert count(tools)["items"] == 0
    else:
        assert restored is None
        assert find_item_view(tools, dana.who, item).version == 3


def test_a_psa_gets_its_item_back_from_the_bin_and_a_new_one_after_that(
    tools: Tools, dana: Person, clock: FakeClock
) -> None:
    def put(subject: str) -> tuple[str, bool]:
        fields = appointment(subject, external_id="psa-1")
        return put_item(tools, dana.who, fields, assignees=None, version=None)

    item, _ = put("First")
    delete_item(tools, dana.who, item)
    assert put("Back") == (item, False)
    assert [row.action for row in list_history(tools, dana.who, item)] == [
        "changed", "restored", "deleted", "created",
    ]  # fmt: skip
    delete_item(tools, dana.who, item)
    clock.move(BIN_KEEPS + MOMENT)  # and nobody has done the due work yet
    new, is_new = put("Anew")
    assert (is_new, new != item) == (True, True)
    assert run_due_work(tools) == 1
    with tools.db.read() as session:
        assert list(session.scalars(select(Item.id))) == [new]


def test_the_work_of_emptying_is_planned_with_the_deletion(tools: Tools, dana: Person) -> None:
    item = add_weekly(tools, dana.who)
    delete_item(tools, dana.who, item)
    with tools.db.read() as session:
        assert due_rows.count_due(session) == {DueKind.PURGE: 1}
