"""The seeded bugs can be planted, and the table of those who told of them is whole."""

import ast
import re

import pytest

from tests.mutants.__main__ import ROOT, infect
from tests.mutants.bugs import BUGS, Bug
from tests.simulation.flows import FLOWS
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.test_histories import SEEDS

TABLE = ROOT / "docs" / "mutants.md"


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_seeded_bug_has_its_place_in_the_code(bug: Bug):
    code = (ROOT / "calsync" / bug.path).read_text()
    infected = infect(bug, code)
    assert infected != code
    assert ast.dump(ast.parse(infected)) != ast.dump(ast.parse(code))


def test_there_are_enough_of_them():
    assert len(BUGS) >= 25
    assert len({bug.name for bug in BUGS}) == len(BUGS)


def test_the_table_names_each_bug_with_the_invariant_and_the_history_that_tell_of_it():
    row = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (I\d+) \| ([^|]+) \|$", re.MULTILINE)
    rows = row.findall(TABLE.read_text())
    assert {(name, rule) for name, rule, _, _ in rows} == {(bug.name, bug.rule) for bug in BUGS}
    known = {f"flow {flow.name}" for flow in FLOWS} | {f"plan {name}" for name in REGRESSIONS}
    for *_, history in rows:
        assert history in known or int(history.removeprefix("seed ")) in SEEDS
