"""The product's own services on the Cronofy in memory: people, their integrations, their items."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, select

from calsync.core.event import Timed
from calsync.core.integration import Meanwhile
from calsync.core.item import ItemFields, Kind
from calsync.core.options import Options
from calsync.cronofy.limiter import Limiter
from calsync.db import due_rows
from calsync.db.models import (
    Assignment,
    DueKind,
    DueRow,
    Integration,
    Item,
    ItemLook,
    JudgedEvent,
    LinkedAccount,
    LinkRow,
)
from calsync.db.questions import ask
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

# What is asked again and again is put together once.
_ITEMS = select(Item).order_by(Item.id)
_LINKS = select(LinkRow).order_by(LinkRow.id)
_ACCOUNT = select(LinkedAccount).where(LinkedAccount.profile_id == bindparam("profile_id"))
_ASSIGNEES = select(Assignment.user_id).where(Assignment.item_id == bindparam("item_id"))
_LINKED = select(Integration.id).where(
    Integration.calendar_id == bindparam("calendar_id"), Integration.deleted_at.is_(None)
)
_IS_BUSY = select(
    select(LinkRow.id).where(LinkRow.flight_at.is_not(None) | (LinkRow.looks > 0)).exists()
    | select(DueRow.id)
    .where(DueRow.kind == DueKind.SYNC, DueRow.lease_until.is_not(None) | (DueRow.attempts > 0))
    .exists()
    | select(ItemLook.item_id).exists()
)

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
    #: Calendars in whose place others were linked.
    former: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.tools = self.make_tools()
        self.provider.faults.off = True
        self.cast = find_cast(self.tools)
        for name, options in self.seats:
            self._sit_down(self.cast[name], options)

    def make_tools(self) -> Tools:
        """Return what the product works with here."""
        limiter = Limiter(self.clock)
        return Tools(
            db=SimulatedDatabase(self.engine, self.provider.faults, self.scheduler),
            clock=self.clock,
            keyring=Keyring(KEYS),
            oauth=make_oauth(self.provider, self.clock, limiter),
            cronofy=make_clients(self.provider, self.clock, limiter),
            sender=Sender(self.clock, allow_private=True),
            wake=lambda: None,
            public_url=BASE_URL,
        )

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
            return session.scalar(_ACCOUNT, {"profile_id": desk.profile_id})

    def integration(self, desk: Desk) -> Integration:
        """Return a desk's row."""
        with self.tools.db.read() as session:
            row = session.get(Integration, desk.integration_id)
        assert row is not None
        return row

    def follow_swap(self, desk: Desk, calendar_id: str) -> None:
        """Let a desk be for another calendar, if that is linked by now."""
        with self.tools.db.read() as session:
            made = session.scalar(_LINKED, {"calendar_id": calendar_id})
        if made is not None:
            self.former.add(desk.calendar_id)
            desk.integration_id, desk.calendar_id = made, calendar_id

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
            return list(session.scalars(_ITEMS))

    def assignees(self, item_id: str) -> set[str]:
        """Return the ids of the users on whose calendars an item stands, or stood last."""
        with self.tools.db.read() as session:
            return set(ask(session, _ASSIGNEES, {"item_id": item_id}).scalars())

    # --- what is known of both sides; of all desks together ---

    def judged(self) -> set[str]:
        """Return the uids of the events that were not brought in, with a reason."""
        with self.tools.db.read() as session:
            return {row.event_uid for row in session.query(JudgedEvent).all()}

    def links(self) -> list[LinkRow]:
        with self.tools.db.read() as session:
            return list(session.scalars(_LINKS))

    def events(self) -> list[Shown]:
        """Return every event of the calendars that are or were linked, deleted ones too."""
        calendars = {each.calendar_id for each in self.desks} | self.former
        return [each for each in self.provider.snapshot() if each.calendar_id in calendars]

    # --- due work ---

    def is_settled(self) -> bool:
        """Tell whether nothing is in flight, nothing to be looked at and nothing under way."""
        with self.tools.db.read() as session:
            return not ask(session, _IS_BUSY, {}).scalar()

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
