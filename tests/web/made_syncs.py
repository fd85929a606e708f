"""An integration with syncs of every kind, for the tests that look at all pages."""

from dataclasses import dataclass, replace
from itertools import product

from calsync.core.content import Content, dump_content
from calsync.core.link import Deed, Link, LinkState, Origin, Side
from calsync.core.run import Result, RunState, Trigger
from calsync.db.links import link_of, put_link
from calsync.db.models import LinkRow
from calsync.services.tools import Tools
from tests.cast import Person
from tests.services.hearing import add_integration
from tests.services.integrating import TIMES, add_entry, add_item, add_link, add_run


@dataclass(frozen=True)
class Syncs:
    """The addresses of their pages."""

    integration: str
    over: str
    under_way: str
    stopped: str


def hold_all(tools: Tools, person: Person, integration_id: str) -> None:
    """Let an entry wait for each word that there is."""
    for origin, deed in product(Origin, Deed):
        held = frozenset({deed})
        known = Link(origin, LinkState.HELD, held=held, held_for="brake")
        row_id = add_link(tools, person, integration_id, add_item(tools, person), origin=origin)
        with tools.db.begin() as session:
            row = session.get_one(LinkRow, row_id)
            put_link(row, replace(known, here=link_of(row).here))


def make_syncs(tools: Tools, person: Person, account_id: str) -> Syncs:
    """Record a sync that is over, one that stopped and one under way, and what waits.

    Nobody carries any of it out: the calendar is not one that Cronofy knows.
    """
    integration_id = add_integration(tools, person, account_id, calendar_id="cal_made").id
    hold_all(tools, person, integration_id)
    counts = {"out_create_done": 1, "in_update_done": 1, "in_none_declined": 1}
    over = add_run(tools, person, integration_id, Trigger.MANUAL, counts=counts, done=2, total=2)
    shown = {"theirs": dump_content(Content("⟦Server room⟧", TIMES, place="⟦Main Street⟧"))}
    add_entry(tools, person, over, item_id=add_item(tools, person), after=shown)
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
    refused = Link(Origin.SENT, tries=3)
    link_id = add_link(tools, person, integration_id, add_item(tools, person), link=refused)
    add_entry(tools, person, stopped, result=Result.FAILED, reason="refused", link_id=link_id)
    now = {"state": RunState.RUNNING, "ended_at": None, "done": 7, "total": 16}
    under_way = add_run(tools, person, integration_id, Trigger.MANUAL, **now)
    base = f"/calendar-sync/{integration_id}"
    return Syncs(base, *(f"{base}/runs/{run_id}" for run_id in (over, under_way, stopped)))
