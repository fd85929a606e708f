"""The loop over due work."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from calsync.clock import SystemClock
from calsync.db import due_rows
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, DueRow
from calsync.errors import TemporaryError
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.services.accounts import disconnect
from calsync.services.tools import Tools
from tests.cast import Person
from tests.processes import wait_until
from tests.sandbox_server import RunningSandbox
from tests.services.test_accounts import count_calls, waiting_revocations

Perform = Callable[[Tools, Claim], datetime | None]
MakeLoop = Callable[..., DueLoop]


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def make_loop(tools: Tools) -> Iterator[MakeLoop]:
    """Return a function that starts a loop which does one thing for every kind of work."""
    loops: list[DueLoop] = []

    def make(perform: Perform | None = None) -> DueLoop:
        performers = dict.fromkeys(DueKind, perform) if perform else PERFORMERS
        loop = DueLoop(tools, performers)
        loops.append(loop)
        loop.start()
        return loop

    yield make
    for loop in loops:
        loop.stop()


def add_work(tools: Tools, person: Person, subject: str) -> None:
    with tools.db.begin() as session:
        due_rows.wake(session, person.who.tenant_id, DueKind.REVOKE, subject, tools.clock.now())


def find_row(tools: Tools, subject: str) -> DueRow | None:
    with tools.db.read() as session:
        return session.query(DueRow).filter_by(subject_id=subject).one_or_none()


def test_a_revoke_is_told_once_cronofy_is_back(
    tools: Tools,
    dana: Person,
    link: Callable[..., str],
    sandbox: RunningSandbox,
    make_loop: MakeLoop,
) -> None:
    disconnect(tools, dana.who, link())
    fault = sandbox.fault("server_error", path="/oauth/token/revoke")
    loop = make_loop()
    wait_until(lambda: sandbox.fired(fault))
    [revocation_id] = waiting_revocations(tools, dana)
    wait_until(lambda: (row := find_row(tools, revocation_id)) and row.last_error)
    row = find_row(tools, revocation_id)
    assert row
    assert row.due_at > tools.clock.now() + timedelta(seconds=2)
    sandbox.control("DELETE", "/faults")
    calls = count_calls(sandbox, "/oauth/token/revoke")
    add_work(tools, dana, revocation_id)
    loop.wake()
    wait_until(lambda: waiting_revocations(tools, dana) == [])
    wait_until(lambda: find_row(tools, revocation_id) is None)
    assert count_calls(sandbox, "/oauth/token/revoke") == calls + 1


def test_work_is_done_soon_after_a_wake(tools: Tools, dana: Person, make_loop: MakeLoop) -> None:
    done: list[str] = []

    def perform(_tools: Tools, claim: Claim) -> None:
        done.append(claim.subject_id)

    loop = make_loop(perform)
    add_work(tools, dana, "a")
    loop.wake()
    wait_until(lambda: done == ["a"])
    wait_until(lambda: find_row(tools, "a") is None)


def test_whoever_wakes_a_loop_that_has_just_stopped_notices_nothing(make_loop: MakeLoop) -> None:
    loop = make_loop()
    assert loop._scheduler
    # Its end came between the question whether it runs and the wake.
    loop._scheduler.shutdown()
    loop.wake()
    loop._scheduler = None


def test_a_wake_in_the_middle_of_a_look_is_not_forgotten(
    make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No look comes by itself here. Costs a start of the loop."""
    monkeypatch.setattr("calsync.jobs.inprocess.TICK_SECONDS", 3600)
    begun, may_end, looks = threading.Event(), threading.Event(), list[int]()

    def look(_loop: DueLoop) -> int:
        looks.append(len(looks))
        begun.set()
        may_end.wait(10)
        return 0

    monkeypatch.setattr(DueLoop, "run_once", look)
    loop = make_loop()
    assert begun.wait(10)
    loop.wake()
    # The scheduler takes the wake up while the first look is still under way.
    SystemClock().sleep(0.2)
    may_end.set()
    wait_until(lambda: len(looks) > 1)


def test_a_look_that_breaks_off_is_not_the_last(
    make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Costs a start of the loop."""
    looks: list[int] = []

    def look(_loop: DueLoop) -> int:
        looks.append(len(looks))
        if len(looks) == 1:
            raise RuntimeError("of no foreseen kind")
        return 0

    monkeypatch.setattr(DueLoop, "run_once", look)
    loop = make_loop()
    wait_until(lambda: looks)
    loop.wake()
    wait_until(lambda: len(looks) > 1)


def test_one_piece_that_always_fails_keeps_nobody_else_waiting(
    tools: Tools, dana: Person, make_loop: MakeLoop
) -> None:
    done: list[str] = []

    def perform(_tools: Tools, claim: Claim) -> None:
        if claim.subject_id == "poison":
            raise ZeroDivisionError
        done.append(claim.subject_id)

    for subject in ("poison", "a", "b"):
        add_work(tools, dana, subject)
    make_loop(perform)
    wait_until(lambda: sorted(done) == ["a", "b"])
    wait_until(lambda: (row := find_row(tools, "poison")) and row.last_error == "ZeroDivisionError")
    row = find_row(tools, "poison")
    assert row
    assert row.due_at > tools.clock.now()
    assert row.lease_until is None


def test_what_cronofy_asks_to_wait_for_is_waited_for(
    tools: Tools, dana: Person, make_loop: MakeLoop
) -> None:
    def perform(_tools: Tools, claim: Claim) -> None:
        raise TemporaryError("slow down", retry_after=timedelta(minutes=20))

    add_work(tools, dana, "a")
    make_loop(perform)
    wait_until(lambda: (row := find_row(tools, "a")) and row.last_error)
    row = find_row(tools, "a")
    assert row
    assert row.due_at > tools.clock.now() + timedelta(minutes=19)


def test_several_loops_started_by_mistake_do_each_piece_once(
    tools: Tools, dana: Person, make_loop: MakeLoop
) -> None:
    done: list[str] = []

    def perform(_tools: Tools, claim: Claim) -> None:
        done.append(claim.subject_id)

    for number in range(40):
        add_work(tools, dana, str(number))
    loops = [make_loop(perform) for _ in range(3)]
    for _ in range(8):
        for loop in loops:
            loop.wake()
        SystemClock().sleep(0.05)
    wait_until(lambda: len(done) >= 40)
    assert sorted(done, key=int) == [str(n) for n in range(40)]


def test_stopping_lets_the_work_in_hand_end_and_takes_no_more(
    tools: Tools, dana: Person, make_loop: MakeLoop
) -> None:
    begun, may_end, done = threading.Event(), threading.Event(), []

    def perform(_tools: Tools, claim: Claim) -> None:
        begun.set()
        may_end.wait(10)
        done.append(claim.subject_id)

    add_work(tools, dana, "in hand")
    loop = make_loop(perform)
    assert begun.wait(10)
    stopping = threading.Thread(target=loop.stop)
    stopping.start()
    add_work(tools, dana, "too late")
    loop.wake()
    may_end.set()
    stopping.join(20)
    assert done == ["in hand"]
    assert find_row(tools, "in hand") is None
    # The next process takes over at once, not at a lease's end.
    other = make_loop(perform)
    other.wake()
    wait_until(lambda: "too late" in done)
