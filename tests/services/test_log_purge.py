"""Logs are forgotten: after 90 days, and not while a sync is under way."""

from datetime import timedelta

import pytest

from calsync.core.run import RunState
from calsync.db.models import LogEntry, Run
from calsync.services.log_purge import purge_log
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.hearing import add_integration
from tests.services.integrating import add_entry, add_run


@pytest.fixture
def integration_id(tools: Tools, dana: Person) -> str:
    return add_integration(tools, dana).id


def test_what_is_older_than_ninety_days_is_forgotten(
    tools: Tools, dana: Person, integration_id: str, clock: FakeClock
):
    add_entry(tools, dana, add_run(tools, dana, integration_id), title="Old")
    clock.move(timedelta(days=60))
    add_entry(tools, dana, add_run(tools, dana, integration_id), title="New")
    clock.move(timedelta(days=29))
    assert purge_log(tools, dana.who.tenant_id, integration_id) is not None
    with tools.db.read() as session:
        assert session.query(Run).count() == 2
    clock.move(timedelta(days=2))
    again_at = purge_log(tools, dana.who.tenant_id, integration_id)
    assert again_at is not None
    assert again_at > clock.now() + timedelta(days=50)
    with tools.db.read() as session:
        assert [entry.title for entry in session.query(LogEntry)] == ["New"]
    clock.move(timedelta(days=100))
    assert purge_log(tools, dana.who.tenant_id, integration_id) is None
    with tools.db.read() as session:
        assert session.query(LogEntry).count() == 0


def test_a_sync_that_never_ended_is_not_forgotten_and_not_looked_for_all_the_time(
    tools: Tools, dana: Person, integration_id: str, clock: FakeClock
):
    add_run(tools, dana, integration_id, state=RunState.RUNNING, ended_at=None)
    clock.move(timedelta(days=100))
    again_at = purge_log(tools, dana.who.tenant_id, integration_id)
    assert again_at == clock.now() + timedelta(days=1)
