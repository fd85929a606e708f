"""Tasks take turns at boundaries, as a stream or a map says, each in a context of its own."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from calsync.db.database import is_in_transaction
from calsync.db.models import Tenant
from calsync.errors import StorageUnavailable
from tests.simulation.databases import SimulatedDatabase
from tests.simulation.engines import open_engine
from tests.simulation.faults import Crash, Fault, FaultKind, FaultPlan
from tests.simulation.scheduler import Scheduler, SharedClock


def count_up(scheduler: Scheduler) -> list[str]:
    """Let two tasks count to three, with a boundary after each number; return what was said."""
    said: list[str] = []

    def count(name: str) -> None:
        for number in range(3):
            said.append(f"{name}{number}")
            scheduler.cross()

    for name in ("a", "b"):
        scheduler.spawn(name, lambda name=name: count(name))  # type: ignore[misc]
    while len(said) < 6:
        scheduler.run()
    return said


def test_without_a_turn_each_task_goes_on_to_its_end():
    assert count_up(Scheduler(SharedClock())) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_a_stream_lets_tasks_take_turns_and_what_was_taken_can_be_taken_again():
    orders = []
    for seed in range(20):
        drawn = Scheduler(SharedClock(), stream=random.Random(seed), rate=0.7)
        order = count_up(drawn)
        assert count_up(Scheduler(SharedClock(), turns=drawn.taken)) == order
        orders.append(tuple(order))
    assert len(set(orders)) > 3


def test_the_hub_can_be_given_a_turn_while_tasks_are_at_work():
    scheduler, said = Scheduler(SharedClock(), turns={2: 1}), []

    def speak() -> None:
        said.append("begun")
        scheduler.cross()
        said.append("done")

    scheduler.spawn("speaker", speak)
    scheduler.run()
    assert said == ["begun"]
    scheduler.run()
    assert said == ["begun", "done"]


def test_a_sleeping_task_wakes_at_its_time_and_nobody_waits_for_real():
    clock = SharedClock()
    scheduler, began_at, said = Scheduler(clock), clock.now(), []
    scheduler.spawn("sleeper", lambda: (clock.sleep(3600), said.append(clock.now())))
    scheduler.run()
    assert not said
    assert scheduler.next_wake() == began_at + timedelta(hours=1)
    scheduler.finish()
    assert said == [began_at + timedelta(hours=1)]


def test_a_stalled_task_lets_time_pass_the_others_by():
    clock = SharedClock()
    scheduler, began_at = Scheduler(clock, turns={2: -400}), clock.now()
    scheduler.spawn("stalled", scheduler.cross)
    scheduler.run()
    assert scheduler.next_wake() == began_at + timedelta(seconds=400)


def test_a_crash_ends_one_task_and_no_other():
    scheduler, said = Scheduler(SharedClock()), []

    def crash() -> None:
        raise Crash

    scheduler.spawn("a", crash)
    scheduler.spawn("b", lambda: said.append("b"))
    scheduler.run()
    assert (said, scheduler.crashes) == (["b"], 1)


Make = Callable[..., tuple[SimulatedDatabase, Scheduler]]


@pytest.fixture
def make(tmp_path: Path, sqlite_template: Path) -> Iterator[Make]:
    """Return a function that opens a database under a scheduler with such turns and faults."""
    made: list[SimulatedDatabase] = []

    def make_database(
        turns: dict[int, int], faults: dict[int, Fault] | None = None
    ) -> tuple[SimulatedDatabase, Scheduler]:
        path = tmp_path / "calsync.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        scheduler = Scheduler(SharedClock(), turns=turns)
        made.append(SimulatedDatabase(open_engine(path), FaultPlan(faults), scheduler))
        return made[-1], scheduler

    yield make_database
    for each in made:
        each.engine.dispose()


def rename(database: SimulatedDatabase, name: str) -> None:
    """Give every tenant a name."""
    with database.begin() as session:
        session.query(Tenant).update({Tenant.name: name})


def names(database: SimulatedDatabase) -> set[str]:
    """Return the names of the tenants."""
    with database.read() as session:
        return {tenant.name for tenant in session.query(Tenant)}


def test_who_is_interrupted_in_a_transaction_is_so_alone(make: Make):
    # The third turn comes before the commit; there the hub goes on.
    database, scheduler = make({3: 1})
    scheduler.spawn("writer", lambda: rename(database, "Written"))
    scheduler.run()
    assert scheduler.count("writer") == 1
    assert not is_in_transaction()
    assert "Written" not in names(database)
    scheduler.run()
    assert names(database) == {"Written"}


def test_a_second_writer_waits_for_the_first(make: Make):
    database, scheduler = make({3: 1})
    scheduler.spawn("first", lambda: rename(database, "First"))
    scheduler.spawn("second", lambda: rename(database, "Second"))
    scheduler.run()
    assert (scheduler.count("second"), names(database)) == (1, {"First"})
    scheduler.finish()
    assert names(database) == {"Second"}


def test_a_writer_that_stalls_keeps_the_others_waiting_until_they_give_up(make: Make):
    database, scheduler = make({3: -400})
    refused: list[str] = []

    def try_to_rename() -> None:
        try:
            rename(database, "Second")
        except StorageUnavailable:
            refused.append("Second")

    scheduler.spawn("first", lambda: rename(database, "First"))
    scheduler.spawn("second", try_to_rename)
    while scheduler.next_wake() or scheduler.count("first"):
        scheduler.run()
        if wakes_at := scheduler.next_wake():
            scheduler.clock.move(wakes_at - scheduler.clock.now())
    assert refused == ["Second"]
    assert names(database) == {"First"}


@pytest.mark.parametrize(
    ("kind", "is_written"), [(FaultKind.CRASH_BEFORE, False), (FaultKind.CRASH_AFTER, True)]
)
def test_a_crash_before_the_commit_undoes_the_transaction_and_one_after_it_does_not(
    make: Make, kind: FaultKind, is_written: bool
):
    database, scheduler = make({}, {1: Fault(kind)})
    scheduler.spawn("writer", lambda: rename(database, "Written"))
    scheduler.run()
    assert scheduler.crashes == 1
    assert ("Written" in names(database)) == is_written
    rename(database, "Later")
    assert names(database) == {"Later"}


def test_whoever_is_ended_from_outside_leaves_no_lock_behind(make: Make):
    database, scheduler = make({3: 1})
    scheduler.spawn("writer", lambda: rename(database, "Written"))
    scheduler.run()
    scheduler.kill()
    assert "Written" not in names(database)
    rename(database, "Later")
    assert names(database) == {"Later"}
