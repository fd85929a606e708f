"""The seeded bugs can be planted, and the table of those who told of them is whole."""

import ast

import pytest

from tests.mutants.__main__ import ROOT, infect
from tests.mutants.bugs import BUGS, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_seeded_bug_has_its_place_in_the_code(bug: Bug):
    code = (ROOT / "calsync" / bug.path).read_text()
    infected = infect(bug, code)
    assert infected != code
    assert ast.dump(ast.parse(infected)) != ast.dump(ast.parse(code))


def test_there_are_enough_of_them():
    assert len(BUGS) >= 25
    assert len({bug.name for bug in BUGS}) == len(BUGS)
