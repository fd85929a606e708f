"""Reading the linked calendar: what a page shows is noted on the links, page by page.

What is decided from it is decided later, from what the links have seen. So a page that is
read twice, or out of order, changes nothing, and a run that dies in between loses nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from calsync.core.decide import is_left_over
from calsync.core.event import Event, UnreadableEvent
from calsync.core.integration import OVERLAP, Caution
from calsync.core.link import Link, LinkState, Seen, Wish
from calsync.core.mapping import content_of_event, is_off
from calsync.core.recognition import expire, has_landed_unanswered, observe, was_altered
from calsync.core.settle import note_accepted
from calsync.cronofy.queries import EventQuery
from calsync.db.database import Session
from calsync.db.links import link_of, list_earlier_links, list_links_of_events, put_link
from calsync.db.models import Integration, LinkRow
from calsync.metrics import ECHOES
from calsync.services.sync.fence import Door
from calsync.services.sync.journal import Journal
from calsync.services.sync.provider import LinkedCalendars
from calsync.services.sync.scope import Subject


@dataclass
class Found:
    """What a read came upon."""

    #: When the page was put together, by the provider's own clock, as far as it is known.
    began_at: datetime | None = None
    events: int = 0
    #: Links that saw something new.
    changed: int = 0
    #: Events that no link knows.
    strangers: list[Event] = field(default_factory=list)
    unreadable: list[UnreadableEvent] = field(default_factory=list)
    #: The links whose events were shown, by id.
    shown: set[str] = field(default_factory=set)
    #: Those of which nothing could be read but that the event is there.
    unread: set[str] = field(default_factory=set)
    #: Events of the user's own of which a write of ours changed more than it was to.
    altered: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """Reads one calendar for one run."""

    fence: Door
    client: LinkedCalendars
    subject: Subject
    base_url: str
    #: Where it is written down which writes were done of which no answer came.
    journal: Journal | None = None

    def read_changes(self, since: datetime | None) -> Iterator[Found]:
        """Yield what each page of a read shows; of everything where ``since`` is None.

        Raises rather than ending early.
        """
        yield from self._read(self._query(None if since is None else since - OVERLAP))

    def read_copies(self) -> Iterator[Found]:
        """Yield what each page of a read of all our copies shows, wherever they stand."""
        query = EventQuery(
            calendar_ids=(self.subject.integration.calendar_id,),
            include_deleted=True,
            include_managed=True,
            only_managed=True,
        )
        yield from self._read(query)

    def _query(self, since: datetime | None) -> EventQuery:
        return EventQuery(
            calendar_ids=(self.subject.integration.calendar_id,),
            changed_since=since,
            include_deleted=True,
            include_moved=True,
            include_managed=True,
            localized_times=True,
        )

    def _read(self, query: EventQuery) -> Iterator[Found]:
        for page in self.client.read_events(query):
            events = [event for event in page.events if isinstance(event, Event)]
            # Where it does not say when it answered, it was no earlier than what it shows.
            latest = max((e.updated for e in events if e.updated), default=None)
            found = Found(began_at=page.answered_at or latest, events=len(page.events))
            found.unreadable = [e for e in page.events if isinstance(e, UnreadableEvent)]
            if page.events:
                with self.fence.begin() as session:
                    self._note(session, events, found)
            yield found

    def _note(self, session: Session, events: Sequence[Event], found: Found) -> None:
        told: list[Event | UnreadableEvent] = [*events, *found.unreadable]
        rows = list_links_of_events(
            session,
            self.subject.tenant_id,
            self.subject.id,
            {event.event_id for event in told if event.event_id},
            {event.uid for event in told if event.uid and not event.event_id},
        )
        ours = {row.event_id: row for row in rows if row.event_id}
        present = {row.event_uid: row for row in rows if row.event_uid}
        theirs = self._list_earlier(session, events, present.keys()) | present
        now = self.fence.tools.clock.now()
        for event in events:
            row = ours.get(event.event_id) if event.event_id else theirs.get(event.uid)
            if row is None:
                found.strangers.append(event)
                continue
            found.shown.add(row.id)
            found.changed += self._note_event(session, row, event, now, found)
        for bad in found.unreadable:
            # It stands there, whatever it says: it is not missing.
            row = ours.get(bad.event_id or "") or theirs.get(bad.uid or "")
            if row is not None:
                found.shown.add(row.id)
                found.unread.add(row.id)
                self._note_trace(session, row, now)
        if found.altered:
            self._beware(session)

    def _list_earlier(
        self, session: Session, events: Sequence[Event], known: Collection[str]
    ) -> dict[str, LinkRow]:
        """Return the links, by uid, of the user's own events in whose place a copy has come.

        Such an event may be brought back beside the copy; it is no new one (docs/sync.md 2).
        """
        uids = {event.uid for event in events if not event.event_id} - set(known)
        if not uids:
            return {}
        subject = self.subject
        rows = list_earlier_links(session, subject.tenant_id, subject.id, uids)
        return {row.event_uid: row for row in rows if row.event_uid}

    def _note_event(
        self, session: Session, row: LinkRow, event: Event, now: datetime, found: Found
    ) -> bool:
        """Note on a link what its event shows; tell whether that is news."""
        before = link_of(row)
        after = observe(before, seen_of(event, self.base_url, self._mailbox), now)
        if after.state is LinkState.NOT_FOUND:
            after = replace(after, state=LinkState.LIVE)
        if row.event_uid != event.uid and row.is_present:
            row.event_uid = event.uid
        if after == before:
            return self._look_at_left_over(row, after)
        if was_altered(before, after):
            found.altered.append(event)
        if _has_gone_as_asked(before, after):
            # The entry may be sent anew when its kind or calendar is.
            row.is_present = False
        if self.journal is not None:
            if before.flight is not None and after.flight is None:
                ECHOES.inc()
            if has_landed_unanswered(before, after):
                self.journal.note_landed(session, row, before, now)
        put_link(row, after)
        row.looks += 1
        return True

    def _note_trace(self, session: Session, row: LinkRow, now: datetime) -> None:
        """Note that a copy was made, of which no answer came, though it cannot be read yet.

        It is not sent again: its user may have written into it.
        """
        link = link_of(row)
        flight = link.flight
        if flight is None or flight.answered_at or flight.before or flight.is_deletion:
            return
        put_link(row, note_accepted(link, now))
        if self.journal is not None:
            self.journal.note_landed(session, row, link, now)

    def _look_at_left_over(self, row: LinkRow, link: Link) -> bool:
        """Look again at a copy whose deletion was refused, where that is possible by now."""
        is_left = not row.is_present and link.flight is None and is_left_over(link)
        if not is_left or self.subject.bar_of_calendar() is not None:
            return False
        row.looks += 1
        return True

    def _beware(self, session: Session) -> None:
        """Write to no event of the user's own any more (docs/sync.md 7)."""
        integration = session.get(Integration, self.subject.id)
        if integration is not None:
            integration.caution = Caution.ALTERED

    @property
    def _mailbox(self) -> str:
        return self.subject.integration.profile_name


