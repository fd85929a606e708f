"""Reading My Calendar: which entries stand where."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from calsync.core.event import Times
from calsync.core.grid import GridEntry
from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.recurrence import View, occurrences_with_overrides
from calsync.db.item_places import map_sources
from calsync.db.items import list_items_between, map_assignees, map_exceptions
from calsync.db.models import Item, ItemException, Role, User
from calsync.db.users import get_user, list_users
from calsync.errors import NotThere
from calsync.services.item_access import can_read
from calsync.services.item_rows import fields_of, series_of, shown_times_of
from calsync.services.tools import Tools, Who


def list_entries(
    tools: Tools,
    who: Who,
    user_id: str,
    start: datetime,
    end: datetime,
    *,
    zone: str,
    kinds: Collection[Kind] = (),
    text: str = "",
) -> list[GridEntry]:
    """Return what stands on a user's calendar between two moments, as whoever asks may see it.

    ``zone`` decides where all-day entries begin. Raises NotThere for the
    calendar of somebody whom whoever asks may not look at. The number of
    questions to the database does not depend on the number of entries.
    """
    with tools.db.read() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        if user_id not in {
            person.id for person in _visible_people(actor, list_users(session, who.tenant_id))
        }:
            raise NotThere
        items = list_items_between(session, who.tenant_id, user_id, start, end, kinds=kinds)
        ids = [item.id for item in items]
        assignees = map_assignees(session, who.tenant_id, ids)
        exceptions = map_exceptions(session, who.tenant_id, [i.id for i in items if i.rule])
        # Nobody else is told where an entry came from.
        asked = ids if user_id == who.user_id else []
        sources = map_sources(session, who.tenant_id, who.user_id, asked)
    span = View(start, end, zone)
    entries = []
    for item in items:
        found = _entries_of(item, exceptions.get(item.id, []), sources.get(item.id), span)
        if not can_read(actor, item, assignees[item.id]):
            # What is hidden is not found by its words either.
            entries += [] if text else [_hide(entry) for entry, _ in found]
        elif text:
            entries += [entry for entry, shown in found if _has_text(shown, text)]
        else:
            entries += [entry for entry, _ in found]
    return entries


def list_visible_people(tools: Tools, who: Who) -> list[User]:
    """Return the people whose calendars whoever asks may look at: themselves first."""
    with tools.db.read() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        return _visible_people(actor, list_users(session, who.tenant_id))


def _visible_people(actor: User, users: list[User]) -> list[User]:
    if actor.role is Role.MEMBER:
        return [actor]
    others = [user for user in users if user.id != actor.id and not user.is_disabled]
    return [actor, *sorted(others, key=lambda user: (user.name, user.id))]


def _entries_of(
    item: Item, rows: list[ItemException], source: tuple[str, str] | None, span: View
) -> Iterator[tuple[GridEntry, ItemFields | Item]]:
    """Yield what an item has in a span, each with the texts that it has there."""
    if item.rule is None:
        times = shown_times_of(item)
        if times is not None and span.shows(times):
            yield _entry(item, None, item, times, source), item
        return
    fields = fields_of(item)
    series = series_of(fields, rows)
    if series is None:
        return
    for occurrence in occurrences_with_overrides(
        series.times, series.rule, series.overrides, span.start, span.end, span.zone
    ):
        changes: dict[str, Any] = dict(occurrence.changes)
        shown = replace(fields, **changes) if changes else fields
        yield _entry(item, occurrence.key, shown, occurrence.times, source), shown


def _entry(
    item: Item,
    key: str | None,
    fields: ItemFields | Item,
    times: Times,
    source: tuple[str, str] | None,
) -> GridEntry:
    return GridEntry(
        item_id=item.id,
        key=key,
        kind=fields.kind.value,
        title=fields.subject,
        times=times,
        status=fields.status.value,
        is_repeating=key is not None,
        is_private=fields.is_private,
        version=item.version,
        source=source,
    )


def _has_text(fields: ItemFields | Item, text: str) -> bool:
    """Tell whether any of the item's texts holds ``text``, in any case of letters."""
    # Not asked of the database: SQLite knows no case but that of A to Z, and what was
    # changed in one occurrence stands elsewhere.
    wanted = text.casefold()
    texts = (fields.subject, fields.description, fields.location, fields.project)
    return any(wanted in each.casefold() for each in texts)


def _hide(entry: GridEntry) -> GridEntry:
    return replace(entry, title="", status=ItemStatus.OPEN.value, is_hidden=True, source=None)
