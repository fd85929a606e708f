"""A plan that fails is told again from what was written down, and made short."""

from dataclasses import replace
from pathlib import Path

from tests.simulation.plans import Plan, draw_plan
from tests.simulation.scenario import History, play
from tests.simulation.shrinking import Shrinker, without_steps
from tests.simulation.trials import Trial, write_down

STEPS = tuple(("wait", (number,)) for number in range(8))
#: Each step crosses three boundaries and two turns.
MARKS = tuple((3 * number, 2 * number) for number in range(9))
LONG = Plan(
    7,
    STEPS,
    workers=3,
    faults=dict.fromkeys(range(1, 25), ("crash_before", 0.5)),
    turns=dict.fromkeys(range(1, 17), 1),
    draws={"write:1": 0.5, "write:2": 0.7},
)


def attempt(plan: Plan) -> Trial:
    """Fail where the fifth step crashes at its second boundary."""
    marks = tuple((3 * number, 2 * number) for number in range(len(plan.steps) + 1))
    struck = any(
        step == ("wait", (5,)) and 3 * place + 2 in (plan.faults or {})
        for place, step in enumerate(plan.steps)
    )
    return Trial(plan, ("I3 lost",) if struck else (), marks)


def test_all_that_is_not_needed_goes():
    first = attempt(LONG)
    assert first.violations
    shrinker = Shrinker(attempt, first)
    shortest = shrinker.shrink().plan
    assert shortest == Plan(
        7,
        (("wait", (5,)),),
        faults={2: ("crash_before", 0.5)},
        turns={},
        draws={},
        kindly=True,
    )
    assert shrinker.tried < 80


def test_a_plan_that_fails_otherwise_is_another_one():
    def fail_otherwise(plan: Plan) -> Trial:
        return Trial(plan, ("I9 unrest",), MARKS)

    assert Shrinker(fail_otherwise, attempt(LONG)).shrink().plan == LONG


def test_shrinking_ends_after_so_many_tries():
    shrinker = Shrinker(attempt, attempt(LONG), most=5)
    assert shrinker.shrink().violations
    assert shrinker.tried == 5


def test_a_step_that_goes_takes_its_faults_along_and_the_later_ones_move_up():
    plan = without_steps(
        Trial(replace(LONG, faults={1: ("x", 0.0), 5: ("y", 0.0), 8: ("z", 0.0)}), (), MARKS), {1}
    )
    assert plan.faults == {1: ("x", 0.0), 5: ("z", 0.0)}
    assert len(plan.steps) == 7


def test_the_repr_of_a_plan_makes_it_again():
    for plan in (LONG, draw_plan(3), Plan(1, ())):
        assert eval(repr(plan)) == plan  # noqa: S307 - it is what a person does by pasting it


def test_what_was_written_down_makes_the_same_history(tmp_path: Path, sqlite_template: Path):
    plan = replace(draw_plan(17), workers=3, switch_rate=0.7, fault_rate=0.06)
    histories: list[History] = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        history = play(plan, folder, sqlite_template)
        plan = write_down(history)
        assert plan.faults
        assert plan.turns
        histories.append(history)
        history.office.close()
    seen = [
        [(c.at, c.method, c.path, c.fault) for c in each.office.provider.traffic.calls]
        for each in histories
    ]
    assert seen[0] == seen[1]
    assert histories[0].acts == histories[1].acts
