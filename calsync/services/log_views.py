"""Entries of a log as the user of the integration may read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from calsync.core.item import Kind
from calsync.db.database import Session
from calsync.db.items import list_items, map_assignees
from calsync.db.models import Item, LogEntry
from calsync.services.tools import Who


@dataclass(frozen=True)
class LogView:
    """One entry of a log, with what is known of its item now.

    ``kind`` is None where the item is gone for good. ``is_there``: it stands on the user's
    calendar. ``is_hidden``: it has become somebody else's private one since, so that its
    texts are not theirs to read any more.
    """

    entry: LogEntry
    kind: Kind | None = None
    is_there: bool = False
    is_hidden: bool = False


def view_entries(session: Session, who: Who, entries: Sequence[LogEntry]) -> tuple[LogView, ...]:
    """Return some entries as their user may read them, in two questions."""
    ids = {entry.item_id for entry in entries if entry.item_id}
    items = {item.id: item for item in list_items(session, who.tenant_id, ids)} if ids else {}
    people = map_assignees(session, who.tenant_id, list(items)) if items else {}
    return tuple(
        _view(entry, items.get(entry.item_id or ""), people.get(entry.item_id or "", ()), who)
        for entry in entries
    )


def _view(entry: LogEntry, item: Item | None, people: Sequence[str], who: Who) -> LogView:
    if item is None:
        return LogView(entry)
    is_theirs = who.user_id in people
    return LogView(
        entry,
        item.kind,
        is_there=is_theirs and item.deleted_at is None,
        is_hidden=item.is_private and not is_theirs,
    )
