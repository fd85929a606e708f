"""Questions about tickets and clients."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calsync.core.ticket import TicketStatus
from calsync.db.models import Client, Contact, Ticket

#: Numbers begin here, as people expect of a firm that has been at work for a while.
FIRST_NUMBER = 1001


def find_ticket(session: Session, tenant_id: str, ticket_id: str) -> Ticket | None:
    """Return a ticket of the tenant."""
    return session.scalar(
        select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.id == ticket_id)
    )


def map_tickets(session: Session, tenant_id: str, ticket_ids: list[str]) -> dict[str, Ticket]:
    """Return these tickets by their ids."""
    rows = session.scalars(
        select(Ticket).where(Ticket.tenant_id == tenant_id, Ticket.id.in_(ticket_ids))
    )
    return {ticket.id: ticket for ticket in rows}


def list_tickets(
    session: Session, tenant_id: str, *, with_done: bool = False, text: str = ""
) -> list[Ticket]:
    """Return the tenant's tickets, the newest first; those that are done only if asked for."""
    wanted = select(Ticket).where(Ticket.tenant_id == tenant_id).order_by(Ticket.number.desc())
    if not with_done:
        wanted = wanted.where(Ticket.status != TicketStatus.DONE)
    if text:
        wanted = wanted.where(func.lower(Ticket.title).contains(text.lower(), autoescape=True))
    return list(session.scalars(wanted.limit(200)))


def next_number(session: Session, tenant_id: str) -> int:
    """Return the number of the tenant's next ticket; of two at once, one has to try again."""
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
