"""Histories: people edit on both sides, syncs run, things go wrong, and all comes to rest.

A history is one plan carried out. Chance has three streams of its own: for the steps, for
the faults and for the provider.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.clocks import FakeClock
from tests.simulation.acts import Act, Hands
from tests.simulation.chance import seeded_ids
from tests.simulation.faults import FaultPlan
from tests.simulation.office import Office
from tests.simulation.plans import Plan, Step
from tests.simulation.provider import Provider
from tests.simulation.temper import draw_temper


@dataclass
class History:
    """One plan carried out, with what everybody did."""

    plan: Plan
    office: Office
    hands: Hands = field(init=False)
    #: The steps that were taken.
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hands = Hands(self.office)

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
    is_work = name in ("work", "wait")
    office.provider.faults.off = not is_work
    if name == "work":
        office.work()
    elif name == "wait":
        office.wait(timedelta(seconds=arguments[0]))
    else:
        getattr(history.hands, name)(*arguments)
    history.trace.append(f"{name}{arguments}")
