"""What a sync is rehearsed on: an account that was read before, and a transaction to be undone."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from calsync.core.account import Account, connection_status
from calsync.core.event import Event, UnreadableEvent
from calsync.core.footer import find_item_links
from calsync.core.integration import Refusal
from calsync.cronofy.batch import Write, Written
from calsync.cronofy.client import Page
from calsync.cronofy.limiter import Lane
from calsync.cronofy.queries import EventQuery
from calsync.db.accounts import find_account
from calsync.db.database import Session
from calsync.errors import AccessRevoked, NotPossible, NotThere
from calsync.services.accounts import client_for
from calsync.services.tools import Tools, Who

#: What asks for the whole account: a copy may have been moved within it.
_EVERYTHING = EventQuery(
    include_deleted=True,
    include_moved=True,
    include_managed=True,
    localized_times=True,
)


@dataclass(frozen=True)
class Scenery:
    """A linked account as it stood a moment ago, and what some of its calendars show.

    Of the others there is what names an item: copies of ours that were moved there.
    """

    account: Account
    calendar_ids: frozenset[str]
    pages: tuple[Page, ...]

    def refuse_gone(self, calendar_id: str) -> None:
        """Raise NotPossible where a calendar is there no more, whatever we know of it."""
        if calendar_id not in self.calendar_ids:
            raise LookupError("A calendar is rehearsed that was not read.")
        calendar = self.account.find_calendar(calendar_id)
        if calendar is None or calendar.deleted:
            raise NotPossible(Refusal.CALENDAR_GONE)

    def list_guests(self, uids: Collection[str], mailbox: str) -> frozenset[str]:
        """Return the addresses of the others whom these events name."""
        return frozenset(
            attendee.email.casefold()
            for page in self.pages
            for event in page.events
            if isinstance(event, Event) and event.uid in uids
            for attendee in event.attendees
            if attendee.email.casefold() != mailbox.casefold()
        )


def read_scenery(tools: Tools, who: Who, account_id: str, calendar_ids: Collection[str]) -> Scenery:
    """Read some calendars of an account of the user's, and what was moved out of them.

    Outside of any transaction; nothing of it is noted. Raises NotThere, NotPossible where the
    account does not work or was not read for the first time yet, and TemporaryError where
    Cronofy is away.
    """
    with tools.db.read() as session:
        known = find_account(session, who.tenant_id, who.user_id, account_id)
    if known is None:
        raise NotThere
    if known.disconnection is not None:
        raise NotPossible(Refusal.NOT_CONNECTED)
    client = client_for(tools, who.tenant_id, account_id, Lane.USER)
    try:
        account = client.userinfo()
        status = connection_status(account, known.profile_id, account.scope or known.scope)
        if not status.is_connected:
            raise NotPossible(Refusal.NOT_CONNECTED)
        if status.initial_sync_required:
            raise NotPossible(Refusal.BEING_READ)
        wanted = frozenset(calendar_ids)
        pages = client.read_events(_EVERYTHING)
        kept = tuple(_without_others(page, wanted, tools.public_url) for page in pages)
        return Scenery(account, wanted, kept)
    except AccessRevoked:
        raise NotPossible(Refusal.NOT_CONNECTED) from None


def _without_others(page: Page, calendar_ids: frozenset[str], base_url: str) -> Page:
    """Return a page without what stands in other calendars and is of no item."""
    return replace(
        page,
        events=tuple(
            event
            for event in page.events
            if event.calendar_id in calendar_ids
            or (isinstance(event, Event) and find_item_links(event.text, base_url))
        ),
    )


@dataclass(frozen=True)
class OpenDoor:
    """Gives parts of one transaction instead of transactions of their own."""

    tools: Tools
    session: Session

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self.session.begin_nested():
            yield self.session

    def is_untouched(self, session: Session) -> bool:
        del session
        return True


@dataclass(frozen=True)
class ReadBefore:
    """Answers every read with what was read before, and takes every write."""

    pages: Sequence[Page]

    def read_events(self, query: EventQuery) -> Iterator[Page]:
        for page in self.pages:
            events = tuple(event for event in page.events if _matches(event, query))
            yield replace(page, events=events)

    def batch(self, writes: Sequence[Write]) -> tuple[Written, ...]:
        return tuple(Written() for _ in writes)


def _matches(event: Event | UnreadableEvent, query: EventQuery) -> bool:
    """Tell whether Cronofy would have answered a query with this event.

    Days are not looked at: whoever asks for some finds among more what it looks for.
    """
    if query.calendar_ids and event.calendar_id not in query.calendar_ids:
        return False
    is_managed = event.event_id is not None
    if is_managed and not (query.include_managed or query.only_managed):
        return False
    if query.only_managed and not is_managed:
        return False
    if isinstance(event, UnreadableEvent):
        return True
    if event.deleted and not query.include_deleted:
        return False
    if event.updated is None or query.changed_since is None:
        return True
    return event.updated >= query.changed_since.replace(microsecond=0)
