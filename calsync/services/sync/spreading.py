"""From items that somebody touched to the links that are to be decided on.

A marked item is spread over its entries: each link of it is to be looked at, and what has
no link yet gets one where it is to be sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from calsync.core.entry import Entry
from calsync.core.event_id import event_id_of
from calsync.core.link import Act, LinkState, Origin, Wish
from calsync.core.mapping import NotShown, shown_content
from calsync.core.newcomers import is_to_be_sent
from calsync.core.window import Window
from calsync.db.copies import find_free_generations
from calsync.db.database import Session
from calsync.db.items import list_items, map_assignees, map_exceptions
from calsync.db.links import (
    find_brought_elsewhere,
    forget_item_looks,
    link_of,
    list_item_looks,
    list_links_of_items,
    put_link,
)
from calsync.db.models import Item, ItemLook, LinkRow
from calsync.services.sync.pairs import Pairs

#: Items that are spread in one transaction.
AT_ONCE = 20


@dataclass(frozen=True)
class _Mark:
    """Why an item is looked at."""

    acts: frozenset[Act]
    marked_at: datetime | None
    #: A manual sync sends it whether or not anybody touched it.
    is_asked: bool = False


@dataclass(frozen=True)
class Spreader:
    """Makes and marks the links of items for one run, in one open transaction."""

    session: Session
    pairs: Pairs

    def spread_marked(self) -> bool:
        """Spread some of the items that are marked; tell whether these were the last."""
        subject = self.pairs.subject
        looks = list_item_looks(self.session, subject.tenant_id, subject.id, AT_ONCE)
        marks = {look.item_id: _mark_of(look) for look in looks}
        self._spread(marks)
        forget_item_looks(self.session, looks)
        return len(looks) < AT_ONCE

    def spread_asked(self, item_ids: Collection[str]) -> None:
        """Spread items that the user asked to be sent, whoever touched them and when."""
        self._spread(dict.fromkeys(item_ids, _Mark(frozenset(), None, is_asked=True)))

    def spread_again(self, item_ids: Collection[str]) -> None:
        """Spread series of which further occurrences may have come into the window."""
        self._spread(dict.fromkeys(item_ids, _Mark(frozenset(), None)))

    def _spread(self, marks: dict[str, _Mark]) -> None:
        if not marks:
            return
        tenant_id, ids = self.pairs.subject.tenant_id, list(marks)
        items = list_items(self.session, tenant_id, ids)
        rows: dict[str, list[LinkRow]] = {}
        for row in list_links_of_items(self.session, tenant_id, self.pairs.subject.id, ids):
            rows.setdefault(row.item_id, []).append(row)
        for item_id, mark in marks.items():
            for row in rows.get(item_id, ()):
                _look_at(row, mark.acts)
        assignees = map_assignees(self.session, tenant_id, ids)
        exceptions = map_exceptions(self.session, tenant_id, [i.id for i in items if i.rule])
        foreign = self._find_foreign(items)
        fresh: dict[tuple[str, str], _Mark] = {}
        for item in items:
            linked = rows.get(item.id, [])
            mark = marks[item.id]
            if item.id in foreign or not self._may_be_sent(item, assignees[item.id], mark, linked):
                continue
            entries = self.pairs.entries(
                item,
                exceptions.get(item.id, ()),
                assignees[item.id],
                window=Window(self.pairs.now).view,
            )
            fresh |= dict.fromkeys(self._list_new(item, entries, linked, mark), mark)
        self._link_new(fresh)

    def _find_foreign(self, items: Sequence[Item]) -> set[str]:
        """Return which items came from another linked calendar and stay out of this one."""
        if self.pairs.subject.options.sends_foreign:
            return set()
        ids = [item.id for item in items]
        subject = self.pairs.subject
        return find_brought_elsewhere(self.session, subject.tenant_id, subject.id, ids)

    def _may_be_sent(
        self, item: Item, assignees: Sequence[str], mark: _Mark, linked: Sequence[LinkRow]
    ) -> bool:
        since = self.pairs.subject.kind_since(item.kind)
        if since is None or item.deleted_at is not None:
            return False
        if self.pairs.subject.who.user_id not in assignees:
            return False
        is_sent_series = item.rule is not None and any(row.origin is Origin.SENT for row in linked)
        is_new = is_to_be_sent(mark.acts, mark.marked_at, since)
        return mark.is_asked or is_new or is_sent_series

    def _list_new(
        self, item: Item, entries: Sequence[Entry], linked: Sequence[LinkRow], mark: _Mark
    ) -> list[tuple[str, str]]:
        """Return which entries of an item are to get a link, by their items and keys."""
        known = {row.key for row in linked}
        fresh = {entry.key or "" for entry in entries if self._is_shown(entry, mark)} - known
        return [(item.id, key) for key in sorted(fresh)]

    def _link_new(self, entries: Mapping[tuple[str, str], _Mark]) -> None:
        if not entries:
            return
        subject = self.pairs.subject
        free = find_free_generations(self.session, subject.tenant_id, subject.id, entries.keys())
        for (item_id, key), mark in entries.items():
            row = new_link_row(self.pairs, item_id, key, free[item_id, key])
            row.wish = Wish.SEND if mark.is_asked else None
            self.session.add(row)

    def _is_shown(self, entry: Entry, mark: _Mark) -> bool:
        """Tell whether the linked calendar can show an entry, and shall."""
        times = entry.times
        if times is None or isinstance(shown_content(entry, self.pairs.base_url), NotShown):
            return False
        return not mark.is_asked or Window(self.pairs.now).is_ahead(times)


def new_link_row(pairs: Pairs, item_id: str, key: str, generation: int) -> LinkRow:
    """Return the row of a copy that is to be made."""
    subject = pairs.subject
    return LinkRow(
        tenant_id=subject.tenant_id,
        integration_id=subject.id,
        item_id=item_id,
        key=key,
        event_id=event_id_of(subject.id, item_id, key, generation),
        generation=generation,
        origin=Origin.SENT,
        state=LinkState.LIVE,
        is_present=True,
        looks=1,
        record={},
    )


def _look_at(row: LinkRow, acts: frozenset[Act]) -> None:
    row.looks += 1
    if acts:
        # What a person touched is sent because of that, also where Send is cancelled.
        row.wish = None if row.wish is Wish.SEND else row.wish
        link = link_of(row)
        put_link(row, replace(link, acts=link.acts | acts))


def _mark_of(look: ItemLook) -> _Mark:
    return _Mark(frozenset(map(Act, look.acts)), look.marked_at)
