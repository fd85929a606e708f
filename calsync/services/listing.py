"""Long lists for programs, a page at a time."""

from datetime import datetime

from calsync.core.ticket import TicketStatus
from calsync.db.items import map_assignees
from calsync.db.listing import (
    ItemFilter,
    Place,
    list_clients_after,
    list_items_after,
    list_tickets_after,
    list_users_after,
)
from calsync.db.models import Client, Role, Ticket, User
from calsync.db.users import get_user
from calsync.services.item_access import ItemView, view_item
from calsync.services.tools import Tools, Who

__all__ = ["ItemFilter", "Place", "page_clients", "page_items", "page_tickets", "page_users"]


def page_items(
    tools: Tools, who: Who, wanted: ItemFilter, *, after: Place | None, limit: int
) -> tuple[list[ItemView], bool]:
    """Return the items that one may see, longest unchanged first, and whether more follow."""
    with tools.db.read() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        items = list_items_after(
            session,
            who.tenant_id,
            wanted,
            seen_by=actor.id if actor.role is Role.MEMBER else None,
            after=after,
            limit=limit + 1,
        )
        assignees = map_assignees(session, who.tenant_id, [item.id for item in items])
    views = [view_item(item, actor, tuple(assignees[item.id]), None) for item in items[:limit]]
    return views, len(items) > limit


def page_tickets(
    tools: Tools,
    who: Who,
    *,
    status: TicketStatus | None,
    updated_since: datetime | None,
    after: Place | None,
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


def page_users(tools: Tools, who: Who, *, after: str, limit: int) -> tuple[list[User], bool]:
    """Return the people of the tenant by id, and whether more follow."""
    with tools.db.read() as session:
        found = list_users_after(session, who.tenant_id, after=after, limit=limit + 1)
    return found[:limit], len(found) > limit
