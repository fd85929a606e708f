"""A history whose steps and faults hypothesis draws, one after the other, and makes short."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.simulation.chance import seeded_ids
from tests.simulation.engines import open_engine
from tests.simulation.faults import ANYWHERE, Fault, FaultKind
from tests.simulation.invariants import find_violations
from tests.simulation.plans import Plan, Step
from tests.simulation.scenario import History, come_to_rest, open_history, take_steps

picks = st.integers(0, 9)
titles = st.sampled_from(["Lunch", "Tea", "Dinner", "Brunch"])
hours = st.integers(0, 35)
seats = st.tuples(
    st.just("dana"),
    st.sampled_from(["cud", "cu", "cd", "ud", "c", ""]),
    st.sampled_from(["newest", "mine", "theirs"]),
)


class Machine(RuleBasedStateMachine):
    """People act, time passes, boundaries break; at the end everything holds."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.history: History | None = None
        self.number = 0

    @initialize(
        seed=st.integers(0, 99),
        chosen=st.lists(seats, min_size=1, max_size=2),
        workers=st.integers(1, 3),
    )
    def begin(self, seed: int, chosen: list[tuple[str, str, str]], workers: int) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.stack.enter_context(seeded_ids(seed))
        path = folder / "calsync.sqlite3"
        shutil.copy(self.template, path)
        plan = Plan(seed, (), tuple(chosen), workers, faults={}, turns={}, draws={})
        self.history = open_history(plan, open_engine(path))
        self.stack.callback(self.history.office.close)

    def do(self, step: Step) -> None:
        assert self.history
        take_steps(self.history, [step])

    def title(self, word: str) -> str:
        """Return a title that nobody gave before."""
        self.number += 1
        return f"{word} {self.number}"

    @rule(word=titles, hour=hours)
    def add_an_item(self, word: str, hour: int) -> None:
        self.do(("add", (self.title(word), hour)))

    @rule(word=titles, hour=hours)
    def put_an_event(self, word: str, hour: int) -> None:
        self.do(("put", (self.title(word), hour)))

    @rule(pick=picks, word=titles, name=st.sampled_from(["change", "edit"]))
    def give_another_title(self, pick: int, word: str, name: str) -> None:
        self.do((name, (pick, self.title(word))))

    @rule(pick=picks, hour=hours, name=st.sampled_from(["shift", "move"]))
    def give_another_time(self, pick: int, hour: int, name: str) -> None:
        self.do((name, (pick, hour)))

    @rule(pick=picks, name=st.sampled_from(["place", "place_there", "describe", "append_there"]))
    def write_into_it(self, pick: int, name: str) -> None:
        self.do((name, (pick, pick)))

    @rule(pick=picks, name=st.sampled_from(["delete", "remove", "restore", "revive", "hide"]))
    def take_away_or_bring_back(self, pick: int, name: str) -> None:
        self.do((name, (pick,)))

    @rule(pick=picks, name=st.sampled_from(["switch", "pause", "expire", "relink", "leave"]))
    def choose(self, pick: int, name: str) -> None:
        self.do((name, (pick,)))

    @rule()
    def let_a_process_look(self) -> None:
        self.do(("work", (0,)))

    @rule(seconds=st.sampled_from([1, 20, 400, 4000, 90_000]))
    def let_time_pass(self, seconds: int) -> None:
        self.do(("wait", (seconds,)))

    @rule(ahead=st.integers(1, 12), kind=st.sampled_from(sorted(ANYWHERE)))
    def let_something_break(self, ahead: int, kind: FaultKind) -> None:
        assert self.history
        faults = self.history.office.provider.faults
        faults.strike(faults.number + ahead, Fault(kind))

    def teardown(self) -> None:
        with self.stack:
            if self.history is not None:
                come_to_rest(self.history)
                assert find_violations(self.history) == []


@pytest.fixture
def machine(sqlite_template: Path) -> type[Machine]:
    Machine.template = sqlite_template
    return Machine


@pytest.mark.parametrize("part", range(4))
def test_whatever_hypothesis_thinks_of_both_sides_end_alike(machine: type[Machine], part: int):
    # Each part has an amount of its own, so that no two draw the same examples.
    settings_of_part = settings(max_examples=15 + part, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(machine, settings=settings_of_part)
