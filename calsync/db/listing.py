"""Long lists, a page at a time: each page begins after the last row of the one before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true, tuple_
from sqlalchemy.orm import Session

from calsync.core.item import Kind
from calsync.core.ticket import TicketStatus
from calsync.db.models import Assignment, Client, Contact, Departure, Item, Ticket, User
from calsync.db.positions import Position


@dataclass(frozen=True)
class ItemFilter:
    """Which items are wanted; what is None does not matter."""

    kind: Kind | None = None
    assignee: str | None = None
    ticket: str | None = None
    #: Those that may have an entry in this range.
    start: datetime | None = None
    end: datetime | None = None
    #: Those that were changed since then, and those that were deleted too.
    updated_since: datetime | None = None
    #: Only what is in the bin, or only what is not; of changes, both.
    deleted: bool | None = None
    #: When what is in the bin was deleted at the earliest.
    bin_since: datetime | None = None


def list_items_after(
    session: Session,
    tenant_id: str,
    wanted: ItemFilter,
    *,
    seen_by: str | None,
    after: Position | None,
    limit: int,
) -> list[Item]:
    """Return the items that were changed longest ago first.

    ``seen_by`` is a member, who sees their own items and everybody's service
    calls; None is for somebody who sees all.
    """
    query = select(Item).where(Item.tenant_id == tenant_id, *_item_conditions(tenant_id, wanted))
    if seen_by is not None:
        query = query.where(_is_seen(tenant_id, seen_by))
    if after is not None:
        query = query.where(tuple_(Item.updated_at, Item.id) > after)
    return list(session.scalars(query.order_by(Item.updated_at, Item.id).limit(limit)))


def list_departures_after(
    session: Session,
    tenant_id: str,
    wanted: ItemFilter,
    *,
    user_id: str,
    is_member: bool,
    after: Position | None,
    limit: int,
) -> list[tuple[Departure, Item, bool]]:
    """Return what has left the list of a user, longest ago first, and if they see it still.

    That is what a member may not see any more, and what is assigned no longer to the one
    whose items are ``wanted``.
    """
    sees = _is_seen(tenant_id, user_id) if is_member else true()
    left = [and_(Departure.user_id == user_id, not_(sees))] if is_member else []
    if wanted.assignee is not None:
        has_left = Departure.user_id == wanted.assignee
        if is_member and wanted.assignee != user_id:
            left = [and_(*left, _is_assigned(tenant_id, wanted.assignee))]
        left.append(and_(has_left, sees))
    query = (
        select(Departure, Item, sees)
        .join(Item, and_(Item.tenant_id == Departure.tenant_id, Item.id == Departure.item_id))
        .where(Departure.tenant_id == tenant_id, or_(false(), *left))
        .where(*_plain_conditions(wanted))
    )
    if wanted.updated_since is not None:
        query = query.where(Departure.updated_at >= wanted.updated_since)
    if after is not None:
        query = query.where(tuple_(Departure.updated_at, Departure.item_id) > after)
    rows = session.execute(query.order_by(Departure.updated_at, Departure.item_id).limit(limit))
    return [(departure, item, bool(is_seen)) for departure, item, is_seen in rows]


def list_tickets_after(
    session: Session,
    tenant_id: str,
    *,
    status: TicketStatus | None,
    updated_since: datetime | None,
    after: Position | None,
    limit: int,
) -> list[Ticket]:
    """Return the tenant's tickets, those that were changed longest ago first."""
    query = select(Ticket).where(Ticket.tenant_id == tenant_id)
    if status is not None:
        query = query.where(Ticket.status == status)
    if updated_since is not None:
        query = query.where(Ticket.updated_at >= updated_since)
    else:
        query = query.where(Ticket.deleted_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Ticket.updated_at, Ticket.id) > after)
    return list(session.scalars(query.order_by(Ticket.updated_at, Ticket.id).limit(limit)))


def list_clients_after(session: Session, tenant_id: str, *, after: str, limit: int) -> list[Client]:
    """Return the tenant's clients by id."""
    query = select(Client).where(Client.tenant_id == tenant_id, Client.id > after)
    return list(session.scalars(query.order_by(Client.id).limit(limit)))


def list_contacts_after(
    session: Session, tenant_id: str, *, client_id: str | None, after: str, limit: int
) -> list[Contact]:
    """Return the contacts at all clients, or at one, by id."""
    query = select(Contact).where(Contact.tenant_id == tenant_id, Contact.id > after)
    if client_id is not None:
        query = query.where(Contact.client_id == client_id)
    return list(session.scalars(query.order_by(Contact.id).limit(limit)))


def list_users_after(session: Session, tenant_id: str, *, after: str, limit: int) -> list[User]:
    """Return the tenant's users who are not shut out, by id."""
    query = select(User).where(User.tenant_id == tenant_id, User.id > after)
    query = query.where(User.is_disabled.is_(False))
    return list(session.scalars(query.order_by(User.id).limit(limit)))


def _item_conditions(tenant_id: str, wanted: ItemFilter) -> list[ColumnElement[bool]]:
    conditions = _plain_conditions(wanted)
    if wanted.assignee is not None:
        conditions.append(_is_assigned(tenant_id, wanted.assignee))
    if wanted.start is not None:
        conditions.append(Item.reach_from.is_not(None))
        conditions.append(or_(Item.reach_until.is_(None), Item.reach_until >= wanted.start))
    if wanted.end is not None:
        conditions.append(Item.reach_from < wanted.end)
    if wanted.updated_since is not None:
        conditions.append(Item.updated_at >= wanted.updated_since)
    return conditions


def _plain_conditions(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    """Return what is asked of an item's own row, wherever it is listed."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(Item.kind == wanted.kind)
    if wanted.ticket is not None:
        conditions.append(Item.ticket_id == wanted.ticket)
    if wanted.deleted:
        conditions.append(Item.deleted_at.is_not(None))
        if wanted.bin_since is not None:
            conditions.append(Item.deleted_at >= wanted.bin_since)
    elif wanted.deleted is False or wanted.updated_since is None:
        conditions.append(Item.deleted_at.is_(None))
    return conditions


def _is_seen(tenant_id: str, user_id: str) -> ColumnElement[bool]:
    """Return the condition that a member may see an item: their own, or a call of everybody's."""
    is_call = and_(Item.kind == Kind.SERVICE_CALL, Item.is_private.is_(False))
    return or_(_is_assigned(tenant_id, user_id), is_call)


def _is_assigned(tenant_id: str, user_id: str) -> ColumnElement[bool]:
    return exists().where(
        Assignment.tenant_id == tenant_id,
        Assignment.item_id == Item.id,
        Assignment.user_id == user_id,
    )
