"""Reading My Calendar: which entries stand where."""

from collections.abc import Collection, Iterator
from datetime import datetime

from calsync.core.grid import GridEntry
from calsync.core.item import ItemFields, Kind
from calsync.core.permission import Right, rights_of
from calsync.core.recurrence import occurrences_with_overrides
from calsync.db.items import list_items_between, map_assignees, map_exceptions
from calsync.db.models import Item, ItemException, Role, User
from calsync.db.users import get_user, list_users
from calsync.errors import NotThere
from calsync.services.item_access import relation_of
from calsync.services.item_rows import fields_of, series_of, shown_times
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
        items = list_items_between(
            session, who.tenant_id, user_id, start, end, kinds=kinds, text=text
        )
        ids = [item.id for item in items]
        assignees = map_assignees(session, who.tenant_id, ids)
        exceptions = map_exceptions(session, who.tenant_id, [i.id for i in items if i.rule])
    entries = [
        entry
        for item in items
        for entry in _entries_of(item, exceptions.get(item.id, []), start, end, zone)
    ]
    readable = {
        item.id
        for item in items
        if Right.READ
        in rights_of(
            relation_of(actor, assignees[item.id]),
            is_private=item.is_private,
            is_service_call=item.kind is Kind.SERVICE_CALL,
        )
    }
    if text or kinds:  # what is hidden is not found by its words or its kind either
        return [entry for entry in entries if entry.item_id in readable]
    return [entry if entry.item_id in readable else _hide(entry) for entry in entries]


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
    item: Item, rows: list[ItemException], start: datetime, end: datetime, zone: str
) -> Iterator[GridEntry]:
    fields = fields_of(item)
    series = series_of(fields, rows)
    if series is None:
        times = shown_times(fields)
        if times is not None:
            yield _entry(item.id, None, fields, times)
        return
    for occurrence in occurrences_with_overrides(
        series.times, series.rule, series.overrides, start, end, zone
    ):
        changed = {"subject": fields.subject, "status": fields.status, **occurrence.changes}
        yield GridEntry(
            item_id=item.id,
            key=occurrence.key,
            kind=fields.kind.value,
            title=str(changed["subject"]),
            times=occurrence.times,
            status=str(changed["status"]),
            is_repeating=True,
        )


def _entry(item_id: str, key: str | None, fields: ItemFields, times: object) -> GridEntry:
    return GridEntry(
        item_id=item_id,
        key=key,
        kind=fields.kind.value,
        title=fields.subject,
        times=times,  # type: ignore[arg-type]
        status=fields.status.value,
    )


def _hide(entry: GridEntry) -> GridEntry:
    return GridEntry(
        item_id=entry.item_id,
        key=entry.key,
        kind=entry.kind,
        title="",
        times=entry.times,
        status=entry.status,
        is_hidden=True,
        is_repeating=entry.is_repeating,
    )
