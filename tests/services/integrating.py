"""Integrations of the tests, with links, runs and log entries as the engine leaves them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from calsync.core.content import Content
from calsync.core.event import Timed
from calsync.core.holds import held_as
from calsync.core.item import ItemFields, Kind
from calsync.core.link import Link, LinkState, Origin, Side
from calsync.core.link_record import dump_link
from calsync.core.options import Options
from calsync.core.run import Result, RunState, Trigger
from calsync.db.models import DueKind, DueRow, Integration, LinkRow, LogEntry, Run
from calsync.ids import new_id
from calsync.services.accounts import find_linked
from calsync.services.integrations import create_integration
from calsync.services.items import create_item
from calsync.services.tools import Tools
from tests.cast import Person

NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)
TIMES = Timed(NINE, NINE + timedelta(hours=1), "Europe/London")
EVERYTHING = Options(takes_create=True, takes_update=True, takes_delete=True, kinds=frozenset(Kind))


def calendar_of(tools: Tools, person: Person, account_id: str, name: str = "Work") -> str:
    """Return Cronofy's id of a linked calendar."""
    linked = find_linked(tools, person.who, account_id)
    assert linked
    return next(c.calendar_id for c in linked.calendars if c.name == name)


def integrate(
    tools: Tools, person: Person, account_id: str, name: str = "Work", options: Options = EVERYTHING
) -> str:
    """Make an integration with a calendar and return its id."""
    calendar_id = calendar_of(tools, person, account_id, name)
    return create_integration(
        tools, person.who, account_id=account_id, calendar_id=calendar_id, options=options
    )


def add_item(tools: Tools, person: Person, kind: Kind = Kind.APPOINTMENT, **fields: Any) -> str:
    """Put an item on somebody's calendar and return its id."""
    subject = fields.pop("subject", "Server room")
    return create_item(tools, person.who, ItemFields(kind, subject, TIMES, **fields))


def add_link(
    tools: Tools,
    person: Person,
    integration_id: str,
    item_id: str,
    *,
    origin: Origin = Origin.SENT,
    state: LinkState = LinkState.LIVE,
    link: Link | None = None,
    is_present: bool = True,
    is_source: bool = False,
    key: str = "",
) -> str:
    """Tie an item to an event of an integration, and return the link's id."""
    content = Content("Server room", TIMES)
    known = replace(link or Link(origin, here=content, there=content), state=state)
    row_id = new_id()
    with tools.db.begin() as session:
        session.add(
            LinkRow(
                id=row_id,
                tenant_id=person.who.tenant_id,
                integration_id=integration_id,
                item_id=item_id,
                key=key,
                event_id=f"ours_{row_id}" if origin is Origin.SENT else None,
                event_uid=f"evt_{row_id}",
                origin=origin,
                state=state,
                is_present=is_present,
                is_source=is_source,
                held_as=held_as(known),
                record=dump_link(known),
            )
        )
    return row_id


def add_run(
    tools: Tools,
    person: Person,
    integration_id: str,
    trigger: Trigger = Trigger.SCHEDULED,
    **values: Any,
) -> str:
    """Record a run that has ended, and return its id."""
    now = tools.clock.now()
    columns = {"state": RunState.FINISHED, "ended_at": now, "bulk": {}, "counts": {}, **values}
    run_id = new_id()
    with tools.db.begin() as session:
        session.add(
            Run(
                id=run_id,
                tenant_id=person.who.tenant_id,
                integration_id=integration_id,
                trigger=trigger,
                began_at=now,
                **columns,
            )
        )
    return run_id


def add_entry(tools: Tools, person: Person, run_id: str, **values: Any) -> str:
    """Record one thing that a run did, and return its id."""
    entry_id = new_id()
    with tools.db.begin() as session:
        run = session.get(Run, run_id)
        assert run
        columns = {
            "at": tools.clock.now(),
            "trigger": run.trigger,
            "side": Side.OUT,
            "action": "create",
            "result": Result.DONE,
            "title": "Server room",
            "before": {},
            "after": {},
            **values,
        }
        session.add(
            LogEntry(
                id=entry_id,
                tenant_id=person.who.tenant_id,
                integration_id=run.integration_id,
                run_id=run_id,
                **columns,
            )
        )
    return entry_id


def get_row(tools: Tools, integration_id: str) -> Integration:
    """Return an integration's row, a deleted one's too."""
    with tools.db.read() as session:
        row = session.get(Integration, integration_id)
    assert row
    return row


def get_link(tools: Tools, link_id: str) -> LinkRow:
    """Return a link's row."""
    with tools.db.read() as session:
        row = session.get(LinkRow, link_id)
    assert row
    return row


def due_at(tools: Tools, integration_id: str) -> datetime | None:
    """Return when an integration is to be synced."""
    with tools.db.read() as session:
        row = (
            session.query(DueRow)
            .filter_by(kind=DueKind.SYNC, subject_id=integration_id)
            .one_or_none()
        )
        return row.due_at if row else None
