"""Finding items for somebody, with what they may do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from calsync.core.item import ItemFields, Kind
from calsync.core.permission import Relation, Right, rights_of
from calsync.core.recurrence import Override, get_occurrence, override_occurrence
from calsync.core.rule import RuleError
from calsync.core.series import Series
from calsync.db.database import Session
from calsync.db.items import (
    find_item,
    find_item_by_external_id,
    list_bin,
    list_changes,
    list_unscheduled,
    lock_item,
    map_assignees,
    map_exceptions,
)
from calsync.db.models import Departure, Item, ItemChange, ItemException, Role, User
from calsync.db.subjects import hold_syncs_of_item
from calsync.db.users import get_user, list_users
from calsync.errors import NotAllowed, NotThere, StaleVersion
from calsync.services.history_views import list_readable
from calsync.services.item_rows import fields_of, overrides_of, series_of
from calsync.services.tools import Tools, Who

#: How long what was deleted can be restored.
BIN_KEEPS = timedelta(days=30)


@dataclass(frozen=True)
class ItemView:
    """An item as somebody may see it.

    ``is_hidden``: it is somebody else's private one, of which only the times are told.
    ``key`` names the occurrence that ``fields`` are those of, where it is one of a series.
    """

    id: str
    version: int
    fields: ItemFields
    assignees: tuple[str, ...]
    rights: frozenset[Right]
    is_hidden: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    key: str | None = None
    #: What was done by hand to single occurrences, where it is a series.
    overrides: tuple[Override, ...] = ()


def find_item_view(
    tools: Tools, who: Who, item_id: str, key: str | None = None, *, in_bin: bool = False
) -> ItemView:
    """Return an item, or one occurrence of it. Raises NotThere, also where one may not see it.

    What was deleted is there only where it may be ``in_bin``, as long as that keeps it.
    """
    since = tools.clock.now() - BIN_KEEPS if in_bin else None
    with tools.db.read() as session:
        item, actor, assignees = get_item(session, who, item_id, Right.SEE, bin_since=since)
        rows = map_exceptions(session, who.tenant_id, [item_id])[item_id]
        series = series_of(fields_of(item), rows)
        return view_item(item, actor, assignees, occurrence_of(item, series, key), rows)


def find_view_by_external_id(tools: Tools, who: Who, external_id: str) -> ItemView | None:
    """Return the item that somebody else's software knows by this id, if one may see it."""
    with tools.db.read() as session:
        item = find_item_by_external_id(session, who.tenant_id, external_id)
    if item is None:
        return None
    try:
        return find_item_view(tools, who, item.id)
    except NotThere:
        return None


def list_deleted(tools: Tools, who: Who) -> list[ItemView]:
    """Return what is in the bin of whoever asks, the latest first."""
    with tools.db.read() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        since = tools.clock.now() - BIN_KEEPS
        items = list_bin(session, who.tenant_id, who.user_id, since)
        assignees = map_assignees(session, who.tenant_id, [item.id for item in items])
    return [view_item(item, actor, tuple(assignees[item.id]), None) for item in items]


def list_undated(tools: Tools, who: Who) -> list[ItemView]:
    """Return the open items of whoever asks that stand nowhere in the calendar, oldest first."""
    with tools.db.read() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        items = list_unscheduled(session, who.tenant_id, who.user_id)
        assignees = map_assignees(session, who.tenant_id, [item.id for item in items])
    return [view_item(item, actor, tuple(assignees[item.id]), None) for item in items]


def list_history(tools: Tools, who: Who, item_id: str) -> list[ItemChange]:
    """Return what was done to an item, the latest first. Raises NotThere or NotAllowed.

    What was private to others at the time is left out.
    """
    with tools.db.read() as session:
        since = tools.clock.now() - BIN_KEEPS
        item, actor, assignees = get_item(session, who, item_id, Right.READ, bin_since=since)
        changes = list_changes(session, who.tenant_id, item_id)
    return list(list_readable(changes, item, assignees, actor.id))


def list_colleagues(tools: Tools, who: Who) -> list[User]:
    """Return the people of the tenant who can be assigned, by name."""
    with tools.db.read() as session:
        users = list_users(session, who.tenant_id)
    return sorted((u for u in users if not u.is_disabled), key=lambda user: (user.name, user.id))


