"""What must not matter: notifications, the passing of time, and a database put back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulation.invariants import find_violations
from tests.simulation.invariants.faces import face_of_event, face_of_item
from tests.simulation.invariants.making import find_doubles, find_twins
from tests.simulation.invariants.story import tell
from tests.simulation.plans import Plan, Step
from tests.simulation.scenario import History, play, settle

#: What people do on both sides, each once what was done before has been carried over.
ACTS: tuple[Step, ...] = (
    ("add", ("T0", 5)),
    ("put", ("T1", 7)),
    ("change", (0, "T2")),
    ("edit", (1, "T3")),
    ("move", (0, 12)),
    ("delete", (1,)),
    ("add", ("T4", 20)),
    ("put", ("T5", 22)),
    ("remove", (0,)),
)
STEPS: tuple[Step, ...] = tuple(step for act in ACTS for step in (act, ("wait", (4000,))))
PLAN = Plan(1, STEPS, kindly=True, faults={}, turns={}, draws={})


@contextmanager
def played(plan: Plan, folder: Path, template: Path) -> Iterator[History]:
    folder.mkdir(exist_ok=True)
    history = play(plan, folder, template)
    try:
        yield history
    finally:
        history.office.close()


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def end_of(history: History) -> tuple[list[str], list[str]]:
    """Return what stands on both sides, without what only the product calls it."""
    office = history.office
    here = [repr(face_of_item(item)) for item in office.items() if item.deleted_at is None]
    there = [repr(face_of_event(event)) for event in office.events() if not event.deleted]
    return sorted(here), sorted(there)


def test_notifications_change_when_and_never_what(tmp_path: Path, sqlite_template: Path):
    ends = []
    for plan in (PLAN, replace(PLAN, notified=True), replace(PLAN, notified=True, workers=3)):
        with played(plan, tmp_path / str(len(ends)), sqlite_template) as history:
            assert find_violations(history) == []
            ends.append(end_of(history))
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0]


def test_looking_again_and_again_changes_nothing(tmp_path: Path, sqlite_template: Path):
    often = tuple(step for each in STEPS for step in (each, ("work", (0,)), ("work", (0,))))
    ends = []
    for steps in (STEPS, often):
        folder = tmp_path / str(len(ends))
        with played(replace(PLAN, steps=steps), folder, sqlite_template) as history:
            ends.append(end_of(history))
    assert ends[0] == ends[1]


def test_what_leaves_or_enters_the_window_by_time_alone_is_neither_deleted_nor_doubled(
    tmp_path: Path, sqlite_template: Path
):
    acts: tuple[Step, ...] = (
        *(("add", (f"T{number}", 24 * number)) for number in (0, 30, 90, 300)),
        *(("put", (f"T{number}", 24 * number)) for number in (1, 31, 91, 301)),
        ("repeat", ("T500", 3)),
        ("wait", (4000,)),
    )
    waits: tuple[Step, ...] = (("wait", (2_600_000,)),) * 12
    plan = replace(PLAN, steps=acts + waits)
    with played(plan, tmp_path, sqlite_template) as history:
        office = history.office
        assert office.clock.now() - history.began_at > timedelta(days=350)
        assert [item.subject for item in office.items() if item.deleted_at] == []
        standing = [event.title for event in office.events() if not event.deleted]
        assert sorted(standing) == sorted([*history.titles - {"T500"}, *["T500"] * 3])
        assert find_violations(history) == []


@pytest.mark.parametrize("sweeps", [True, False])
def test_after_the_database_was_put_back_nothing_is_doubled_and_nothing_is_deleted(
    sweeps: bool, tmp_path: Path, sqlite_template: Path
):
    steps = tuple(step for step in STEPS if step[0] not in ("delete", "remove"))
    plan = replace(PLAN, steps=steps[:4], sweeps=sweeps)
    with played(plan, tmp_path, sqlite_template) as history:
        path = tmp_path / "calsync.sqlite3"
        copy_database(path, tmp_path / "backup")
        office = history.office
        for name, arguments in steps[4:]:
            if name == "wait":
                history.workers.wait(timedelta(seconds=arguments[0]))
            else:
                getattr(history.hands, name)(*arguments)
        settle(history)
        before = end_of(history)
        office.engine.dispose()
        copy_database(tmp_path / "backup", path)
        settle(history)
        after = end_of(history)
        story = tell(history)
        assert [*find_doubles(story), *find_twins(story)] == []
        assert not any(event.deleted for event in office.events())
        assert len(after[1]) == len(before[1])
