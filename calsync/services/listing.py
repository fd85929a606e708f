"""Long lists for programs, a page at a time."""

from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from calsync.core.ticket import TicketStatus
from calsync.db.items import map_assignees, map_exceptions
from calsync.db.listing import (
    ItemFilter,
    list_clients_after,
    list_contacts_after,
    list_departures_after,
    list_items_after,
    list_tickets_after,
    list_users_after,
)
from calsync.db.models import Client, Contact, Departure, Item, Role, Ticket, User
from calsync.db.positions import Position
from calsync.db.users import get_user
from calsync.services.item_access import BIN_KEEPS, ItemView, view_gone, view_item
from calsync.services.tools import Tools, Who

__all__ = [
    "ItemFilter",
    "Page",
    "page_clients",
    "page_contacts",
    "page_items",
    "page_tickets",
    "page_users",
]


#: Where a row stands in the list, its item, and how that has left whoever asks, if it has.
_Row = tuple[Position, Item, Departure | None]


@dataclass(frozen=True)
class Page:
    """Part of a list, the position behind its last row, and whether more follow."""

    views: list[ItemView]
    position: Position | None
    has_more: bool


def page_items(
    tools: Tools, who: Who, wanted: ItemFilter, *, after: Position | None, limit: int
) -> Page:
    """Return the items that one may see, longest unchanged first.

    Where changes are asked for, these are also what is in the bin, and what has left the
    list of whoever asks.
    """
    wanted = replace(wanted, bin_since=tools.clock.now() - BIN_KEEPS)
    with tools.db.read() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        is_member = actor.role is Role.MEMBER
        items = list_items_after(
            session,
            who.tenant_id,
            wanted,
            seen_by=actor.id if is_member else None,
            after=after,
            limit=limit + 1,
        )
        found: list[_Row] = [((item.updated_at, item.id), item, None) for item in items]
        if wanted.updated_since is not None:
            left = list_departures_after(
                session,
                who.tenant_id,
                wanted,
                user_id=actor.id,
                is_member=is_member,
                after=after,
                limit=limit + 1,
            )
            found += [
                ((departure.updated_at, item.id), item, None if is_seen else departure)
                for departure, item, is_seen in left
            ]
        found.sort(key=itemgetter(0))
        ids = [item.id for _, item, _ in found[:limit]]
        assignees = map_assignees(session, who.tenant_id, ids)
        exceptions = map_exceptions(session, who.tenant_id, ids)
    views = [
        view_gone(item, departure)
        if departure
        else view_item(item, actor, tuple(assignees[item.id]), None, exceptions[item.id])
        for _, item, departure in found[:limit]
    ]
    position = found[:limit][-1][0] if found else after
    return Page(views, position, has_more=len(found) > limit)


def page_tickets(
    tools: Tools,
    who: Who,
    *,
    status: TicketStatus | None,
    updated_since: datetime | None,
    after: Position | None,
    limit: int,
) -> tuple[list[Ticket], bool]:
    """Return the tenant's tickets, longest unchanged first, and whether more follow."""
    with tools.db.read() as session:
        found = list_tickets_after(
            session,
            who.tenant_id,
            status=status,
            updated_since=updated_since,
            after=after,
            limit=limit + 1,
        )
    return found[:limit], len(found) > limit


def page_clients(tools: Tools, who: Who, *, after: str, limit: int) -> tuple[list[Client], bool]:
    """Return the tenant's clients by id, and whether more follow."""
    with tools.db.read() as session:
        found = list_clients_after(session, who.tenant_id, after=after, limit=limit + 1)
    return found[:limit], len(found) > limit


def page_contacts(
    tools: Tools, who: Who, *, client_id: str | None, after: str, limit: int
) -> tuple[list[Contact], bool]:
    """Return the contacts at all clients, or at one, by id, and whether more follow."""
    with tools.db.read() as session:
        found = list_contacts_after(
            session, who.tenant_id, client_id=client_id, after=after, limit=limit + 1
        )
    return found[:limit], len(found) > limit


def page_users(tools: Tools, who: Who, *, after: str, limit: int) -> tuple[list[User], bool]:
    """Return the people of the tenant by id, and whether more follow."""
    with tools.db.read() as session:
        found = list_users_after(session, who.tenant_id, after=after, limit=limit + 1)
    return found[:limit], len(found) > limit