def get_item(
    session: Session,
    who: Who,
    item_id: str,
    right: Right,
    *,
    version: int | None = None,
    bin_since: datetime | None = None,
) -> tuple[Item, User, tuple[str, ...]]:
    """Return an item, locked if it is to be changed, with who asks and its assignees.

    What was deleted is there only where it was after ``bin_since``.
    """
    is_change = right in (Right.CHANGE, Right.ASSIGN, Right.DELETE)
    if is_change:
        hold_syncs_of_item(session, who.tenant_id, item_id)
    find = lock_item if is_change else find_item
    item = find(session, who.tenant_id, item_id)
    if item is None or not _is_kept(item, bin_since):
        raise NotThere
    actor = get_user(session, who.tenant_id, who.user_id)
    assignees = tuple(map_assignees(session, who.tenant_id, [item_id])[item_id])
    rights = _rights(actor, item, assignees)
    if Right.SEE not in rights:
        raise NotThere
    if right not in rights:
        raise NotAllowed
    if version is not None and version != item.version:
        raise StaleVersion(item.version)
    return item, actor, assignees


def _is_kept(item: Item, bin_since: datetime | None) -> bool:
    if item.deleted_at is None:
        return True
    return bin_since is not None and item.deleted_at >= bin_since


def _rights(actor: User, item: Item, assignees: Sequence[str]) -> frozenset[Right]:
    return rights_of(
        relation_of(actor, assignees),
        is_private=item.is_private,
        is_service_call=item.kind is Kind.SERVICE_CALL,
    )


def can_read(actor: User, item: Item, assignees: Sequence[str]) -> bool:
    """Tell whether somebody may read what an item is about."""
    return Right.READ in _rights(actor, item, assignees)


def relation_of(actor: User, assignees: Sequence[str]) -> Relation:
    """Return what somebody is to an item that is assigned to these users."""
    if actor.id in assignees:
        return Relation.ASSIGNEE
    return Relation.COLLEAGUE if actor.role is Role.MEMBER else Relation.DISPATCHER


def view_item(
    item: Item,
    actor: User,
    assignees: tuple[str, ...],
    occurrence: tuple[ItemFields, str] | None,
    exceptions: Iterable[ItemException] = (),
) -> ItemView:
    """Return what somebody may see of an item, or of one occurrence of it."""
    rights = _rights(actor, item, assignees)
    fields, key = occurrence or (fields_of(item), None)
    overrides = overrides_of(exceptions)
    if Right.READ not in rights:
        fields = ItemFields(
            fields.kind, times=fields.times, time_zone=fields.time_zone, is_private=True
        )
        overrides = ()
    return ItemView(
        id=item.id,
        version=item.version,
        fields=fields,
        assignees=assignees,
        rights=rights,
        is_hidden=Right.READ not in rights,
        created_at=item.created_at,
        updated_at=item.updated_at,
        deleted_at=item.deleted_at,
        key=key,
        overrides=overrides,
    )


def view_gone(item: Item, departure: Departure) -> ItemView:
    """Return what is told of an item to somebody who may not see it any more: that it is gone."""
    return ItemView(
        id=item.id,
        version=departure.version,
        fields=ItemFields(item.kind),
        assignees=(),
        rights=frozenset(),
        is_hidden=True,
        created_at=item.created_at,
        updated_at=departure.updated_at,
        deleted_at=departure.updated_at,
    )


def occurrence_of(
    item: Item, series: Series | None, key: str | None
) -> tuple[ItemFields, str] | None:
    """Return the fields of one occurrence. Raises NotThere for one that is not there."""
    if key is None:
        return None
    if series is None:
        raise NotThere
    override = next((each for each in series.overrides if each.key == key), None)
    if override is not None and override.is_removed:
        raise NotThere
    try:
        occurrence = get_occurrence(series.times, series.rule, key)
    except RuleError:
        raise NotThere from None
    shown = override_occurrence(occurrence, override)
    changes: dict[str, Any] = dict(shown.changes)
    return replace(fields_of(item), times=shown.times, **changes), key
