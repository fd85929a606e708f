"""Dana's My Calendar and her linked calendar, kept in step over real HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from calsync.core.item import ItemFields, Kind
from calsync.core.link import Link
from calsync.core.options import Options, load_options
from calsync.core.run import RunState, Trigger
from calsync.cronofy.limiter import Lane
from calsync.db import due_rows
from calsync.db.links import link_of
from calsync.db.models import DueKind, DueRow, Integration, Item, LinkRow, LogEntry, Run
from calsync.services.accounts import check_account, list_linked
from calsync.services.explanations import explain
from calsync.services.integrations import change_options, create_integration
from calsync.services.item_access import ItemView, find_item_view
from calsync.services.item_rows import fields_of
from calsync.services.items import Scope, change_item, create_item, delete_item, restore_item
from calsync.services.occurrences import list_occurrences
from calsync.services.sync.running import run_sync
from calsync.services.tools import Tools
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.moving_clock import MovingClock
from tests.services.sync.owner import HOUR, Owner

__all__ = ["EVERYTHING", "HOUR", "ON_SQLITE", "MakeOffice", "Office", "open_office"]

EVERYTHING = Options(takes_create=True, takes_update=True, takes_delete=True, kinds=frozenset(Kind))
#: For what both databases do alike, which test_both_ways.py holds on each of them.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Office(Owner):
    """One integration of one person, and hands on both sides of it."""

    tools: Tools
    person: Person
    integration_id: str
    #: When the next sync is due, as the last one said.
    due_at: datetime | None = None

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

    def change_one(self, item_id: str, key: str, **fields: Any) -> None:
        """Change one occurrence of a series; ``fields`` are beside its own times."""
        shown = find_item_view(self.tools, self.person.who, item_id, key)
        changed = replace(shown.fields, **fields)
        change_item(self.tools, self.person.who, item_id, changed, scope=Scope.THIS, key=key)

    def delete_one(self, item_id: str, key: str) -> None:
        delete_item(self.tools, self.person.who, item_id, scope=Scope.THIS, key=key)

    def occurrences(self, item_id: str) -> list[ItemView]:
        """Return what takes place of a series within a year, the earliest first."""
        year = timedelta(days=365)
        now = self.now
        return list_occurrences(self.tools, self.person.who, item_id, now - year, now + year)

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
        self.due_at = None
        try:
            self.due_at = run_sync(self.tools, claim)
        finally:
            with self.tools.db.begin() as session:
                due_rows.release(session, claim, due_at=self.due_at or self.now)

    def is_due(self, at: datetime) -> bool:
        """Tell whether a worker would sync at a time, without anybody asking for it."""
        with self.tools.db.read() as session:
            row = (
                session.query(DueRow)
                .filter_by(kind=DueKind.SYNC, subject_id=self.integration_id)
                .one()
            )
        return row.due_at <= at

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
        options = replace(load_options(self.integration.options), **chosen)
        change_options(self.tools, self.person.who, self.integration_id, options)

    @property
    def integration(self) -> Integration:
        with self.tools.db.read() as session:
            row = session.get(Integration, self.integration_id)
            assert row is not None
            return row

    def sweep(self) -> None:
        """Have everything read, not the changes alone."""
        with self.tools.db.begin() as session:
            session.get_one(Integration, self.integration_id).swept_at = None
        self.clock.move(timedelta(minutes=10))
        self.sync()

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

    def links_of(self, item_id: str) -> list[Link]:
        """Return the links of an item that count, the latest of each entry."""
        with self.tools.db.read() as session:
            rows = session.query(LinkRow).filter_by(item_id=item_id, is_present=True).all()
        return [link_of(row) for row in rows]

    def log(self) -> list[tuple[str, str, str, str | None]]:
        """Return what was logged: direction, action, result and reason of each entry."""
        with self.tools.db.read() as session:
            rows = session.query(LogEntry).order_by(LogEntry.at, LogEntry.id).all()
        return [(r.side.value, r.action, r.result.value, r.reason) for r in rows]

    def reasons(self) -> list[str | None]:
        return [entry[3] for entry in self.log() if entry[3]]

    def entries(self, what: str) -> tuple[LogEntry, ...]:
        """Return what a user is told of an item or an event, the latest first."""
        return explain(self.tools, self.person.who, what).entries

    def runs(self) -> list[Run]:
        with self.tools.db.read() as session:
            return list(session.query(Run).order_by(Run.began_at).all())

    def writes(self) -> int:
        """Return how many calls that write were made."""
        counts = self.sandbox.control("GET", "/requests")["requests"]
        return sum(int(each["count"]) for each in counts if each["path"].startswith("/v1/batch"))

    def why(self, what: str) -> set[str]:
        """Return the reasons that a user is told for what became of an item or an event."""
        told = explain(self.tools, self.person.who, what)
        return {entry.reason for entry in told.entries if entry.reason} | {
            judged.reason for judged in told.judgements
        }

    @property
    def account_id(self) -> str:
        account_id = self.integration.account_id
        assert account_id is not None
        return account_id

    def check_account(self) -> None:
        """Let what Cronofy says of the account and its calendars be noted."""
        check_account(self.tools, self.person.who.tenant_id, self.account_id, Lane.USER)

    def set_calendar(self, **fields: Any) -> None:
        """Let the linked calendar be another, and have that noted here."""
        self.sandbox.control("PATCH", f"/calendars/{self.calendar_id}", fields)
        self.check_account()


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
    integration_id = create_integration(
        tools,
        person.who,
        account_id=account_id,
        calendar_id=chosen.calendar_id,
        options=options,
    )
    return Office(sandbox, clock, chosen.calendar_id, tools, person, integration_id)


MakeOffice = Callable[..., Office]
