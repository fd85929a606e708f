"""Histories drawn by a seed: people edit on both sides, syncs run, things go wrong.

A seed expands into a plan, a list of steps that can be printed, cut short and replayed.
Chance has three streams of its own: for the steps, for the faults and for the provider.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from calsync.core.event import Timed
from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.errors import NotThere
from tests.clocks import FakeClock
from tests.simulation.chance import seeded_ids
from tests.simulation.faults import FaultPlan
from tests.simulation.office import EVERYTHING, LONDON, Office, moment
from tests.simulation.provider import Provider
from tests.simulation.temper import draw_temper

_HOUR = timedelta(hours=1)

Step = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Plan:
    """What happens in one history."""

    seed: int
    steps: tuple[Step, ...]
    options: Options = EVERYTHING
    fault_rate: float = 0.0


@dataclass
class History:
    """One plan carried out, with what everybody did."""

    plan: Plan
    office: Office
    #: The titles that anybody ever gave, by whom.
    titles: set[str] = field(default_factory=set)
    #: Titles that stood there several times, as a series does.
    series: set[str] = field(default_factory=set)
    #: The steps that were taken.
    trace: list[str] = field(default_factory=list)


def draw_plan(seed: int) -> Plan:
    """Return the plan that a seed stands for."""
    stream = random.Random(f"{seed}:steps")
    chance = stream.random
    switch = stream.choice([0.3, 0.7, 0.95, 1.0])
    options = Options(
        takes_create=chance() < switch,
        takes_update=chance() < switch,
        takes_delete=chance() < switch,
        kinds=EVERYTHING.kinds,
        policy=stream.choice([Policy.NEWEST, Policy.NEWEST, Policy.MINE, Policy.THEIRS]),
    )
    weights = {
        "add": stream.choice([1, 3]),
        "put": stream.choice([0, 1, 3]),
        "change": stream.choice([1, 4]),
        "edit": stream.choice([1, 4]),
        "move": stream.choice([0, 1]),
        "shift": stream.choice([0, 1]),
        "delete": stream.choice([0, 1, 2]),
        "remove": stream.choice([0, 1, 2]),
        "restore": stream.choice([0, 1]),
        "revive": stream.choice([0, 0, 1]),
        "switch": stream.choice([0, 0, 1]),
        "pause": stream.choice([0, 0, 1]),
        "repeat": stream.choice([0, 0, 1]),
        "lock": stream.choice([0, 0, 0, 1]),
        "work": 4,
        "wait": 3,
    }
    names = stream.choices(list(weights), list(weights.values()), k=stream.randint(6, 24))
    steps = tuple(_draw_step(name, number, stream) for number, name in enumerate(names))
    return Plan(seed, steps, options, stream.choice([0.0, 0.02, 0.06, 0.15, 0.3]))


def _draw_step(name: str, number: int, stream: random.Random) -> Step:
    pick = stream.randrange(1000)
    match name:
        case "add" | "put" | "repeat":
            return name, (f"T{number}", stream.randrange(40))
        case "change" | "edit":
            return name, (pick, f"T{number}")
        case "move" | "shift":
            return name, (pick, stream.randrange(40))
        case "wait":
            return name, (stream.choice([1, 5, 20, 70, 400, 4000, 90_000]),)
        case _:
            return name, (pick,)


def play(plan: Plan, folder: Path, template: Path) -> History:
    """Carry out a plan, then let everything settle without faults; return what happened."""
    with seeded_ids(plan.seed):
        return _play(plan, folder, template)


def _play(plan: Plan, folder: Path, template: Path) -> History:
    clock = FakeClock()
    faults = FaultPlan(stream=random.Random(f"{plan.seed}:faults"), rate=plan.fault_rate)
    provider = Provider(
        clock,
        seed=plan.seed,
        temper=draw_temper(random.Random(f"{plan.seed}:temper")),
        faults=faults,
    )
    office = Office(folder, template, provider, clock, plan.options)
    history = History(plan, office)
    try:
        for step in plan.steps:
            _do(history, step)
            clock.move(timedelta(seconds=1))
        faults.off = True
        settle(office)
    except BaseException:
        office.close()
        raise
    return history


def settle(office: Office) -> None:
    """Let time pass without faults or edits, with two sweeps in between."""
    # A worker that crashed while it renewed a token keeps the claim for five minutes.
    office.clock.move(timedelta(minutes=10))
    office.resume()
    for _ in range(2):
        office.clock.move(timedelta(minutes=20))
        office.ask_for_sweep()
        office.settle()


def _do(history: History, step: Step) -> None:
    name, arguments = step
    office = history.office
    office.provider.faults.off = name not in ("work", "wait")
    getattr(_Hands(history), name)(*arguments)
    history.trace.append(f"{name}{arguments}")


@dataclass(frozen=True)
class _Hands:
    """What a step of a plan does, by its name."""

    history: History

    @property
    def office(self) -> Office:
        return self.history.office

    def work(self, _pick: int) -> None:
        self.office.work()

    def wait(self, seconds: int) -> None:
        self.office.wait(timedelta(seconds=seconds))

    def add(self, title: str, hour: int) -> None:
        self.history.titles.add(title)
        self.office.add(title, moment(hour))

    def change(self, pick: int, title: str) -> None:
        if item := self._pick_item(pick):
            self.history.titles.add(title)
            self.office.change(item, subject=title)

    def shift(self, pick: int, hour: int) -> None:
        if item := self._pick_item(pick):
            start = moment(hour)
            self.office.change(item, times=Timed(start, start + _HOUR, LONDON))

    def delete(self, pick: int) -> None:
        if item := self._pick_item(pick):
            self.office.delete(item)

    def restore(self, pick: int) -> None:
        if item := self._pick_item(pick, deleted=True):
            # What has lain in the bin for thirty days is there no more.
            with suppress(NotThere):
                self.office.restore(item)

    def repeat(self, title: str, hour: int) -> None:
        self.history.titles.add(title)
        self.history.series.add(title)
        self.office.add(title, moment(hour), rule="FREQ=DAILY;COUNT=3")

    def switch(self, pick: int) -> None:
        self.office.turn(("takes_create", "takes_update", "takes_delete")[pick % 3])

    def pause(self, _pick: int) -> None:
        self.office.pause()

    def lock(self, pick: int) -> None:
        service = self.office.provider.service
        service.set_readonly(self.office.calendar_id, readonly=pick % 2 == 0)

    def put(self, title: str, hour: int) -> None:
        self.history.titles.add(title)
        start = moment(hour)
        owner = self.office.provider.owner
        owner.create_event(self.office.calendar_id, title, start, start + _HOUR)

    def edit(self, pick: int, title: str) -> None:
        if uid := self._pick_event(pick):
            self.history.titles.add(title)
            self.office.provider.owner.edit_event(uid, title=title)

    def move(self, pick: int, hour: int) -> None:
        if uid := self._pick_event(pick):
            start = moment(hour)
            self.office.provider.owner.edit_event(uid, start=start, end=start + _HOUR)

    def remove(self, pick: int) -> None:
        if uid := self._pick_event(pick):
            self.office.provider.owner.delete_event(uid)

    def revive(self, pick: int) -> None:
        if uid := self._pick_event(pick, deleted=True):
            self.office.provider.owner.restore_event(uid)

    def _pick_item(self, pick: int, *, deleted: bool = False) -> str | None:
        items = self.office.items()
        found = [item for item in items if (item.deleted_at is not None) == deleted]
        found.sort(key=lambda item: (item.created_at, item.subject))
        return found[pick % len(found)].id if found else None

    def _pick_event(self, pick: int, *, deleted: bool = False) -> str | None:
        found = [event.uid for event in self.office.events() if event.deleted == deleted]
        return found[pick % len(found)] if found else None
