"""Copies that their user moved to another calendar: gone from one, and not deleted."""

from collections.abc import Sequence
from datetime import timedelta

from calsync.core.event import Event
from calsync.core.footer import ItemLink, find_item_links
from calsync.core.link import Link
from calsync.cronofy.queries import EventQuery
from calsync.services.sync.provider import LinkedCalendars

#: How long before it vanished here a copy may have appeared elsewhere.
_SLACK = timedelta(minutes=10)


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
