"""Histories drawn by seeds, with faults and crashes, end as they should."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.invariants import find_violations
from tests.simulation.plans import Plan, draw_plan
from tests.simulation.scenario import play

#: Histories that are run with every change; more of them are drawn by hand.
SEEDS = range(60)
#: Histories that went wrong once, cut short.
REGRESSIONS = {
    "a restored item keeps what was changed here before it was deleted": Plan(
        347,
        (
            ("add", ("T1", 5)),
            ("work", (0,)),
            ("wait", (400,)),
            ("shift", (0, 9)),
            ("delete", (0,)),
            ("edit", (0, "T4")),
            ("work", (0,)),
        ),
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_both_sides_end_alike_and_nothing_is_lost(
    seed: int, tmp_path: Path, sqlite_template: Path
):
    check(draw_plan(seed), tmp_path, sqlite_template)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_went_wrong_once_goes_well(name: str, tmp_path: Path, sqlite_template: Path):
    check(REGRESSIONS[name], tmp_path, sqlite_template)


def check(plan: Plan, tmp_path: Path, sqlite_template: Path) -> None:
    history = play(plan, tmp_path, sqlite_template)
    try:
        assert find_violations(history) == [], "\n".join(map(str, plan.steps))
    finally:
        history.office.close()


@pytest.mark.parametrize("seed", [3, 17])
def test_the_same_seed_has_the_same_history(seed: int, tmp_path: Path, sqlite_template: Path):
    plan = replace(draw_plan(seed), workers=2, switch_rate=0.7, fault_rate=0.06, notified=True)
    seen = []
    for turn in ("first", "second"):
        folder = tmp_path / turn
        folder.mkdir()
        history = play(plan, folder, sqlite_template)
        office = history.office
        calls = [(c.at, c.method, c.path, c.fault) for c in office.provider.traffic.calls]
        seen.append((calls, history.acts, office.scheduler.taken, office.provider.snapshot()))
        office.close()
    assert seen[0] == seen[1]
    assert len(seen[0][2]) > 20
