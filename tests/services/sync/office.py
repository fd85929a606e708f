"""Dana's My Calendar and her linked calendar, kept in step over real HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from calsync.core.event import Timed, Times
from calsync.core.item import ItemFields, Kind
from calsync.core.options import Options, dump_options, load_options
from calsync.core.run import RunState, Trigger
from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.links import link_of
from calsync.db.models import DueKind, Integration, Item, LinkRow, LogEntry, Run
from calsync.services.accounts import list_linked
from calsync.services.item_rows import fields_of
from calsync.services.items import change_item, create_item, delete_item, restore_item
from calsync.services.sync.running import run_sync
from calsync.services.tools import Tools
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.moving_clock import MovingClock

EVERYTHING = Options(takes_create=True, takes_update=True, takes_delete=True, kinds=frozenset(Kind))
HOUR = timedelta(hours=1)
#: For what both databases do alike, which test_both_ways.py holds on each of them.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Office:
    """One integration of one person, and hands on both sides of it."""

    tools: Tools
    sandbox: RunningSandbox
    clock: MovingClock
    person: Person
    integration_id: str
    calendar_id: str
    #: When the next sync is due, as the last one said.
    due_at: datetime | None = None
    day: datetime = field(init=False)

    def __post_init__(self) -> None:
        tomorrow = self.clock.now() + timedelta(days=1)
        self.day = tomorrow.replace(hour=10, minute=0, second=0, microsecond=0)

    # --- My Calendar ---

    def add(self, subject: str = "Lunch", **fields: Any) -> str:
        """Add an item to My Calendar, an appointment tomorrow at ten if nothing else is said."""
        fields.setdefault("kind", Kind.APPOINTMENT)
        fields.setdefault("times", self.at(0))
        return create_item(self.tools, self.person.who, ItemFields(subject=subject, **fields))

    def change(self, item_id: str, **fields: Any) -> None:
        changed = replace(self.fields(item_id), **fields)
        change_item(self.tools, self.person.who, item_id, changed)

    def delete(self, item_id: str) -> None:
        delete_item(self.tools, self.person.who, item_id)

    def restore(self, item_id: str) -> None:
        restore_item(self.tools, self.person.who, item_id)

    def item(self, item_id: str) -> Item:
        with self.tools.db.read() as session:
            found = session.get(Item, item_id)
            assert found is not None
            return found

    def fields(self, item_id: str) -> ItemFields:
        return fields_of(self.item(item_id))

    def items(self) -> list[Item]:
        """Return the items that are not in the bin, in order of their subjects."""
        with self.tools.db.read() as session:
            rows = session.query(Item).filter(Item.deleted_at.is_(None)).all()
        return sorted(rows, key=lambda item: item.subject)

    def subjects(self) -> list[str]:
        return [item.subject for item in self.items()]

    # --- the linked calendar ---

    def put(self, summary: str = "Dentist", **fields: Any) -> str:
        """Let the owner of the linked calendar make an event, and return its uid."""
        fields.setdefault("start", self.wire(self.day))
        fields.setdefault("end", self.wire(self.day + timedelta(hours=1)))
        body = {"calendar_id": self.calendar_id, "summary": summary, **fields}
        return str(self.sandbox.control("POST", "/events", body)["event_uid"])

    def edit(self, uid: str, **fields: Any) -> None:
        self.sandbox.control("PATCH", f"/events/{uid}", fields)

    def remove(self, uid: str) -> None:
        self.sandbox.control("DELETE", f"/events/{uid}")

    def events(self, calendar_id: str | None = None) -> list[dict[str, Any]]:
        """Return what stands in the linked calendar, in order of the summaries."""
        found = self.sandbox.control("GET", f"/calendars/{calendar_id or self.calendar_id}/events")
        standing = [event for event in found["events"] if not event.get("deleted")]
        return sorted(standing, key=lambda event: event["summary"])

    def summaries(self) -> list[str]:
        return [event["summary"] for event in self.events()]

    def event(self, summary: str) -> dict[str, Any]:
        return next(event for event in self.events() if event["summary"] == summary)

    def uid(self, summary: str) -> str:
        """Return the uid of an event that stands there."""
        return str(self.event(summary)["event_uid"])

    def moved(self, hours: float, length: float = 1) -> dict[str, str]:
        """Return the fields by which an owner moves an event, by hours from tomorrow at ten."""
        start = self.day + hours * HOUR
        return {"start": self.wire(start), "end": self.wire(start + length * HOUR)}

    # --- the sync ---

    def sync(self, *, settle: bool = True, **bulk: bool) -> None:
        """Run a sync; then, unless told otherwise, the reads that show what it wrote."""
        if bulk:
            self.ask(**bulk)
        self.run_once()
        for _ in range(6 if settle else 0):
            if not self.flying():
                return
            self.clock.move(timedelta(seconds=65))
            self.run_once()

    def wake(self) -> None:
        with self.tools.db.begin() as session:
            due_rows.wake(
                session, self.person.who.tenant_id, DueKind.SYNC, self.integration_id, self.now
            )

    def run_once(self) -> None:
        self.wake()
        claim = self.claim()
        self.due_at = run_sync(self.tools, claim)
        with self.tools.db.begin() as session:
            due_rows.release(session, claim, due_at=self.due_at or self.now)

    def claim(self) -> due_rows.Claim:
        with self.tools.db.begin() as session:
            claims = due_rows.claim_due(
                session,
                owner="test",
                now=self.now,
                until=self.now + timedelta(minutes=5),
                limit=50,
            )
            ours = (DueKind.SYNC, self.integration_id)
            for other in claims:
                if (other.kind, other.subject_id) != ours:
                    due_rows.release(session, other, due_at=self.now)
        return next(claim for claim in claims if (claim.kind, claim.subject_id) == ours)

    def ask(self, **bulk: bool) -> None:
        """Ask for a manual sync."""
        with self.tools.db.begin() as session:
            session.add(
                Run(
                    tenant_id=self.person.who.tenant_id,
                    integration_id=self.integration_id,
                    trigger=Trigger.MANUAL,
                    state=RunState.WAITING,
                    bulk=bulk,
                    counts={},
                    began_at=self.now,
                )
            )

    def options(self, **chosen: Any) -> None:
        """Change what is chosen for the integration."""
        with self.tools.db.begin() as session:
            row = session.get(Integration, self.integration_id)
            assert row is not None
            options = replace(load_options(row.options), **chosen)
            put_options(session, row, options, self.now)

    def be_absent(self) -> None:
        """Let the integration have been inactive for two days."""
        with self.tools.db.begin() as session:
            row = session.get(Integration, self.integration_id)
            assert row is not None
            row.absent_since = self.now - timedelta(days=2)

    def flying(self) -> list[LinkRow]:
        with self.tools.db.read() as session:
            rows = session.query(LinkRow).filter(LinkRow.flight_at.is_not(None)).all()
        return list(rows)

    def links(self) -> list[Any]:
        with self.tools.db.read() as session:
            rows = session.query(LinkRow).filter(LinkRow.is_present).all()
        return [link_of(row) for row in rows]

    def log(self) -> list[tuple[str, str, str, str | None]]:
        """Return what was logged: direction, action, result and reason of each entry."""
        with self.tools.db.read() as session:
            rows = session.query(LogEntry).order_by(LogEntry.at, LogEntry.id).all()
        return [(r.side.value, r.action, r.result.value, r.reason) for r in rows]

    def reasons(self) -> list[str | None]:
        return [entry[3] for entry in self.log() if entry[3]]

    def runs(self) -> list[Run]:
        with self.tools.db.read() as session:
            return list(session.query(Run).order_by(Run.began_at).all())

    def writes(self) -> int:
        """Return how many calls that write were made."""
        counts = self.sandbox.control("GET", "/requests")["requests"]
        return sum(int(each["count"]) for each in counts if each["path"].startswith("/v1/batch"))

    @property
    def account_id(self) -> str:
        with self.tools.db.read() as session:
            row = session.get(Integration, self.integration_id)
            assert row is not None
            assert row.account_id is not None
            return row.account_id

    # --- times ---

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def at(self, hours: float, length: float = 1) -> Times:
        start = self.day + timedelta(hours=hours)
        return Timed(start, start + timedelta(hours=length), "Europe/London")

    @staticmethod
    def wire(moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def put_options(session: Session, row: Integration, options: Options, now: datetime) -> None:
    """Store what is chosen, as the service does that users call."""
    del session
    known = row.kinds_since
    row.kinds_since = {kind.value: known.get(kind.value, now.isoformat()) for kind in options.kinds}
    if options.takes_create and row.create_since is None:
        row.create_since = now
    row.options = dump_options(options)
    row.version += 1


def open_office(
    tools: Tools,
    sandbox: RunningSandbox,
    clock: MovingClock,
    person: Person,
    account_id: str,
    *,
    calendar: str = "Work",
    options: Options = EVERYTHING,
) -> Office:
    """Integrate one calendar of an account."""
    linked = next(v for v in list_linked(tools, person.who) if v.account.id == account_id)
    chosen = next(c for c in linked.calendars if c.name == calendar)
    with tools.db.begin() as session:
        row = Integration(
            tenant_id=person.who.tenant_id,
            user_id=person.who.user_id,
            account_id=account_id,
            calendar_id=chosen.calendar_id,
            calendar_name=chosen.name,
            service=linked.account.provider_service,
            profile_name=linked.account.profile_name,
            is_active=True,
            options={},
            kinds_since={},
            version=1,
            created_at=clock.now(),
        )
        put_options(session, row, options, clock.now())
        session.add(row)
        session.flush()
        integration_id = row.id
    return Office(tools, sandbox, clock, person, integration_id, chosen.calendar_id)


MakeOffice = Callable[..., Office]
