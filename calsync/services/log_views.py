"""Entries of a log as the user of the integration may read them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from calsync.core.item import Kind
from calsync.core.link import Link, LinkState
from calsync.core.run import Result
from calsync.db.database import Session
from calsync.db.items import list_items, map_assignees
from calsync.db.links import link_of, list_links
from calsync.db.models import LogEntry
from calsync.services.tools import Who

#: Over these a failed write is tried again.
_TRIED_AGAIN = (LinkState.LIVE, LinkState.SET_ASIDE)


@dataclass(frozen=True)
class Glimpse:
    """What somebody may know now of an item that a sync had to do with.

    ``kind`` is None where it is gone for good. ``is_there``: it stands on their calendar.
    ``is_hidden``: it has become somebody else's private one since, so that its texts are
    not theirs to read any more.
    """

    kind: Kind | None = None
    is_there: bool = False
    is_hidden: bool = False


@dataclass(frozen=True)
class LogView:
    """One entry of a log, with what is known of its item now."""

    entry: LogEntry
    glimpse: Glimpse


def view_entries(session: Session, who: Who, entries: Sequence[LogEntry]) -> tuple[LogView, ...]:
    """Return some entries as their user may read them, in two questions."""
    glimpses = glimpse_items(session, who, {entry.item_id for entry in entries if entry.item_id})
    return tuple(LogView(e, glimpses.get(e.item_id or "", Glimpse())) for e in entries)


def glimpse_items(session: Session, who: Who, ids: Collection[str]) -> Mapping[str, Glimpse]:
    """Return what a user may know of items, those that are gone for good left out."""
    items = {item.id: item for item in list_items(session, who.tenant_id, ids)} if ids else {}
    people = map_assignees(session, who.tenant_id, list(items)) if items else {}
    found = {}
    for item in items.values():
        is_theirs = who.user_id in people[item.id]
        found[item.id] = Glimpse(
            item.kind,
            is_there=is_theirs and item.deleted_at is None,
            is_hidden=item.is_private and not is_theirs,
        )
    return found


def find_failed(session: Session, who: Who, entries: Sequence[LogEntry]) -> frozenset[str]:
    """Return the entries of which the links can be tried again."""
    failed = {e.id: e.link_id for e in entries if e.result is Result.FAILED and e.link_id}
    if not failed:
        return frozenset()
    rows = list_links(session, who.tenant_id, set(failed.values()), is_locked=False)
    waiting = {row.id for row in rows if row.is_present and is_tried_again(link_of(row))}
    return frozenset(entry_id for entry_id, link_id in failed.items() if link_id in waiting)


def is_tried_again(link: Link) -> bool:
    """Tell whether a write of it failed that may be tried again."""
    return link.state in _TRIED_AGAIN and link.tries > 0
