"""Copies that their user moved to another calendar: gone from one, and not deleted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from calsync.core.event import Event
from calsync.core.footer import ItemLink, find_item_links
from calsync.core.link import Link
from calsync.cronofy.queries import EventQuery
from calsync.db.copies import Copy
from calsync.services.sync.provider import LinkedCalendars

#: How long before it vanished here a copy may have appeared elsewhere.
_SLACK = timedelta(minutes=10)


def find_moved_here(
    client: LinkedCalendars, came_at: Mapping[ItemLink, datetime], copies: Collection[Copy]
) -> frozenset[ItemLink]:
    """Return the entries that new events name and whose own copies are gone from their calendars.

    ``came_at`` says of the named entries when the first event that names them appeared.
    ``copies`` are theirs in other calendars of the account, as they were when last read; what
    is not known to be gone is looked up (docs/sync.md 6).
    """
    gone = {
        copy.of
        for copy in copies
        if copy.is_gone
        # One that was sent anew has left its calendar when the event came into the other.
        and (copy.gone_at is None or copy.gone_at >= came_at[copy.of] - _SLACK)
    }
    since = min(came_at.values(), default=None)
    standing = {copy.event_id: copy for copy in copies if not copy.is_gone}
    if standing and since is not None:
        query = EventQuery(
            calendar_ids=tuple(sorted({copy.calendar_id for copy in standing.values()})),
            changed_since=since - _SLACK,
            include_deleted=True,
            include_managed=True,
        )
        gone |= {
            standing[event.event_id].of
            for page in client.read_events(query)
            for event in page.events
            if isinstance(event, Event) and event.deleted and event.event_id in standing
        }
    return frozenset(gone)


def find_named(
    client: LinkedCalendars, calendar_ids: Sequence[str], removed: Sequence[Link], base_url: str
) -> frozenset[ItemLink]:
    """Return the entries that events in other calendars name in their footers.

    ``removed`` are the links whose events are gone; what changed there long before is not
    read.
    """
    moments = [link.seen.updated for link in removed if link.seen and link.seen.updated]
    if not calendar_ids or not moments:
        return frozenset()
    query = EventQuery(calendar_ids=tuple(calendar_ids), changed_since=min(moments) - _SLACK)
    return frozenset(
        named
        for page in client.read_events(query)
        for event in page.events
        if isinstance(event, Event) and not event.deleted
        for named in find_item_links(event.text, base_url)
    )
