"""Histories: people edit on both sides, syncs run, things go wrong, and all comes to rest.

A history is one plan carried out. Chance has three streams of its own: for the steps, for
the faults and for the provider.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from calsync.db.models import DueKind
from tests.simulation.acts import Act
from tests.simulation.chance import seeded_ids
from tests.simulation.engines import keep, open_engine, put_back
from tests.simulation.faults import Fault, FaultKind, FaultPlan
from tests.simulation.hands import Hands
from tests.simulation.office import Office
from tests.simulation.plans import Plan, Step, options_of
from tests.simulation.provider import Provider
from tests.simulation.scheduler import Scheduler, SharedClock
from tests.simulation.tape import Tape
from tests.simulation.temper import Temper, draw_temper
from tests.simulation.workers import Workers

#: What is done besides syncs where notifications come.
_ALL_WORK = frozenset(DueKind) - {DueKind.DELIVER}


@dataclass
class History:
    """One plan carried out, with what everybody did."""

    plan: Plan
    office: Office
    hands: Hands = field(init=False)
    workers: Workers = field(init=False)
    #: All that happened, in order, for the invariants to judge.
    tape: Tape = field(init=False)
    began_at: datetime = field(init=False)
    #: The last copy of the database that was made.
    kept: sqlite3.Connection | None = None
    #: And which calendar was linked by whom then.
    kept_desks: list[tuple[str, str]] = field(default_factory=list)
    #: What no oracle could decide, and how often.
    limits: dict[str, int] = field(default_factory=dict)
    #: The steps that were taken.
    trace: list[str] = field(default_factory=list)
    #: How many boundaries and turns there had been when each step began, and at the end.
    marks: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began_at = self.office.clock.now()
        self.hands = Hands(self.office)
        kinds = _ALL_WORK if self.plan.notified else frozenset({DueKind.SYNC})
        self.workers = Workers(self.office, self.plan.workers, kinds)
        self.tape = Tape(self.office)

    def note_mark(self) -> None:
        """Note how far the boundaries and turns are counted."""
        self.marks.append((self.office.provider.faults.number, self.office.scheduler.number))

    @property
    def acts(self) -> list[Act]:
        """Give what people did, in the order in which it was acknowledged."""
        return self.hands.acts

    @property
    def titles(self) -> set[str]:
        """Give the titles that anybody ever gave."""
        return self.hands.titles

    @property
    def series(self) -> set[str]:
        """Give the titles that stood there several times, as a series does."""
        return self.hands.series


def _nothing(_history: "History") -> None:
    """Do nothing."""


def play(
    plan: Plan, folder: Path, template: Path, begun: Callable[[History], None] = _nothing
) -> History:
    """Carry out a plan on a copy of a SQLite database; return what happened.

    At the end everything settles without faults. ``begun`` is given the history before its
    first step, for whoever wants to know of one that ends in an error.
    """
    path = folder / "calsync.sqlite3"
    shutil.copy(template, path)
    return play_on(plan, open_engine(path), begun)


def play_on(plan: Plan, engine: Engine, begun: Callable[[History], None] = _nothing) -> History:
    """Carry out a plan on a database that has nothing but the cast; return what happened."""
    with seeded_ids(plan.seed):
        history = open_history(plan, engine)
        begun(history)
        try:
            take_steps(history, plan.steps)
            come_to_rest(history)
        except BaseException:
            history.office.close()
            raise
    return history


def open_history(plan: Plan, engine: Engine) -> History:
    """Return the history of a plan up to its first step: calendars are linked and read."""
    history = _make_history(plan, engine)
    office = history.office
    for _ in office.desks:
        history.workers.work()
    if not plan.sweeps:
        office.put_off_sweeps()
    return history


def take_steps(history: History, steps: Sequence[Step]) -> None:
    """Let people act, syncs run and things go wrong."""
    office = history.office
    office.provider.faults.off = office.scheduler.off = False
    for step in steps:
        _do(history, step)
        office.clock.move(timedelta(seconds=1))


def come_to_rest(history: History) -> None:
    """Let everything settle; nothing goes wrong any more."""
    office = history.office
    history.note_mark()
    office.provider.faults.off = office.scheduler.off = True
    office.scheduler.finish()
    settle(history)


def _make_history(plan: Plan, engine: Engine) -> History:
    clock = SharedClock()
    scheduler = Scheduler(
        clock,
        stream=random.Random(f"{plan.seed}:turns") if plan.turns is None else None,
        rate=plan.switch_rate,
        turns=plan.turns,
    )
    scheduler.off = True
    provider = _make_provider(plan, clock, scheduler)
    seats = [(seat[0], options_of(seat)) for seat in plan.seats]
    return History(plan, Office(engine, provider, clock, scheduler, seats))


def _make_provider(plan: Plan, clock: SharedClock, scheduler: Scheduler) -> Provider:
    given = {
        number: Fault(FaultKind(kind), pick) for number, (kind, pick) in (plan.faults or {}).items()
    }
    stream = random.Random(f"{plan.seed}:faults") if plan.faults is None else None
    temper = draw_temper(random.Random(f"{plan.seed}:temper"))
    return Provider(
        clock,
        seed=plan.seed,
        temper=Temper() if plan.kindly else temper,
        draws=plan.draws,
        others=None if plan.draws is None else 0.0,
        faults=FaultPlan(given, stream=stream, rate=plan.fault_rate),
        switch=scheduler.cross,
    )


def settle(history: History) -> None:
    """Let time pass without faults or edits, with a sweep in between if there are any."""
    office = history.office
    # A worker that crashed while it renewed a token keeps the claim for five minutes.
    office.clock.move(timedelta(minutes=10))
    _wait_for_landings(office)
    history.hands.resume()
    for is_second in (False, True):
        before = _count_changes(office)
        office.clock.move(timedelta(minutes=20))
        began_at = office.clock.now()
        office.ask_for_reads(sweeps=history.plan.sweeps and not is_second)
        history.workers.settle(history.hands.connect_again)
        if _count_changes(office) == before and _was_read_since(office, began_at):
            break


def _was_read_since(office: Office, moment: datetime) -> bool:
    """Tell whether what was to be read of each linked calendar was, to the end, since then."""
    rows = [office.integration(desk) for desk in office.desks]
    return all(row.swept_at and row.checked_at and row.checked_at >= moment for row in rows)


def _count_changes(office: Office) -> tuple[int, int]:
    """Return how many writes were accepted so far, and how often items were changed."""
    written = len(office.provider.world.writing.accepted)
    return written, sum(item.version for item in office.items())


def _wait_for_landings(office: Office) -> None:
    """Let Cronofy do what it has accepted: the sweep to come is the last that would see it."""
    accepted = office.provider.world.writing.accepted
    latest = max((write.due for write in accepted if write.due is not None), default=0.0)
    late = latest - office.provider.now()
    if late > 0:
        office.clock.move(timedelta(seconds=late + 1))


def _do(history: History, step: Step) -> None:
    name, arguments = step
    office, workers = history.office, history.workers
    history.note_mark()
    if name == "work":
        workers.start()
    elif name == "wait":
        workers.wait(timedelta(seconds=arguments[0]))
    elif name == "keep":
        history.kept = keep(office.engine)
        history.kept_desks = [(desk.integration_id, desk.calendar_id) for desk in office.desks]
    elif name == "rewind":
        _rewind(history)
    else:
        # Whoever uses a page does so in a process of its own.
        office.scheduler.spawn(name, lambda: history.hands.act(name, arguments))
    office.scheduler.run()
    history.trace.append(f"{name}{arguments}")


def _rewind(history: History) -> None:
    """Put the database back to the last copy of it: all processes end, Cronofy goes on."""
    office, desk = history.office, history.office.desks[0]
    if history.kept is not None:
        office.scheduler.kill()
        put_back(office.engine, history.kept)
        for each, (integration_id, calendar_id) in zip(
            office.desks, history.kept_desks, strict=True
        ):
            if each.calendar_id != calendar_id:
                office.former.add(each.calendar_id)
            each.integration_id, each.calendar_id = integration_id, calendar_id
        history.hands.settings("rewind", desk, lambda: None)
