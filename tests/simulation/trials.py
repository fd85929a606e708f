"""One history with its verdict: what a run over many seeds, and the shrinker, deal in."""

import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.simulation.engines import open_postgres
from tests.simulation.invariants import find_violations
from tests.simulation.plans import Plan
from tests.simulation.scenario import History, play, play_on


@dataclass(frozen=True)
class Trial:
    """What came of a plan: ``violations`` is empty where all held."""

    plan: Plan
    violations: tuple[str, ...]
    #: How many boundaries and turns there had been when each step began, and at the end.
    marks: tuple[tuple[int, int], ...] = ()
    crashes: int = 0
    faults: int = 0
    seconds: float = 0.0
    #: How often something came about that no oracle can decide.
    limits: int = 0

    @property
    def boundaries(self) -> int:
        """How many calls and commits there were."""
        return self.marks[-1][0] if self.marks else 0


def try_plan(plan: Plan, template: Path, *, idles: bool = True) -> Trial:
    """Carry a plan out on SQLite; the trial's plan names all that was drawn meanwhile.

    Unless it ``idles``, it is judged as it ends, and not what comes of it when nobody does
    anything more.
    """
    with tempfile.TemporaryDirectory() as folder:
        return try_with(lambda begun: play(plan, Path(folder), template, begun), plan, idles=idles)


def try_on_postgres(plan: Plan, url: str) -> Trial:
    """Carry a plan out on a PostgreSQL database that has nothing but the cast."""
    return try_with(lambda begun: play_on(plan, open_postgres(url), begun), plan)


def try_with(
    carry_out: Callable[[Callable[[History], None]], History], plan: Plan, *, idles: bool = True
) -> Trial:
    """Judge what comes of carrying a plan out."""
    begun: list[History] = []
    try:
        violations = tuple(find_violations(carry_out(begun.append), idles=idles))
    # Whatever the engine raises is for the report, and for the shrinker to look for.
    except Exception as error:
        violations = (_tell(error),)
    for each in begun:
        each.office.close()
    return _judge(begun[0], violations) if begun else Trial(plan, violations)


def _judge(history: History, violations: tuple[str, ...]) -> Trial:
    office = history.office
    faults = office.provider.faults
    began_at, ended_at = history.began_at, office.clock.now()
    return Trial(
        write_down(history),
        violations,
        tuple(history.marks),
        office.scheduler.crashes,
        len(faults.fired),
        (ended_at - began_at).total_seconds(),
        sum(history.limits.values()),
    )


def write_down(history: History) -> Plan:
    """Return the plan with everything that was drawn while it was carried out."""
    office = history.office
    fired = office.provider.faults.fired
    return replace(
        history.plan,
        faults={number: (fault.kind.value, fault.pick) for number, fault in fired.items()},
        turns=dict(office.scheduler.taken),
        draws={name: value for name, value in office.provider.fortune.drawn.items() if value},
    )


def _tell(error: Exception) -> str:
    """Return an error in one line, with the places that it came by."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__}: {error} ({places})"
