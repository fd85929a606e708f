"""Entries and events that were made apart and mean the same: linked instead of doubled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from calsync.core.content import Content
from calsync.core.entry import Entry
from calsync.core.event import AllDay, Event, Times
from calsync.core.item import Kind
from calsync.core.link import Link, LinkState, Origin
from calsync.core.mapping import content_of_event
from calsync.core.settle import settle_equal
from calsync.core.twins import (
    can_be_twin,
    can_be_twin_there,
    is_alike,
    likeness_of,
    pair_twins,
)
from calsync.core.window import Window
from calsync.cronofy.queries import EventQuery
from calsync.db.database import Session
from calsync.db.items import list_ids_from, list_items, map_assignees
from calsync.db.judged import find_likenesses, forget_judged
from calsync.db.links import (
    list_links,
    list_links_of_events,
    list_links_of_items,
    put_link,
)
from calsync.db.models import LinkRow
from calsync.ids import new_id
from calsync.services.item_rows import begin_of
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Matter, Pairs
from calsync.services.sync.provider import LinkedCalendars
from calsync.services.sync.reading import seen_of
from calsync.services.sync.scope import Subject

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Twins:
    """Finds twins for one run, in one open transaction."""

    session: Session
    pairs: Pairs
    journal: Journal

    def likeness_of(self, event: Event) -> str | None:
        """Return by what an entry would be known as the same, None where none can be."""
        content = self._content_of(event)
        return likeness_of(content) if content is not None and is_alike(event) else None

    def adopt(self, event: Event) -> bool:
        """Link an event that is new here with the appointment that it equals, if there is one."""
        theirs = self._content_of(event)
        if theirs is None or not can_be_twin_there(event):
            return False
        wanted = likeness_of(theirs)
        for entry in self._list_unlinked(theirs.times):
            mine = self.pairs.content(entry, Link(Origin.BROUGHT))
            if mine is not None and likeness_of(mine) == wanted:
                self._tie(self._new_row(entry), event, mine, theirs)
                return True
        return False

    def link_sent(self, link_ids: Sequence[str], events: Sequence[Event]) -> frozenset[str]:
        """Link entries that are to be sent with the events that they equal.

        ``events`` were read just now. Returns the links of the entries that only look like
        one, and are sent besides it.
        """
        theirs, matters = self._list_strangers(events), self._gather_unsent(link_ids)
        mine = {name: content for name, (_, content) in matters.items()}
        by_link = {name: likeness_of(content) for name, content in mine.items()}
        by_event = {uid: likeness_of(content) for uid, (_, content) in theirs.items()}
        pairs = pair_twins(
            {n: each for n, each in by_link.items() if _can_be_twin(matters[n][0])},
            [(uid, each) for uid, each in by_event.items() if can_be_twin_there(theirs[uid][0])],
        )
        for name, uid in pairs.items():
            row = matters[name][0].row
            row.origin, row.event_id = Origin.BROUGHT, None
            self._tie(row, theirs[uid][0], mine[name], theirs[uid][1])
        left = set(by_event.values())
        return frozenset(n for n, each in by_link.items() if each in left and n not in pairs)

    def _gather_unsent(self, link_ids: Sequence[str]) -> dict[str, tuple[Matter, Content]]:
        """Return what is still to be sent for the first time over these links, by link."""
        rows = list_links(self.session, self._tenant_id, link_ids)
        matters = self.pairs.gather(self.session, [row for row in rows if row.is_present])
        return {
            matter.row.id: (matter, content)
            for matter in matters
            if (content := content_to_send(self.pairs, matter)) is not None
        }

    def _list_strangers(self, events: Sequence[Event]) -> dict[str, tuple[Event, Content]]:
        """Return the events that may look like an entry and that no link knows, by uid."""
        found = {
            event.uid: (event, content)
            for event in events
            if is_alike(event) and (content := self._content_of(event)) is not None
        }
        rows = list_links_of_events(
            self.session, self._tenant_id, self.pairs.subject.id, set(), set(found)
        )
        linked = {row.event_uid for row in rows}
        return {uid: each for uid, each in found.items() if uid not in linked}

    def _list_unlinked(self, times: Times) -> list[Entry]:
        """Return the user's appointments that begin as these times do and that no link knows."""
        who, begin = self.pairs.subject.who, begin_of(times).replace(second=0, microsecond=0)
        ids = list_ids_from(self.session, who.tenant_id, who.user_id, begin, begin + _MINUTE)
        if not ids:
            return []
        items = [
            item
            for item in list_items(self.session, who.tenant_id, ids)
            if item.kind is Kind.APPOINTMENT and item.rule is None and item.deleted_at is None
        ]
        rows = list_links_of_items(self.session, who.tenant_id, self.pairs.subject.id, ids)
        linked = {row.item_id for row in rows}
        assignees = map_assignees(self.session, who.tenant_id, ids)
        entries = [
            entry
            for item in items
            if item.id not in linked
            for entry in self.pairs.entries(item, (), assignees[item.id])
        ]
        return [entry for entry in entries if can_be_twin(entry)]

    def _tie(self, row: LinkRow, event: Event, mine: Content, theirs: Content) -> None:
        """Let a link be one of these two, which count as agreed as they are."""
        subject, mailbox = self.pairs.subject, self.pairs.subject.integration.profile_name
        seen = seen_of(event, self.pairs.base_url, mailbox)
        row.event_uid, row.wish = event.uid, None
        put_link(row, settle_equal(Link(Origin.BROUGHT, seen=seen), mine, theirs))
        self.session.add(row)
        self.session.flush()
        forget_judged(self.session, subject.tenant_id, subject.id, [event.uid])
        self.journal.note_linked(self.session, row, mine, theirs, self.pairs.now, "twin")

    def _new_row(self, entry: Entry) -> LinkRow:
        return LinkRow(
            id=new_id(),
            tenant_id=self._tenant_id,
            integration_id=self.pairs.subject.id,
            item_id=entry.item_id,
            key="",
            generation=1,
            origin=Origin.BROUGHT,
            state=LinkState.LIVE,
            is_present=True,
            looks=0,
            record={},
        )

    def _content_of(self, event: Event) -> Content | None:
        return content_of_event(event, self.pairs.base_url)

    @property
    def _tenant_id(self) -> str:
        return self.pairs.subject.tenant_id


