"""An integration with syncs of every kind, for the tests that look at all pages."""

from dataclasses import dataclass

from calsync.core.link import Side
from calsync.core.run import Result, RunState, Trigger
from calsync.services.tools import Tools
from tests.cast import Person
from tests.services.integrating import add_entry, add_item, add_run, integrate


@dataclass(frozen=True)
class Syncs:
    """The addresses of their pages."""

    integration: str
    over: str
    under_way: str
    stopped: str


def make_syncs(tools: Tools, person: Person, account_id: str, calendar: str = "Work") -> Syncs:
    """Link a calendar, and record a sync that is over, one that stopped and one under way."""
    integration_id = integrate(tools, person, account_id, calendar)
    counts = {"out_create_done": 1, "in_update_done": 1, "in_none_declined": 1}
    over = add_run(tools, person, integration_id, Trigger.MANUAL, counts=counts, done=2, total=2)
    add_entry(tools, person, over, item_id=add_item(tools, person))
    add_entry(
        tools,
        person,
        over,
        action="none",
        side=Side.IN,
        result=Result.DECLINED,
        reason="past",
        title="An unbroken title of a hundred letters " + "x" * 100,
    )
    failed = {"state": RunState.STOPPED, "error": "AccessRevoked", "done": 9, "total": 16}
    stopped = add_run(tools, person, integration_id, **failed)
    add_entry(tools, person, stopped, result=Result.FAILED, reason="refused")
    now = {"state": RunState.RUNNING, "ended_at": None, "done": 7, "total": 16}
    under_way = add_run(tools, person, integration_id, Trigger.MANUAL, **now)
    base = f"/calendar-sync/{integration_id}"
    return Syncs(base, *(f"{base}/runs/{run_id}" for run_id in (over, under_way, stopped)))
