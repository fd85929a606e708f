"""Every call and commit of what people do most, broken in every way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulation.crashing import BREAKS, break_everywhere
from tests.simulation.flows import FLOWS, Flow
from tests.simulation.invariants.story import tell
from tests.simulation.scenario import play


def named(flow: Flow) -> str:
    return flow.name


@pytest.mark.parametrize("flow", FLOWS, ids=named)
def test_wherever_it_breaks_both_sides_end_alike_and_nothing_is_lost(
    flow: Flow, sqlite_template: Path, record_property: Callable[[str, object], None]
):
    found = break_everywhere(flow, sqlite_template)
    record_property("counted", found.tell())
    assert found.violations == []
    assert found.fired == dict.fromkeys(BREAKS, found.boundaries)
    assert found.boundaries >= 8


@pytest.mark.parametrize("flow", FLOWS, ids=named)
def test_each_flow_does_what_it_is_named_after(flow: Flow, tmp_path: Path, sqlite_template: Path):
    history = play(flow.plan, tmp_path, sqlite_template)
    log = [(row["side"].value, row["action"], row["reason"]) for _, row in tell(history).log]
    history.office.close()
    assert [" ".join(filter(None, entry)) for entry in log] == [*flow.log]
