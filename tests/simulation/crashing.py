"""Every call and commit of a flow, each broken in every way, one in each run.

What was before the flow is carried out once, and each run goes on from there.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.beginnings import Beginning
from tests.simulation.chance import repeated_ids, seeded_ids
from tests.simulation.engines import open_engine
from tests.simulation.faults import Fault, FaultKind
from tests.simulation.flows import Flow
from tests.simulation.scenario import History, come_to_rest, open_history, take_steps
from tests.simulation.trials import Trial, try_with

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
    found = Crashing(flow)
    with tempfile.TemporaryDirectory() as folder, seeded_ids(flow.plan.seed):
        path = Path(folder) / "beginning.sqlite3"
        shutil.copy(template, path)
        history = open_history(flow.plan, open_engine(path))
        take_steps(history, flow.before)
        beginning, first = Beginning(history, path), history.office.provider.faults.number
        smooth = _go_on(beginning, flow, {})
        found.boundaries = smooth.boundaries - first
        found.violations = _tell(smooth, "undisturbed")
        for number in range(first + 1, smooth.boundaries + 1):
            for kind in BREAKS:
                trial = _go_on(beginning, flow, {number: Fault(kind)})
                found.fired[kind] += list(trial.plan.faults or {}) == [number]
                found.violations += _tell(trial, f"{kind.value} at {number}")
    return found


def _go_on(beginning: Beginning, flow: Flow, faults: Mapping[int, Fault]) -> Trial:
    """Carry out what is to be broken, and judge what comes of it."""

    def carry_out(begun: Callable[[History], None]) -> History:
        history = beginning.go_on()
        begun(history)
        for number, fault in faults.items():
            history.office.provider.faults.strike(number, fault)
        take_steps(history, flow.during)
        come_to_rest(history)
        return history

    with repeated_ids():
        return try_with(carry_out, flow.plan, idles=False)


def _tell(trial: Trial, when: str) -> list[str]:
    return [f"{when}: {violation}" for violation in trial.violations]
