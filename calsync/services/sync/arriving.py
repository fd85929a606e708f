"""Events that become items: the items, their links, and what the log says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from calsync.core.content import Content, dump_content
from calsync.core.event import Event
from calsync.core.item import ItemFields
from calsync.core.link import Link, LinkState, Origin
from calsync.core.mapping import content_of_event, item_of_event
from calsync.core.run import Result
from calsync.core.settle import settle_equal
from calsync.db.database import Session
from calsync.db.links import put_link
from calsync.db.models import Item, LinkRow
from calsync.ids import new_id
from calsync.services.item_arrivals import Arrival, make_arrivals
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Pairs
from calsync.services.sync.reading import seen_of
from calsync.services.tools import Carrier, Tools


@dataclass(frozen=True)
class Welcome:
    """Makes items of events for one run, in one open transaction."""

    tools: Tools
    session: Session
    pairs: Pairs
    journal: Journal

    def make(self, events: Sequence[Event]) -> frozenset[str]:
        """Make the items of events and link both; return which were made, by uid.

        The others can be no item.
        """
        if not events:
            return frozenset()
        subject, base_url = self.pairs.subject, self.pairs.base_url
        arriving: list[tuple[Event, Content, ItemFields]] = []
        for event in events:
            fields = item_of_event(event, subject.user.time_zone, base_url)
            theirs = content_of_event(event, base_url)
            if fields is not None and theirs is not None:
                arriving.append((event, theirs, fields))
        items = make_arrivals(
            self.tools,
            self.session,
            subject.who,
            [Arrival(fields, Carrier(subject.id, event.updated)) for event, _, fields in arriving],
        )
        made = [
            (event, theirs, item)
            for (event, theirs, _), item in zip(arriving, items, strict=True)
            if item is not None
        ]
        for event, theirs, item in made:
            self._link(event, theirs, item)
        return frozenset(event.uid for event, _, _ in made)

    def _link(self, event: Event, theirs: Content, item: Item) -> None:
        mailbox = self.pairs.subject.integration.profile_name
        link = Link(Origin.BROUGHT, seen=seen_of(event, self.pairs.base_url, mailbox))
        mine = self._shown(item, link) or theirs
        row = link_row(self.pairs, event, item.id, "", Origin.BROUGHT)
        put_link(row, settle_equal(link, mine, theirs))
        self.session.add(row)
        self.journal.note_event(
            self.session,
            event.uid,
            theirs.title,
            self.pairs.now,
            result=Result.DONE,
            item_id=item.id,
            link_id=row.id,
            after={"mine": dump_content(mine), "theirs": dump_content(theirs)},
            edited_at=event.updated,
        )

    def _shown(self, item: Item, link: Link) -> Content | None:
        """Return what the linked calendar would show of an item that was just made."""
        for entry in self.pairs.entries(item, (), [self.pairs.subject.who.user_id]):
            if entry.key is None:
                return self.pairs.content(entry, link)
        return None


def link_row(pairs: Pairs, event: Event, item_id: str, key: str, origin: Origin) -> LinkRow:
    """Return the row of an entry that is tied to an event that stands there."""
    subject = pairs.subject
    return LinkRow(
        id=new_id(),
        tenant_id=subject.tenant_id,
        integration_id=subject.id,
        item_id=item_id,
        key=key,
        event_uid=event.uid,
        generation=1,
        origin=origin,
        is_source=origin is Origin.BROUGHT,
        state=LinkState.LIVE,
        is_present=True,
        looks=0,
        series=event.series_id,
        record={},
    )
