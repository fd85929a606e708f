"""How far a sync is, its end where the user wants it, and what a failure leaves to be done."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.options import Options
from calsync.core.run import RunState
from calsync.core.window import FutureRange, PastRange
from calsync.cronofy.client import CronofyClient
from calsync.db.models import Run
from calsync.errors import Unreachable
from calsync.services.runs import cancel_run, get_run, request_sync
from calsync.services.sync.catching_up import CatchUp
from calsync.services.sync.running import run_sync
from calsync.services.sync.sending import Dispatcher, Order
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE
#: More than are sent in one call.
MANY = 52


def ask(office: Office) -> str:
    return request_sync(office.tools, office.person.who, office.integration_id, bulk=True)


def run_of(office: Office, run_id: str) -> Run:
    return get_run(office.tools, office.person.who, run_id)


def full_office(make_office: MakeOffice, number: int = MANY) -> Office:
    """Return an office with so many items that are older than what is sent of them."""
    office = make_office(options=Options(takes_update=True))
    for each in range(number):
        office.add(f"Old {each:02}", times=office.at(each))
    office.options(kinds=EVERYTHING.kinds, sends=True)
    office.sync()
    assert office.events() == []
    return office


def before_each_call(monkeypatch: pytest.MonkeyPatch, do: Callable[[int], None]) -> None:
    """Let something happen before each call that writes, which gets the number of earlier ones."""
    send, calls = Dispatcher.send, []

    def watched(dispatcher: Dispatcher, orders: Sequence[Order]) -> None:
        if orders:
            do(len(calls))
            calls.append(len(orders))
        send(dispatcher, orders)

    monkeypatch.setattr(Dispatcher, "send", watched)


def test_a_sync_says_how_far_it_is(make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch):
    office = full_office(make_office)
    run_id, seen = ask(office), []

    def look(_: int) -> None:
        run = run_of(office, run_id)
        seen.append((run.state, run.done, run.total))

    before_each_call(monkeypatch, look)
    office.run_once()
    assert seen == [(RunState.RUNNING, 0, MANY), (RunState.RUNNING, 50, MANY)]
    ended = run_of(office, run_id)
    assert (ended.state, ended.done, ended.total) == (RunState.FINISHED, MANY, MANY)


def test_what_comes_in_while_the_calendar_is_read_counts_too(make_office: MakeOffice):
    office = make_office()
    office.put("Old")
    office.clock.move(timedelta(seconds=5))
    chosen = replace(EVERYTHING, past=PastRange.ONE_WEEK, future=FutureRange.ONE_WEEK)
    office.options(past=chosen.past, future=chosen.future, takes_create=False)
    office.put("Also old", **office.moved(2))
    office.add("New here", times=office.at(4))
    run_id = ask(office)
    office.run_once()
    ended = run_of(office, run_id)
    created = ended.counts["in_create_done"] + ended.counts["out_create_done"]
    assert (ended.done, ended.total) == (created, created)


def test_a_sync_that_is_cancelled_finishes_what_is_in_hand_and_drops_the_rest_of_send(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = full_office(make_office)
    office.add("New")
    run_id = ask(office)
    with monkeypatch.context() as patch:
        before_each_call(patch, lambda _: cancel_run(office.tools, office.person.who, run_id))
        # The reads that settle it would send what is left.
        office.sync(settle=False)
    ended = run_of(office, run_id)
    assert (ended.state, ended.error) == (RunState.STOPPED, "cancelled")
    assert len(office.events()) == 50
    has_new = "New" in office.summaries()
    office.sync()
    office.sweep()
    # Of the rest only what a person touched is sent, with the next sync.
    assert "New" in office.summaries()
    assert len(office.events()) == 50 + (not has_new)


def test_a_sync_that_is_cancelled_while_it_waits_never_begins(make_office: MakeOffice):
    office = full_office(make_office, 1)
    run_id = ask(office)
    cancel_run(office.tools, office.person.who, run_id)
    cancel_run(office.tools, office.person.who, run_id)
    office.sync()
    ended = run_of(office, run_id)
    assert (ended.state, ended.error) == (RunState.STOPPED, "cancelled")
    assert office.events() == []


def test_a_sync_that_is_cancelled_between_its_claim_and_its_beginning_never_begins(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = full_office(make_office, 1)
    run_id = ask(office)
    client_for = office.tools.cronofy

    def cancel_first(*how: Any) -> CronofyClient:
        cancel_run(office.tools, office.person.who, run_id)
        return client_for(*how)

    run_sync(replace(office.tools, cronofy=cancel_first), office.claim())
    assert run_of(office, run_id).state is RunState.STOPPED
    assert office.events() == []


def test_what_was_not_retrieved_when_a_sync_was_cancelled_is_not_asked_for_again(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = make_office(options=Options(takes_update=True, kinds=EVERYTHING.kinds))
    office.put("Old")
    office.sync()
    office.clock.move(timedelta(minutes=1))
    office.options(future=FutureRange.ONE_WEEK)
    run_id, read = ask(office), CatchUp.read_changes

    def cancel(catch_up: CatchUp) -> int:
        cancel_run(office.tools, office.person.who, run_id)
        return read(catch_up)

    office.add("New")
    with monkeypatch.context() as patch:
        patch.setattr(CatchUp, "read_changes", cancel)
        office.sync()
    office.sync()
    assert run_of(office, run_id).error == "cancelled"
    assert office.subjects() == ["New"]
    assert office.summaries() == ["New", "Old"]


def test_what_a_failure_kept_from_being_sent_is_sent_by_the_next_try(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = full_office(make_office, 3)
    run_id = ask(office)

    def fail(_: CatchUp) -> int:
        raise Unreachable("away", maybe_sent=False)

    with monkeypatch.context() as patch:
        patch.setattr(CatchUp, "read_changes", fail)
        with pytest.raises(Unreachable):
            office.run_once()
    failed = run_of(office, run_id)
    assert (failed.state, failed.error) == (RunState.STOPPED, "Unreachable")
    office.sync()
    assert len(office.events()) == 3
    assert office.runs()[-1].state is RunState.FINISHED


def test_a_sync_that_is_taken_up_again_counts_what_it_had_done_before(
    make_office: MakeOffice, monkeypatch: pytest.MonkeyPatch
):
    office = full_office(make_office)
    run_id = ask(office)

    class Killed(BaseException):
        """The process ends here."""

    def die(earlier: int) -> None:
        if earlier == 1:
            raise Killed

    with monkeypatch.context() as patch:
        before_each_call(patch, die)
        with pytest.raises(Killed):
            run_sync(office.tools, office.claim())
    office.clock.move(timedelta(minutes=6))
    office.sync()
    ended = run_of(office, run_id)
    assert ended.state is RunState.FINISHED
    assert ended.counts["out_create_done"] == MANY
    assert len(office.events()) == MANY
