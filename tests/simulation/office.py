"""The product's own services on the Cronofy in memory: people, their integrations, their items."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from calsync.core.event import Timed
from calsync.core.integration import Meanwhile
from calsync.core.item import ItemFields, Kind
from calsync.core.options import Options
from calsync.core.run import Result
from calsync.cronofy.limiter import Limiter
from calsync.db import due_rows
from calsync.db.models import (
    Assignment,
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
from calsync.keys import Keyring
from calsync.services.integrations import create_integration
from calsync.services.item_rows import fields_of
from calsync.services.items import create_item
from calsync.services.linking import begin_connect, finish_connect
from calsync.services.tools import Tools
from tests.cast import Person, find_cast, with_session
from tests.installations import KEYS
from tests.simulation.databases import SimulatedDatabase
from tests.simulation.ports import make_clients, make_oauth
from tests.simulation.provider import Provider
from tests.simulation.scheduler import Scheduler, SharedClock
from tests.simulation.snapshots import Shown

EVERYTHING = Options(takes_create=True, takes_update=True, takes_delete=True, kinds=frozenset(Kind))
BASE_URL = "http://127.0.0.1:5000"
LONDON = "Europe/London"


@dataclass
class Desk:
    """One integration: whose it is, and the calendar that it keeps in step."""

    person: Person
    profile_id: str
    calendar_id: str
    options: Options
    integration_id: str = ""

    @property
    def who(self) -> str:
        """Give the first name of whose desk it is."""
        return self.person.email.partition("@")[0]


@dataclass
class Office:
    """A tenant's people with their integrations, as they are seen on both sides.

    ``seats`` says whose integrations there are, by first name; a second one of the same
    person is for the second calendar of the same account. Nothing goes wrong until
    the provider's faults are switched on.
    """

    engine: Engine
    provider: Provider
    clock: SharedClock
    scheduler: Scheduler
    seats: Sequence[tuple[str, Options]] = (("dana", EVERYTHING),)
    tools: Tools = field(init=False)
    cast: dict[str, Person] = field(init=False)
    desks: list[Desk] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        faults = self.provider.faults
        limiter = Limiter(self.clock)
        self.tools = Tools(
            db=SimulatedDatabase(self.engine, faults, self.scheduler),
            clock=self.clock,
            keyring=Keyring(KEYS),
            oauth=make_oauth(self.provider, self.clock, limiter),
            cronofy=make_clients(self.provider, self.clock, limiter),
            sender=Sender(self.clock, allow_private=True),
            wake=lambda: None,
            public_url=BASE_URL,
        )
        faults.off = True
        self.cast = find_cast(self.tools)
        for name, options in self.seats:
            self._sit_down(self.cast[name], options)

    def close(self) -> None:
        """Let go of the database."""
        self.scheduler.kill()
        self.tools.db.engine.dispose()

    def _sit_down(self, person: Person, options: Options) -> None:
        """Link a calendar of a person, of the account that they have if there is one."""
        own = [desk for desk in self.desks if desk.person is person]
        if own:
            profile_id = own[0].profile_id
        else:
            address = person.email.replace("@acme", "@gsuite")
            profile_id = self.provider.service.add_mailbox(address).profile_id
            self.connect(person, profile_id)
        shelves = self.provider.world.accounts.profiles[profile_id].shelves
        calendar_id = shelves[len(own)].calendar_id
        desk = Desk(person, profile_id, calendar_id, options)
        self.integrate(desk)
        self.desks.append(desk)

    def integrate(self, desk: Desk) -> None:
        """Link a desk's calendar, for the first time or again."""
        account = self.account(desk)
        desk.integration_id = create_integration(
            self.tools,
            desk.person.who,
            account_id=account.id if account else "",
            calendar_id=desk.calendar_id,
            options=desk.options,
            meanwhile=Meanwhile.FLOWS,
        )

    def connect(
        self, person: Person, profile_id: str, account: LinkedAccount | None = None
    ) -> None:
        """Go to Cronofy's consent page and back, to connect an account again if one is given."""
        who = with_session(self.tools, person)
        url = begin_connect(self.tools, who, account.id if account else None)
        assert url
        state = url.split("state=")[1].split("&")[0]
        code = self.provider.service.consent(profile_id, sub=account.sub if account else None)
        finish_connect(self.tools, who, state=state, code=code, error="")

    def account(self, desk: Desk) -> LinkedAccount | None:
        """Return the account that a desk's calendar is of, if it is linked."""
        with self.tools.db.read() as session:
            query = session.query(LinkedAccount).filter_by(profile_id=desk.profile_id)
            return query.one_or_none()

    def integration(self, desk: Desk) -> Integration:
        """Return a desk's row."""
        with self.tools.db.read() as session:
            row = session.get(Integration, desk.integration_id)
        assert row is not None
        return row

    # --- My Calendar ---

    def add(
        self,
        subject: str,
        start: datetime,
        *,
        person: Person | None = None,
        assignees: Sequence[str] | None = None,
        **fields: Any,
    ) -> str:
        times = fields.pop("times", Timed(start, start + timedelta(hours=1), LONDON))
        chosen = ItemFields(
            fields.pop("kind", Kind.APPOINTMENT),
            subject=subject,
            times=times,
            time_zone=LONDON,
            **fields,
        )
        person = person or self.desks[0].person
        return create_item(self.tools, person.who, chosen, assignees)

    def fields(self, item_id: str) -> ItemFields:
        with self.tools.db.read() as session:
            row = session.get(Item, item_id)
            assert row is not None
            return fields_of(row)

    def items(self) -> list[Item]:
        """Return every item, those in the bin too."""
        with self.tools.db.read() as session:
            return list(session.query(Item).order_by(Item.id).all())

    def assignees(self, item_id: str) -> set[str]:
        """Return the ids of the users on whose calendars an item stands, or stood last."""
        with self.tools.db.read() as session:
            rows = session.query(Assignment).filter(Assignment.item_id == item_id).all()
        return {row.user_id for row in rows}

    # --- what is known of both sides; of all desks together where none is named ---

    def declined(self) -> set[str]:
        """Return the links of which the log says why something was not done."""
        with self.tools.db.read() as session:
            rows = session.query(LogEntry).filter(LogEntry.result == Result.DECLINED).all()
        return {row.link_id for row in rows if row.link_id}

    def judged(self) -> set[str]:
        """Return the uids of the events that were not brought in, with a reason."""
        with self.tools.db.read() as session:
            return {row.event_uid for row in session.query(JudgedEvent).all()}

    def links(self, desk: Desk | None = None) -> list[LinkRow]:
        with self.tools.db.read() as session:
            query = session.query(LinkRow)
            if desk is not None:
                query = query.filter(LinkRow.integration_id == desk.integration_id)
            return list(query.order_by(LinkRow.id).all())

    def events(self, desk: Desk | None = None) -> list[Shown]:
        """Return every event of the linked calendar, deleted ones too."""
        calendars: Collection[str] = (
            {each.calendar_id for each in self.desks} if desk is None else (desk.calendar_id,)
        )
        return [each for each in self.provider.snapshot() if each.calendar_id in calendars]

    # --- settings ---

    # --- due work ---

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

    def ask_for_reads(self, *, sweeps: bool = True) -> None:
        """Have each integration synced now, if need be reading everything."""
        with self.tools.db.begin() as session:
            for desk in self.desks:
                row = session.get(Integration, desk.integration_id)
                assert row is not None
                if sweeps:
                    row.swept_at = None
                due_rows.wake(
                    session, row.tenant_id, DueKind.SYNC, desk.integration_id, self.clock.now()
                )

    def put_off_sweeps(self) -> None:
        """Let no integration read everything but where it has to: it was swept in the future."""
        with self.tools.db.begin() as session:
            for row in session.query(Integration).all():
                row.swept_at = self.clock.now() + timedelta(days=400)
