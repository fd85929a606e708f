"""Whom an item has left: their programs, which keep a copy, have to learn of it."""

from collections.abc import Sequence

from calsync.core.item import ItemFields, Kind
from calsync.db.database import Session
from calsync.db.departures import forget_departures, put_departures
from calsync.db.models import Item, Role
from calsync.db.users import list_users


def note_departures(
    session: Session,
    item: Item,
    fields: tuple[ItemFields, ItemFields],
    people: tuple[Sequence[str], Sequence[str]],
) -> None:
    """Note for whom an item is there no longer, and forget it for whom it is again.

    ``fields`` and ``people``, the assignees, are those before and after a change, which
    is in the item's row already. It has left whoever was un-assigned, and whoever may not
    see it any more: a service call that became private has left all who do not have it.
    """
    before, after = set(people[0]), set(people[1])
    left = before - after
    if _is_open(fields[0]) and not _is_open(fields[1]):
        users = list_users(session, item.tenant_id)
        left |= {user.id for user in users if user.role is Role.MEMBER} - after
    if back := after - before:
        forget_departures(session, item.tenant_id, item.id, back)
    if left:
        put_departures(session, item, left)


def _is_open(fields: ItemFields) -> bool:
    """Tell whether everybody of the tenant may see such an item."""
    return fields.kind is Kind.SERVICE_CALL and not fields.is_private
