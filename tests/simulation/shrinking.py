"""A plan that fails, made as short as it can be without ceasing to fail.

Faults go first, then turns, steps and lags, again and again until nothing more can go. A
step that goes takes its boundaries along: those after it are counted anew, so that most
faults still strike where they did.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tests.simulation.plans import Plan
from tests.simulation.trials import Trial

Each = TypeVar("Each")


@dataclass
class Shrinker:
    """Tries shorter plans, at most so many; ``best`` is the shortest that still fails."""

    attempt: Callable[[Plan], Trial]
    best: Trial
    most: int = 250
    tried: int = 0

    def shrink(self) -> Trial:
        """Return the trial of the shortest plan that was found."""
        before = None
        while before != self.best.plan and self.tried < self.most:
            before = self.best.plan
            self._cut_mapping("faults")
            self._cut_mapping("turns")
            self._cut_steps()
            self._cut_mapping("draws")
            self._simplify()
        return self.best

    def _is_kept(self, plan: Plan) -> bool:
        """Try a plan and keep it where it fails as the first one did."""
        if self.tried >= self.most:
            return False
        self.tried += 1
        trial = self.attempt(plan)
        if not _is_alike(trial, self.best):
            return False
        self.best = trial
        return True

    def _cut_mapping(self, name: str) -> None:
        def put(left: Sequence[Any]) -> Plan:
            present = getattr(self.best.plan, name)
            return replace(self.best.plan, **{name: {key: present[key] for key in left}})

        self._cut(lambda: list(getattr(self.best.plan, name) or ()), put)

    def _cut_steps(self) -> None:
        def put(left: Sequence[int]) -> Plan:
            return without_steps(self.best, set(range(len(self.best.plan.steps))) - set(left))

        self._cut(lambda: list(range(len(self.best.plan.steps))), put)

    def _cut(self, read: Callable[[], list[Each]], put: Callable[[list[Each]], Plan]) -> None:
        """Leave out ever smaller parts of a list, as long as what is left still fails."""
        size = len(read())
        while size and self.tried < self.most:
            place = 0
            while place < len(present := read()):
                left = present[:place] + present[place + size :]
                if not self._is_kept(put(left)):
                    place += size
            size //= 2

    def _simplify(self) -> None:
        """Try the simplest of what is the same for the whole history."""
        plan = self.best.plan
        simpler: list[Mapping[str, Any]] = [
            {"kindly": True},
            {"workers": 1},
            {"notified": False},
            {"sweeps": True},
            {"seats": plan.seats[:1]},
        ]
        for changes in simpler:
            candidate = replace(self.best.plan, **changes)
            if candidate != self.best.plan:
                self._is_kept(candidate)


def without_steps(trial: Trial, gone: set[int]) -> Plan:
    """Return a trial's plan without some steps, their faults and their turns."""
    plan, marks = trial.plan, trial.marks
    faults, turns = dict(plan.faults or {}), dict(plan.turns or {})
    # A history that ended in an error has no marks of the steps that it did not come to.
    for step in sorted(gone & set(range(len(marks) - 1)), reverse=True):
        (fault_from, turn_from), (fault_to, turn_to) = marks[step], marks[step + 1]
        faults = _close_gap(faults, fault_from, fault_to)
        turns = _close_gap(turns, turn_from, turn_to)
    steps = tuple(step for number, step in enumerate(plan.steps) if number not in gone)
    return replace(plan, steps=steps, faults=faults, turns=turns)


def _close_gap(numbered: Mapping[int, Each], after: int, until: int) -> dict[int, Each]:
    """Return what is numbered without the numbers after one and until another."""
    return {
        number if number <= after else number - (until - after): value
        for number, value in numbered.items()
        if not after < number <= until
    }


def _is_alike(trial: Trial, other: Trial) -> bool:
    """Tell whether two trials fail in the same way: an invariant or an error in common."""
    return bool(_names(trial) & _names(other))


def _names(trial: Trial) -> set[str]:
    return {violation.split(maxsplit=1)[0] for violation in trial.violations}