def content_to_send(pairs: Pairs, matter: Matter) -> Content | None:
    """Return what is to be sent for the first time, as an event of the user's own would show it.

    None where nothing is.
    """
    if (
        matter.entry is None
        or matter.pair.here.absence is not None
        or not matter.pair.link.is_unsent
    ):
        return None
    return pairs.content(matter.entry, Link(Origin.BROUGHT))


def find_alike(
    session: Session, subject: Subject, unsent: Mapping[str, Content]
) -> dict[str, Times]:
    """Return the times of what is to be sent where something alike may stand, by link.

    A few links at a time: all that is asked about goes into one question.

    What an event looked like when it was last read is all that is known here: it is to be
    read again.
    """
    likenesses = {name: likeness_of(content) for name, content in unsent.items()}
    wanted = sorted(set(likenesses.values()))
    known = find_likenesses(session, subject.tenant_id, subject.id, wanted)
    return {name: unsent[name].times for name, each in likenesses.items() if each in known}


def read_around(
    client: LinkedCalendars, subject: Subject, moments: Iterable[Times], now: datetime
) -> list[Event]:
    """Return what stands in the linked calendar on these days, as far as Cronofy shows them."""
    window, days = Window(now), [each for times in moments for each in _days_of(times)]
    start = max(min(days) - _DAY, window.start_on)
    end = min(max(days) + 2 * _DAY, window.end_on)
    if start >= end:
        return []
    query = EventQuery(
        calendar_ids=(subject.integration.calendar_id,),
        start=start,
        end=end,
        localized_times=True,
    )
    pages = client.read_events(query)
    return [event for page in pages for event in page.events if isinstance(event, Event)]


def _can_be_twin(matter: Matter) -> bool:
    return matter.entry is not None and can_be_twin(matter.entry)


def _days_of(times: Times) -> tuple[date, date]:
    if isinstance(times, AllDay):
        return times.start, times.end
    return times.start.astimezone(UTC).date(), times.end.astimezone(UTC).date()
