"""Questions about items, who has them, and what was done to them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, bindparam, delete, or_, select
from sqlalchemy.orm import Session

from calsync.core.item import Kind
from calsync.db.models import Assignment, Item, ItemChange, ItemException
from calsync.db.questions import ask

#: Items that are named in one statement.
_AT_ONCE = 500

# What every sync asks is put together once.
_ITEMS = select(Item).where(
    Item.tenant_id == bindparam("of_tenant"), Item.id.in_(bindparam("items", expanding=True))
)
_ASSIGNEES = (
    select(Assignment.item_id, Assignment.user_id)
    .where(Assignment.tenant_id == bindparam("of_tenant"))
    .where(Assignment.item_id.in_(bindparam("items", expanding=True)))
    .order_by(Assignment.assigned_at, Assignment.user_id)
)
_EXCEPTIONS = (
    select(ItemException)
    .where(ItemException.tenant_id == bindparam("of_tenant"))
    .where(ItemException.item_id.in_(bindparam("items", expanding=True)))
    .order_by(ItemException.key)
)


def find_item(session: Session, tenant_id: str, item_id: str) -> Item | None:
    """Return an item of the tenant, in the bin or not."""
    return session.scalar(_item(tenant_id, item_id))


def list_items(session: Session, tenant_id: str, item_ids: Collection[str]) -> list[Item]:
    """Return these items of the tenant, in the bin or not."""
    return list(session.scalars(_ITEMS, {"of_tenant": tenant_id, "items": list(item_ids)}))


def lock_item(session: Session, tenant_id: str, item_id: str) -> Item | None:
    """Return the item as it is now, and let nobody else change it until we commit."""
    wanted = _item(tenant_id, item_id).with_for_update(key_share=True)
    return session.scalar(wanted.execution_options(populate_existing=True))


def find_ticket_id_of(session: Session, tenant_id: str, item_id: str) -> str | None:
    """Return the id of the ticket that an item belongs to, if it does."""
    return session.scalar(
        select(Item.ticket_id).where(Item.tenant_id == tenant_id, Item.id == item_id)
    )


def find_item_by_external_id(session: Session, tenant_id: str, external_id: str) -> Item | None:
    """Return the item that somebody else's software knows by this id."""
    return session.scalar(
        select(Item).where(Item.tenant_id == tenant_id, Item.external_id == external_id)
    )


def list_items_between(
    session: Session,
    tenant_id: str,
    user_id: str,
    start: datetime,
    end: datetime,
    *,
    kinds: Collection[Kind] = (),
) -> list[Item]:
    """Return a user's items that may have an entry in the range, the earliest first."""
    wanted = (
        select(Item)
        .join(
            Assignment,
            (Assignment.tenant_id == Item.tenant_id) & (Assignment.item_id == Item.id),
        )
        .where(Assignment.tenant_id == tenant_id, Assignment.user_id == user_id)
        .where(Item.tenant_id == tenant_id, Item.deleted_at.is_(None))
        .where(Item.reach_from < end)
        .where(or_(Item.reach_until.is_(None), Item.reach_until >= start))
        .order_by(Item.reach_from, Item.id)
    )
    if kinds:
        wanted = wanted.where(Item.kind.in_(kinds))
    return list(session.scalars(wanted))


_FROM = (
    select(Item.id)
    .where(Item.reach_from >= bindparam("start"), Item.reach_from < bindparam("end"))
    .where(
        # The tenant is asked for here alone: for it there are indexes that know no time.
        select(Assignment.item_id)
        .where(Assignment.tenant_id == bindparam("of_tenant"))
        .where(Assignment.tenant_id == Item.tenant_id, Assignment.item_id == Item.id)
        .where(Assignment.user_id == bindparam("of_user"))
        .exists()
    )
    .order_by(Item.reach_from, Item.id)
)


def list_ids_from(
    session: Session, tenant_id: str, user_id: str, start: datetime, end: datetime
) -> list[str]:
    """Return the ids of a user's items whose first entry begins in the range, in the bin too.

    By the time first: what begins in a minute is little, and what a user has may be much.
    """
    given = {"of_tenant": tenant_id, "of_user": user_id, "start": start, "end": end}
    return list(ask(session, _FROM, given).scalars())


def list_ids_between(
    session: Session,
    tenant_id: str,
    user_id: str,
    start: datetime,
    end: datetime,
    kinds: Collection[Kind],
) -> list[str]:
    """Return the ids of a user's items of these kinds that may have an entry in the range."""
    return list(
        session.scalars(
            select(Item.id)
            .join(
                Assignment,
                (Assignment.tenant_id == Item.tenant_id) & (Assignment.item_id == Item.id),
            )
            .where(Assignment.tenant_id == tenant_id, Assignment.user_id == user_id)
            .where(Item.tenant_id == tenant_id, Item.deleted_at.is_(None), Item.kind.in_(kinds))
            .where(Item.reach_from < end)
            .where(or_(Item.reach_until.is_(None), Item.reach_until >= start))
            .order_by(Item.id)
        )
    )


def list_repeating_ids(session: Session, tenant_id: str, user_id: str) -> list[str]:
    """Return the ids of a user's series."""
    return list(
        session.scalars(
            select(Item.id)
            .join(
                Assignment,
                (Assignment.tenant_id == Item.tenant_id) & (Assignment.item_id == Item.id),
            )
            .where(Assignment.tenant_id == tenant_id, Assignment.user_id == user_id)
            .where(Item.tenant_id == tenant_id, Item.deleted_at.is_(None))
            .where(Item.rule.is_not(None))
            .order_by(Item.id)
        )
    )


