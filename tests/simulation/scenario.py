"""Histories drawn by a seed: people edit on both sides, syncs run, things go wrong.

A seed expands into a plan, a list of steps that can be printed, cut short and replayed.
Chance has three streams of its own: for the steps, for the faults and for the provider.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.errors import NotThere
from tests.clocks import FakeClock
from tests.simulation.faults import FaultPlan
from tests.simulation.office import EVERYTHING, Office, moment
from tests.simulation.provider import Provider
from tests.simulation.temper import draw_temper

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
    #: The ids of the items and the uids of the events, in the order of their making.
    items: list[str] = field(default_factory=list)
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
        "work": 4,
        "wait": 3,
    }
    names = stream.choices(list(weights), list(weights.values()), k=stream.randint(6, 24))
    steps = tuple(_draw_step(name, number, stream) for number, name in enumerate(names))
    return Plan(seed, steps, options, stream.choice([0.0, 0.02, 0.06, 0.15, 0.3]))


def _draw_step(name: str, number: int, stream: random.Random) -> Step:
    pick = stream.randrange(1000)
    match name:
        case "add" | "put":
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
    """Let time pass without faults or edits, with a sweep in between."""
    office.reconnect()
    office.wait(timedelta(hours=3))
    office.ask_for_sweep()
    office.wait(timedelta(hours=3))
    office.ask_for_sweep()
    office.wait(timedelta(minutes=30))


def _do(history: History, step: Step) -> None:
    name, arguments = step
    office, owner = history.office, history.office.provider.owner
    office.provider.faults.off = name not in ("work", "wait")
    match name, arguments:
        case "work", _:
            office.work()
        case "wait", (seconds,):
            office.wait(timedelta(seconds=seconds))
        case "add", (title, hour):
            history.titles.add(title)
            history.items.append(office.add(title, moment(hour)))
        case "put", (title, hour):
            history.titles.add(title)
            owner.create_event(
                office.calendar_id, title, moment(hour), moment(hour) + timedelta(hours=1)
            )
        case "change", (pick, title):
            if item := _pick_item(office, pick):
                history.titles.add(title)
                office.change(item, subject=title)
        case "shift", (pick, hour):
            if item := _pick_item(office, pick):
                _shift(office, item, hour)
        case "delete", (pick,):
            if item := _pick_item(office, pick):
                office.delete(item)
        case "restore", (pick,):
            if item := _pick_item(office, pick, deleted=True):
                _restore(office, item)
        case "edit", (pick, title):
            if uid := _pick_event(office, pick):
                history.titles.add(title)
                owner.edit_event(uid, title=title)
        case "move", (pick, hour):
            if uid := _pick_event(office, pick):
                start = moment(hour)
                owner.edit_event(uid, start=start, end=start + timedelta(hours=1))
        case "remove", (pick,):
            if uid := _pick_event(office, pick):
                owner.delete_event(uid)
        case "revive", (pick,):
            if uid := _pick_event(office, pick, deleted=True):
                owner.restore_event(uid)
    history.trace.append(f"{name}{arguments}")


def _shift(office: Office, item: str, hour: int) -> None:
    from calsync.core.event import Timed

    start = moment(hour)
    office.change(item, times=Timed(start, start + timedelta(hours=1), "Europe/London"))


def _restore(office: Office, item: str) -> None:
    try:
        office.restore(item)
    except NotThere:
        return


def _pick_item(office: Office, pick: int, *, deleted: bool = False) -> str | None:
    found = [item for item in office.items() if (item.deleted_at is not None) == deleted]
    found.sort(key=lambda item: (item.created_at, item.subject))
    return found[pick % len(found)].id if found else None


def _pick_event(office: Office, pick: int, *, deleted: bool = False) -> str | None:
    found = [event.uid for event in office.events() if event.deleted == deleted]
    return found[pick % len(found)] if found else None
