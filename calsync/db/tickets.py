"""Questions about tickets and clients."""

import re
from datetime import datetime

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from calsync.core.ticket import MOST_LISTED, TicketStatus
from calsync.db.models import Client, Contact, Tenant, Ticket
from calsync.db.texts import has_text

#: Numbers begin here, as people expect of a firm that has been at work for a while.
FIRST_NUMBER = 1001
_NUMBER = re.compile(r"(?:t-?)?([0-9]{1,9})", re.ASCII | re.IGNORECASE)


def find_ticket(session: Session, tenant_id: str, ticket_id: str) -> Ticket | None:
    """Return a ticket of the tenant."""
    return session.scalar(
        select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.id == ticket_id)
    )


def lock_ticket(session: Session, tenant_id: str, ticket_id: str) -> Ticket | None:
    """Return the ticket as it is now, and let nobody else change it until we commit."""
    return session.scalar(
        select(Ticket)
        .where(Ticket.tenant_id == tenant_id, Ticket.id == ticket_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def hold_ticket(session: Session, tenant_id: str, ticket_id: str) -> Ticket | None:
    """Return the ticket as it is now, and as it stays until we commit; others may do the same."""
    return session.scalar(
        select(Ticket)
        .where(Ticket.tenant_id == tenant_id, Ticket.id == ticket_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )


def find_ticket_by_external_id(session: Session, tenant_id: str, external_id: str) -> Ticket | None:
    """Return the ticket that somebody else's software knows by this id, deleted or not."""
    return session.scalar(
        select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.external_id == external_id)
    )


def revive_ticket(ticket: Ticket, now: datetime) -> None:
    """Let people work with a ticket again that was deleted."""
    ticket.deleted_at, ticket.updated_at = None, now
    ticket.version += 1


def map_tickets(session: Session, tenant_id: str, ticket_ids: list[str]) -> dict[str, Ticket]:
    """Return these tickets by their ids."""
    rows = session.scalars(
        select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.id.in_(ticket_ids))
    )
    return {ticket.id: ticket for ticket in rows}


def list_tickets(
    session: Session, tenant_id: str, *, with_done: bool = False, text: str = ""
) -> list[Ticket]:
    """Return the tenant's tickets, the newest first; those that are done only if asked for.

    ``text`` is part of a title, or a number such as T-1043. At most ``MOST_LISTED`` come.
    """
    wanted = select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.deleted_at.is_(None))
    wanted = wanted.order_by(Ticket.number.desc())
    if not with_done:
        wanted = wanted.where(Ticket.status != TicketStatus.DONE)
    if text:
        in_title = has_text(Ticket.title, text)
        number = _NUMBER.fullmatch(text)
        has_number = Ticket.number == int(number[1]) if number else false()
        wanted = wanted.where(or_(in_title, has_number))
    return list(session.scalars(wanted.limit(MOST_LISTED)))


def next_number(session: Session, tenant_id: str) -> int:
    """Return the number of the tenant's next ticket; whoever asks meanwhile waits for us."""
    # Rows that refer to the tenant may still be added: their lock goes with this one.
    session.execute(select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True))
    last = session.scalar(select(func.max(Ticket.number)).where(Ticket.tenant_id == tenant_id))
    return (last or FIRST_NUMBER - 1) + 1


def list_clients(session: Session, tenant_id: str) -> list[Client]:
    """Return the tenant's clients by name."""
    return list(
        session.scalars(select(Client).where(Client.tenant_id == tenant_id).order_by(Client.name))
    )


def list_contacts(session: Session, tenant_id: str) -> list[Contact]:
    """Return the contacts of all clients, by name."""
    return list(
        session.scalars(
            select(Contact).where(Contact.tenant_id == tenant_id).order_by(Contact.name)
        )
    )
