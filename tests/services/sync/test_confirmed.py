"""Deletions that the user confirmed with their number are not asked about again."""

from datetime import timedelta

import pytest

from calsync.core.link import Side
from calsync.core.run import Result, RunState
from calsync.db.models import Run
from calsync.services.runs import request_sync
from tests.services.integrating import add_entry
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE


@pytest.fixture
def full(office: Office) -> Office:
    """Return an office with thirty items, in step."""
    for number in range(30):
        office.add(f"Item {number:02}", times=office.at(number / 2))
    office.sync()
    return office


def remove_there(office: Office, number: int) -> None:
    """Let the owner of the linked calendar delete the first events."""
    for event in office.events()[:number]:
        office.remove(event["event_uid"])


def ask(office: Office, **confirmed: int) -> str:
    numbers = {Side(name): number for name, number in confirmed.items()}
    run_id = request_sync(
        office.tools, office.person.who, office.integration_id, bulk=True, confirmed=numbers
    )
    office.run_once()
    return run_id


def test_so_many_removals_as_were_confirmed_are_taken_in(full: Office):
    remove_there(full, 12)
    ask(full, **{"in": 12})
    assert len(full.items()) == 18
    assert "brake" not in full.reasons()


def test_so_many_copies_as_were_confirmed_are_deleted(full: Office):
    for item in full.items()[:12]:
        full.delete(item.id)
    ask(full, out=12)
    assert len(full.summaries()) == 18


@pytest.mark.parametrize("confirmed", [{"in": 11}, {"out": 12}, {}])
def test_one_more_than_was_confirmed_and_all_of_them_wait(full: Office, confirmed: dict[str, int]):
    remove_there(full, 12)
    ask(full, **confirmed)
    assert len(full.items()) == 30
    assert full.reasons() == ["brake"] * 12


def test_a_confirmed_number_counts_in_that_run_alone_and_leaves_the_brake_as_it_was(full: Office):
    remove_there(full, 12)
    ask(full, **{"in": 12})
    remove_there(full, 5)
    full.sync()
    assert len(full.items()) == 13, "what was confirmed is not counted towards the brake"
    remove_there(full, 6)
    full.sync()
    assert len(full.items()) == 13, "and what was not confirmed is"


def test_the_number_that_was_shown_last_counts(full: Office):
    who, integration_id = full.person.who, full.integration_id
    first = request_sync(full.tools, who, integration_id, bulk=True, confirmed={Side.IN: 20})
    second = request_sync(full.tools, who, integration_id, bulk=True, confirmed={Side.IN: 11})
    third = request_sync(full.tools, who, integration_id, bulk=True)
    assert first == second == third
    with full.tools.db.read() as session:
        assert session.get_one(Run, first).confirmed == {"in": 11}
    remove_there(full, 12)
    full.run_once()
    assert len(full.items()) == 30


def test_a_run_that_is_taken_up_again_deletes_no_more_than_was_confirmed(full: Office):
    remove_there(full, 12)
    who, integration_id = full.person.who, full.integration_id
    numbers = {Side.IN: 12}
    run_id = request_sync(full.tools, who, integration_id, bulk=True, confirmed=numbers)
    with full.tools.db.begin() as session:
        session.get_one(Run, run_id).state = RunState.RUNNING
    add_entry(full.tools, full.person, run_id, side=Side.IN, action="delete", result=Result.DONE)
    full.run_once()
    assert len(full.items()) == 30


def test_copies_that_were_only_moved_count_as_no_removals(full: Office):
    personal = full.sandbox.calendars()["Personal"]
    for event in full.events()[:11]:
        full.edit(event["event_uid"], calendar_id=personal)
    full.clock.move(timedelta(seconds=1))
    remove_there(full, 1)
    full.sync()
    assert set(full.reasons()) == {"moved"}
    assert len(full.items()) == 29