def _has_gone_as_asked(before: Link, after: Link) -> bool:
    """Tell whether a copy is gone that was to go while its entry stays (docs/sync.md 5 and 6)."""
    flight = before.flight
    is_over = flight is not None and flight.is_deletion and after.flight is None
    return is_over and flight is not None and flight.came_from is LinkState.PARKED


def expire_flights(
    rows: Iterable[LinkRow], read_began_at: datetime, unread: Collection[str]
) -> list[tuple[LinkRow, Link]]:
    """Give up the writes that a complete read did not show in time.

    ``unread`` are the links of which it showed that their events are there, and nothing else.
    Returns those that were tried often enough, with their links as they were before.
    """
    set_aside = []
    for row in rows:
        before = link_of(row)
        after = expire(before, read_began_at, is_unread=row.id in unread)
        if after != before:
            put_link(row, after)
            if before.flight and before.flight.is_deletion and after.state is LinkState.PARKED:
                # The user asked for it when it was parked, and still wants it.
                row.wish = Wish.DELETE_COPY
            row.looks += 1
            if after.state is LinkState.SET_ASIDE:
                set_aside.append((row, before))
    return set_aside


def seen_of(event: Event, base_url: str, mailbox: str) -> Seen:
    """Return an event as a link notes it."""
    return Seen(
        content=content_of_event(event, base_url),
        is_deleted=event.deleted,
        updated=event.updated,
        created=event.created,
        can_update=event.options.update,
        can_delete=event.options.delete,
        has_guests=any(
            attendee.email.casefold() != mailbox.casefold() for attendee in event.attendees
        ),
        series=event.series_id or (event.uid if event.recurring else None),
        is_off=is_off(event),
    )