def list_unscheduled(session: Session, tenant_id: str, user_id: str) -> list[Item]:
    """Return a user's open items that stand nowhere in the calendar, the oldest first."""
    return list(
        session.scalars(
            select(Item)
            .join(
                Assignment,
                (Assignment.tenant_id == Item.tenant_id) & (Assignment.item_id == Item.id),
            )
            .where(Assignment.tenant_id == tenant_id, Assignment.user_id == user_id)
            .where(Item.tenant_id == tenant_id, Item.deleted_at.is_(None))
            .where(Item.reach_from.is_(None), Item.status == "open")
            .order_by(Item.created_at, Item.id)
        )
    )


def list_bin(session: Session, tenant_id: str, user_id: str, since: datetime) -> list[Item]:
    """Return a user's items that were deleted since then, the latest first."""
    return list(
        session.scalars(
            select(Item)
            .join(
                Assignment,
                (Assignment.tenant_id == Item.tenant_id) & (Assignment.item_id == Item.id),
            )
            .where(Assignment.tenant_id == tenant_id, Assignment.user_id == user_id)
            .where(Item.tenant_id == tenant_id, Item.deleted_at >= since)
            .order_by(Item.deleted_at.desc(), Item.id)
        )
    )


def list_calls_of(session: Session, tenant_id: str, ticket_id: str) -> list[Item]:
    """Return the service calls of a ticket, the earliest first."""
    return list(
        session.scalars(
            select(Item)
            .where(Item.tenant_id == tenant_id, Item.ticket_id == ticket_id)
            .where(Item.deleted_at.is_(None))
            .order_by(Item.reach_from, Item.id)
        )
    )


def lock_calls_of(session: Session, tenant_id: str, ticket_id: str) -> list[Item]:
    """Return the service calls of a ticket as they are now, also those in the bin.

    Nobody else changes them until we commit.
    """
    return list(
        session.scalars(
            select(Item)
            .where(Item.tenant_id == tenant_id, Item.ticket_id == ticket_id)
            .order_by(Item.id)
            .with_for_update(key_share=True)
        )
    )


def map_kinds(session: Session, tenant_id: str, item_ids: Collection[str]) -> dict[str, Kind]:
    """Return the kinds of items, in the bin or not, by their ids."""
    found: dict[str, Kind] = {}
    wanted = sorted(item_ids)
    for at in range(0, len(wanted), _AT_ONCE):
        some = Item.id.in_(wanted[at : at + _AT_ONCE])
        rows = session.execute(select(Item.id, Item.kind).where(Item.tenant_id == tenant_id, some))
        found |= {row.id: row.kind for row in rows}
    return found


def map_assignees(
    session: Session, tenant_id: str, item_ids: Sequence[str]
) -> dict[str, list[str]]:
    """Return for each item the ids of the users on whose calendars it stands."""
    found: dict[str, list[str]] = {item_id: [] for item_id in item_ids}
    given = {"of_tenant": tenant_id, "items": list(item_ids)}
    for item_id, user_id in ask(session, _ASSIGNEES, given):
        found[item_id].append(user_id)
    return found


def map_exceptions(
    session: Session, tenant_id: str, item_ids: Sequence[str]
) -> dict[str, list[ItemException]]:
    """Return for each series what was done by hand to single occurrences."""
    found: dict[str, list[ItemException]] = {item_id: [] for item_id in item_ids}
    given = {"of_tenant": tenant_id, "items": list(item_ids)}
    for row in session.scalars(_EXCEPTIONS, given):
        found[row.item_id].append(row)
    return found


def replace_assignees(
    session: Session, tenant_id: str, item_id: str, user_ids: Collection[str], now: datetime
) -> None:
    """Let an item stand on the calendars of these users and of nobody else."""
    present = set(map_assignees(session, tenant_id, [item_id])[item_id])
    if present == set(user_ids):
        return
    session.execute(
        delete(Assignment)
        .where(Assignment.tenant_id == tenant_id, Assignment.item_id == item_id)
        .where(Assignment.user_id.not_in(user_ids))
    )
    session.add_all(
        Assignment(tenant_id=tenant_id, item_id=item_id, user_id=user_id, assigned_at=now)
        for user_id in user_ids
        if user_id not in present
    )


def replace_exceptions(
    session: Session, tenant_id: str, item_id: str, rows: Sequence[ItemException]
) -> None:
    """Put these rows in place of all that were there for the series."""
    session.execute(
        delete(ItemException)
        .where(ItemException.tenant_id == tenant_id)
        .where(ItemException.item_id == item_id)
    )
    session.flush()
    session.add_all(rows)


def remove_item(session: Session, tenant_id: str, item_id: str) -> None:
    """Remove an item for good; what belongs to it goes with it."""
    session.execute(delete(Item).where(Item.tenant_id == tenant_id, Item.id == item_id))


def list_changes(session: Session, tenant_id: str, item_id: str) -> list[ItemChange]:
    """Return the history of an item, the latest first."""
    return list(
        session.scalars(
            select(ItemChange)
            .where(ItemChange.tenant_id == tenant_id, ItemChange.item_id == item_id)
            .order_by(ItemChange.version.desc())
        )
    )


def list_changes_of(
    session: Session, tenant_id: str, item_ids: Collection[str]
) -> dict[str, list[ItemChange]]:
    """Return the history of some items, of each the latest first."""
    found: dict[str, list[ItemChange]] = {item_id: [] for item_id in item_ids}
    rows = session.scalars(
        select(ItemChange)
        .where(ItemChange.tenant_id == tenant_id, ItemChange.item_id.in_(item_ids))
        .order_by(ItemChange.item_id, ItemChange.version.desc())
    )
    for row in rows:
        found[row.item_id].append(row)
    return found


def _item(tenant_id: str, item_id: str) -> Select[Item]:
    return select(Item).where(Item.tenant_id == tenant_id, Item.id == item_id)
