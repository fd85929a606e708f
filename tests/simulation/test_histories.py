"""Histories drawn by seeds, with faults and crashes, end as they should."""

from pathlib import Path

import pytest

from tests.simulation.invariants import find_violations
from tests.simulation.scenario import draw_plan, play

#: Histories that are run with every change; more of them are drawn by hand.
SEEDS = range(48)
#: Seeds that were found to go wrong once.
REGRESSIONS: tuple[int, ...] = ()


@pytest.mark.parametrize("seed", [*SEEDS, *REGRESSIONS])
def test_whatever_happens_both_sides_end_alike_and_nothing_is_lost(
    seed: int, tmp_path: Path, sqlite_template: Path
):
    plan = draw_plan(seed)
    history = play(plan, tmp_path, sqlite_template)
    try:
        assert find_violations(history) == [], "\n".join(map(str, plan.steps))
    finally:
        history.office.close()


@pytest.mark.parametrize("seed", [3, 17])
def test_the_same_seed_has_the_same_history(seed: int, tmp_path: Path, sqlite_template: Path):
    traces = []
    for turn in ("first", "second"):
        folder = tmp_path / turn
        folder.mkdir()
        history = play(draw_plan(seed), folder, sqlite_template)
        calls = history.office.provider.traffic.calls
        traces.append([(call.at, call.method, call.path, call.fault) for call in calls])
        history.office.close()
    assert traces[0] == traces[1]
