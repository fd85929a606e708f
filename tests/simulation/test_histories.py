"""Histories drawn by seeds, with faults and crashes, end as they should."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.simulation.plans import Plan, draw_plan
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.scenario import play
from tests.simulation.trials import Trial, try_on_postgres, try_plan

#: Histories that are run with every change; the many by
#: ``make simulate SEEDS="2000 5000"`` and further.
SEEDS = range(2000)
#: Several in one test: what a test needs before it begins costs as much as a history.
CHUNK = 10
#: Of the histories every eightieth is on PostgreSQL.
ON_POSTGRES = [seed for seed in SEEDS if seed % 80 == 7]
ON_SQLITE = [seed for seed in SEEDS if seed % 80 != 7]


def chunks(seeds: list[int]) -> list[list[int]]:
    """Return the seeds in lists that are short enough for a test."""
    return [seeds[first : first + CHUNK] for first in range(0, len(seeds), CHUNK)]


@pytest.mark.parametrize("seeds", chunks(ON_SQLITE), ids=lambda seeds: f"from {seeds[0]}")
def test_whatever_happens_both_sides_end_alike_and_nothing_is_lost(
    seeds: list[int], sqlite_template: Path
):
    told = [tell(try_plan(draw_plan(seed), sqlite_template)) for seed in seeds]
    assert not any(told), "\n".join(filter(None, told))


@pytest.mark.parametrize("seeds", chunks(ON_POSTGRES), ids=lambda seeds: f"from {seeds[0]}")
def test_whatever_happens_on_postgresql_ends_as_well(seeds: list[int], postgres: PostgresServer):
    told = []
    for seed in seeds:
        with postgres.copy_of("template") as url:
            told.append(tell(try_on_postgres(draw_plan(seed), url)))
    assert not any(told), "\n".join(filter(None, told))


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_went_wrong_once_goes_well(name: str, sqlite_template: Path):
    assert not tell(try_plan(REGRESSIONS[name], sqlite_template))


def tell(trial: Trial) -> str:
    """Return what is wrong with a history, and the plan that it comes of; "" where nothing is.

    ``python -m tests.simulation SEED SEED+1`` makes the plan short.
    """
    if not trial.violations:
        return ""
    return "\n  ".join((f"seed {trial.plan.seed}:", *trial.violations, repr(trial.plan)))


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


def test_a_database_that_is_put_back_knows_nothing_of_what_came_later(
    tmp_path: Path, sqlite_template: Path
):
    steps = (
        ("add", ("Kept", 1)),
        ("work", (0,)),
        ("keep", (0,)),
        ("add", ("Lost", 2)),
        ("work", (0,)),
        ("rewind", (0,)),
    )
    history = play(Plan(1, steps, kindly=True), tmp_path, sqlite_template)
    office = history.office
    # The copy of what is lost is left alone: nobody knows whether it may go.
    assert [item.subject for item in office.items()] == ["Kept"]
    assert sorted(event.title for event in office.events()) == ["Kept", "Lost"]
    office.close()
