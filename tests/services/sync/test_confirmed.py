"""Deletions that the user confirmed with their number are not asked about again."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from calsync.core.link import Side
from calsync.cronofy.batch import Write
from calsync.cronofy.client import CronofyClient
from calsync.db.models import Run
from calsync.errors import RateLimited, Unreachable
from calsync.services.runs import request_sync
from calsync.services.sync import deciding
from calsync.services.sync.deciding import Decider
from calsync.services.sync.sending import Dispatcher
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


class Killed(BaseException):
    """The process ends here."""


def die(*_: object) -> None:
    raise Killed


_batch = CronofyClient.batch


def land_unheard(client: CronofyClient, writes: Sequence[Write]) -> None:
    """Make the writes, and let nobody hear of it."""
    _batch(client, writes)
    raise Unreachable("timed out", maybe_sent=True)


#: Where a sync ends in the middle of fifteen deletions, and how.
ENDS = {
    "before the call": (Dispatcher, "send", die, Killed),
    "before the answer": (CronofyClient, "batch", land_unheard, Unreachable),
    "after the answer": (Dispatcher, "_settle", die, Killed),
}


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
def test_a_sync_that_ends_in_the_middle_deletes_no_more_than_was_confirmed(
    office: Office, monkeypatch: pytest.MonkeyPatch, ends: tuple[Any, str, Any, Any]
):
    items = [office.add(f"Item {number:02}", times=office.at(number / 3)) for number in range(60)]
    office.sync()
    for item in items[:15]:
        office.delete(item)
    where, name, end, error = ends
    with monkeypatch.context() as patch, pytest.raises(error):
        patch.setattr(where, name, end)
        ask(office, out=15)
    for item in items[15:30]:
        office.delete(item)
    for _ in range(4):
        office.clock.move(timedelta(minutes=6))
        office.run_once()
    assert len(office.summaries()) == 45
    assert office.reasons() == ["brake"] * 15
    assert office.log().count(("out", "delete", "done", None)) == 15


def test_a_run_that_is_taken_up_again_removes_no_more_than_was_confirmed(
    full: Office, monkeypatch: pytest.MonkeyPatch
):
    remove_there(full, 12)
    decide, calls = Decider.decide_next, count(1)

    def decide_once(*given: Any) -> Any:
        return decide(*given) if next(calls) == 1 else die()

    monkeypatch.setattr(deciding, "AT_ONCE", 6)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Decider, "decide_next", decide_once)
        ask(full, **{"in": 12})
    assert len(full.items()) == 24
    remove_there(full, 6)
    full.clock.move(timedelta(minutes=6))
    full.run_once()
    assert len(full.items()) == 24
    assert full.reasons() == ["brake"] * 12


def test_what_was_confirmed_and_refused_for_the_moment_needs_no_second_word(full: Office):
    for item in full.items()[:12]:
        full.delete(item.id)
    full.sandbox.fault("rate_limited", path="/v1/batch", times=20)
    with pytest.raises(RateLimited):
        ask(full, out=12)
    full.sandbox.control("DELETE", "/faults")
    full.clock.move(timedelta(minutes=6))
    full.run_once()
    assert len(full.summaries()) == 18
    assert full.reasons() == []


def test_copies_that_were_only_moved_count_as_no_removals(full: Office):
    personal = full.sandbox.calendars()["Personal"]
    for event in full.events()[:11]:
        full.edit(event["event_uid"], calendar_id=personal)
    full.clock.move(timedelta(seconds=1))
    remove_there(full, 1)
    full.sync()
    assert set(full.reasons()) == {"moved"}
    assert len(full.items()) == 29
