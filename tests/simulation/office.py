"""The product's own engine on the Cronofy in memory: one integration, both of its sides."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.core.options import Options
from calsync.core.run import Result
from calsync.core.schedule import retry_delay
from calsync.cronofy.limiter import Lane, Limiter
from calsync.db import due_rows
from calsync.db.database import Database, Session
from calsync.db.models import (
    DueKind,
    Integration,
    Item,
    ItemLook,
    JudgedEvent,
    LinkedAccount,
    LinkRow,
    LogEntry,
)
from calsync.delivery.sender import Sender
from calsync.errors import CalsyncError
from calsync.keys import Keyring
from calsync.services.accounts import check_account
from calsync.services.integrations import (
    activate,
    change_options,
    create_integration,
    deactivate,
)
from calsync.services.item_rows import fields_of
from calsync.services.items import change_item, create_item, delete_item, restore_item
from calsync.services.linking import begin_connect, finish_connect
from calsync.services.sync.running import run_sync
from calsync.services.tools import Tools
from tests.cast import Person, find_cast, with_session
from tests.clocks import FakeClock
from tests.installations import KEYS
from tests.simulation.engines import open_engine
from tests.simulation.faults import Crash, FaultKind, FaultPlan
from tests.simulation.ports import make_clients, make_oauth
from tests.simulation.provider import Provider
from tests.simulation.snapshots import Shown

EVERYTHING = Options(takes_create=True, takes_update=True, takes_delete=True, kinds=frozenset(Kind))
BASE_URL = "http://127.0.0.1:5000"
LEASE = timedelta(minutes=5)
LONDON = "Europe/London"


class FaultyDatabase(Database):
    """A real database, whose process may end before or after any commit."""

    def __init__(self, engine: Any, plan: FaultPlan) -> None:
        super().__init__(engine)
        self._plan = plan

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as session:
            yield session
            fault = self._plan.cross()
            if fault is not None and fault.kind is FaultKind.CRASH_BEFORE:
                raise Crash
        if fault is not None:
            raise Crash


@dataclass
class Office:
    """Dana's integration, hands on both sides, and the due work of one process."""

    folder: Path
    template: Path
    provider: Provider
    clock: FakeClock
    options: Options = EVERYTHING
    tools: Tools = field(init=False)
    person: Person = field(init=False)
    calendar_id: str = field(init=False)
    integration_id: str = field(init=False)
    crashes: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        path = self.folder / "calsync.sqlite3"
        shutil.copy(self.template, path)
        engine = open_engine(path)
        plan, self.provider.faults.off = self.provider.faults, True
        limiter = Limiter(self.clock)
        self.tools = Tools(
            db=FaultyDatabase(engine, plan),
            clock=self.clock,
            keyring=Keyring(KEYS),
            oauth=make_oauth(self.provider, self.clock, limiter),
            cronofy=make_clients(self.provider, self.clock, limiter),
            sender=Sender(self.clock, allow_private=True),
            wake=lambda: None,
            public_url=BASE_URL,
        )
        self.person = find_cast(self.tools)["dana"]
        self._link()
        plan.off = False

    def reconnect(self) -> None:
        """Let the user sign in again where access was lost, to the same mailbox."""
        with self.tools.db.read() as session:
            account = session.query(LinkedAccount).one()
        if account.disconnection is None:
            return
        who = with_session(self.tools, self.person)
        url = begin_connect(self.tools, who, account.id)
        assert url
        state = url.split("state=")[1].split("&")[0]
        code = self.provider.service.consent(account.profile_id, sub=account.sub)
        finish_connect(self.tools, who, state=state, code=code, error="")

    def close(self) -> None:
        """Let go of the database."""
        self.tools.db.engine.dispose()

    def _link(self) -> None:
        profile = self.provider.service.add_mailbox()
        who = with_session(self.tools, self.person)
        url = begin_connect(self.tools, who)
        assert url
        state = url.split("state=")[1].split("&")[0]
        code = self.provider.service.consent(profile.profile_id)
        result = finish_connect(self.tools, who, state=state, code=code, error="")
        assert result.account_id
        self.calendar_id = profile.shelves[0].calendar_id
        self.integration_id = create_integration(
            self.tools,
            self.person.who,
            account_id=result.account_id,
            calendar_id=self.calendar_id,
            options=self.options,
        )
        self.work()

    # --- My Calendar ---

    def add(self, subject: str, start: datetime, **fields: Any) -> str:
        times = Timed(start, start + timedelta(hours=1), LONDON)
        chosen = ItemFields(
            fields.pop("kind", Kind.APPOINTMENT),
            subject=subject,
            times=times,
            time_zone=LONDON,
            **fields,
        )
        return create_item(self.tools, self.person.who, chosen)

    def change(self, item_id: str, **fields: Any) -> None:
        changed = replace(self.fields(item_id), **fields)
        change_item(self.tools, self.person.who, item_id, changed)

    def delete(self, item_id: str) -> None:
        delete_item(self.tools, self.person.who, item_id)

    def restore(self, item_id: str) -> None:
        restore_item(self.tools, self.person.who, item_id)

    def fields(self, item_id: str) -> ItemFields:
        with self.tools.db.read() as session:
            row = session.get(Item, item_id)
            assert row is not None
            return fields_of(row)

    def items(self) -> list[Item]:
        """Return every item, those in the bin too."""
        with self.tools.db.read() as session:
            return list(session.query(Item).order_by(Item.id).all())

    def declined(self) -> set[str]:
        """Return the links of which the log says why something was not done."""
        with self.tools.db.read() as session:
            rows = session.query(LogEntry).filter(LogEntry.result == Result.DECLINED).all()
        return {row.link_id for row in rows if row.link_id}

    def judged(self) -> set[str]:
        """Return the uids of the events that were not brought in, with a reason."""
        with self.tools.db.read() as session:
            return {row.event_uid for row in session.query(JudgedEvent).all()}

    def links(self) -> list[LinkRow]:
        with self.tools.db.read() as session:
            return list(session.query(LinkRow).order_by(LinkRow.id).all())

    def events(self) -> list[Shown]:
        """Return every event of the linked calendar, deleted ones too."""
        shown = self.provider.snapshot()
        return [event for event in shown if event.calendar_id == self.calendar_id]

    # --- settings ---

    def turn(self, switch: str) -> None:
        """Turn one switch of the first tab on or off."""
        self.options = replace(self.options, **{switch: not getattr(self.options, switch)})
        change_options(self.tools, self.person.who, self.integration_id, self.options)

    def pause(self) -> None:
        """Turn the integration off, or on again."""
        is_active = self._integration().is_active
        change = deactivate if is_active else activate
        change(self.tools, self.person.who, self.integration_id)

    def resume(self) -> None:
        """Let everything work again: the account, the calendar, the switch."""
        self.provider.service.set_readonly(self.calendar_id, readonly=False)
        self.reconnect()
        check_account(self.tools, self.person.who.tenant_id, self.account_id, Lane.POLL)
        if not self._integration().is_active:
            self.pause()

    @property
    def account_id(self) -> str:
        with self.tools.db.read() as session:
            return session.query(LinkedAccount).one().id

    def _integration(self) -> Integration:
        with self.tools.db.read() as session:
            return session.query(Integration).one()

    # --- due work ---

    def work(self) -> bool:
        """Do a sync if one is due; say whether there was one. A crash ends only the process."""
        now = self.clock.now()
        try:
            with self.tools.db.begin() as session:
                claims = due_rows.claim_due(
                    session, owner="worker", now=now, until=now + LEASE, limit=10
                )
                others = [claim for claim in claims if claim.kind is not DueKind.SYNC]
                for claim in others:
                    due_rows.release(session, claim, due_at=now + timedelta(days=30))
            for claim in claims:
                if claim.kind is DueKind.SYNC:
                    self._perform(claim)
                    return True
        except Crash:
            self.crashes += 1
        return False

    def _perform(self, claim: due_rows.Claim) -> None:
        error: str | None = None
        try:
            again_at = run_sync(self.tools, claim)
        except CalsyncError as problem:
            self.failures += 1
            asked = getattr(problem, "retry_after", None)
            error = type(problem).__name__
            again_at = self.clock.now() + retry_delay(claim.attempts, 0.5, asked)
        with self.tools.db.begin() as session:
            if again_at is None:
                due_rows.finish(session, claim)
            else:
                due_rows.release(session, claim, due_at=again_at, error=error)

    def wait(self, by: timedelta, *, most: int = 8) -> None:
        """Let time pass, and do what becomes due meanwhile, as often as that at most."""
        ends_at = self.clock.now() + by
        for _ in range(most):
            due_at = self._next_due()
            if due_at is None or due_at > ends_at:
                break
            self.clock.move(max(due_at - self.clock.now(), timedelta()))
            self.work()
        self.clock.move(max(ends_at - self.clock.now(), timedelta()))

    def settle(self) -> None:
        """Let time pass until every write was seen or given up, and everything was looked at."""
        for _ in range(40):
            self.reconnect()
            self.work()
            if self.is_settled():
                return
            due_at = self._next_due() or self.clock.now()
            self.clock.move(max(due_at - self.clock.now(), timedelta(seconds=1)))

    def is_settled(self) -> bool:
        """Tell whether nothing is in flight, nothing to be looked at and nothing under way."""
        with self.tools.db.read() as session:
            busy = session.query(LinkRow.id).filter(
                LinkRow.flight_at.is_not(None) | (LinkRow.looks > 0)
            )
            leases = session.query(due_rows.DueRow.id).filter(
                due_rows.DueRow.kind == DueKind.SYNC,
                due_rows.DueRow.lease_until.is_not(None) | (due_rows.DueRow.attempts > 0),
            )
            looks = session.query(ItemLook.item_id)
            return not (busy.first() or leases.first() or looks.first())

    def _next_due(self) -> datetime | None:
        with self.tools.db.read() as session:
            rows = session.query(due_rows.DueRow).all()
        moments = [
            max(row.due_at, row.lease_until or row.due_at)
            for row in rows
            if row.kind is DueKind.SYNC
        ]
        return min(moments, default=None)

    def ask_for_sweep(self) -> None:
        """Have the next sync read everything."""
        with self.tools.db.begin() as session:
            row = session.get(Integration, self.integration_id)
            assert row is not None
            row.swept_at = None
            due_rows.wake(
                session,
                row.tenant_id,
                DueKind.SYNC,
                self.integration_id,
                self.clock.now(),
            )


def moment(number: int) -> datetime:
    """Return one of the hours that a scenario uses."""
    return datetime(2026, 3, 3, 8, tzinfo=UTC) + timedelta(hours=number)
