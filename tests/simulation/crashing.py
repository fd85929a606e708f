"""Every call and commit of a flow, each broken in every way, one in each run."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.simulation.faults import FaultKind
from tests.simulation.flows import Flow
from tests.simulation.trials import Trial, try_plan

#: The process or the connection ends before or after what the boundary does.
BREAKS = (
    FaultKind.CRASH_BEFORE,
    FaultKind.CRASH_AFTER,
    FaultKind.TIMEOUT_BEFORE,
    FaultKind.TIMEOUT_AFTER,
)


@dataclass
class Crashing:
    """What came of breaking one flow everywhere."""

    flow: Flow
    boundaries: int = 0
    #: How often something did break, by what it was.
    fired: Counter[FaultKind] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def tell(self) -> str:
        """Return the counts as a line."""
        counts = ", ".join(f"{self.fired[kind]} {kind.value}" for kind in BREAKS)
        return f"{self.flow.name}: {self.boundaries} boundaries, {counts}"


def break_everywhere(flow: Flow, template: Path) -> Crashing:
    """Carry out a flow once undisturbed and then once for each boundary and each break."""
    smooth = try_plan(flow.plan, template, idles=False)
    found = Crashing(flow, violations=_tell(smooth, "undisturbed"))
    # Marks are made as each step begins, and at the end.
    first, last = smooth.marks[len(flow.before)][0], smooth.marks[-1][0]
    found.boundaries = last - first
    for number in range(first + 1, last + 1):
        for kind in BREAKS:
            plan = replace(flow.plan, faults={number: (kind.value, 0.0)})
            trial = try_plan(plan, template, idles=False)
            found.fired[kind] += list(trial.plan.faults or {}) == [number]
            found.violations += _tell(trial, f"{kind.value} at {number}")
    return found


def _tell(trial: Trial, when: str) -> list[str]:
    return [f"{when}: {violation}" for violation in trial.violations]
