"""Questions about one client or contact, and whether anything needs it."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from calsync.core.item import Kind
from calsync.db.models import Client, Contact, Item, Ticket


def find_client(session: Session, tenant_id: str, client_id: str) -> Client | None:
    """Return a client of the tenant."""
    return session.scalar(
        select(Client).where(Client.tenant_id == tenant_id, Client.id == client_id)
    )


def lock_client(session: Session, tenant_id: str, client_id: str) -> Client | None:
    """Return the client as it is now, and let nobody else change it until we commit."""
    return session.scalar(
        select(Client)
        .where(Client.tenant_id == tenant_id, Client.id == client_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def hold_client(session: Session, tenant_id: str, client_id: str) -> Client | None:
    """Return the client as it is now, and as it stays until we commit; others may do the same."""
    return session.scalar(
        select(Client)
        .where(Client.tenant_id == tenant_id, Client.id == client_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )


def find_client_by_external_id(session: Session, tenant_id: str, external_id: str) -> Client | None:
    """Return the client that somebody else's software knows by this id."""
    return session.scalar(
        select(Client).where(Client.tenant_id == tenant_id, Client.external_id == external_id)
    )


def find_client_by_name(session: Session, tenant_id: str, name: str) -> Client | None:
    """Return the client that is called exactly so."""
    return session.scalar(select(Client).where(Client.tenant_id == tenant_id, Client.name == name))


def is_client_used(session: Session, tenant_id: str, client_id: str) -> bool:
    """Tell whether a ticket, an item or an item of a contact belongs to a client."""
    contacts = select(Contact.id).where(
        Contact.tenant_id == tenant_id, Contact.client_id == client_id
    )
    of_client = or_(Item.client_id == client_id, Item.contact_id.in_(contacts))
    has_items = exists().where(Item.tenant_id == tenant_id, of_client)
    has_tickets = exists().where(Ticket.tenant_id == tenant_id, Ticket.client_id == client_id)
    return bool(session.scalar(select(or_(has_items, has_tickets))))


def lock_calls_for(session: Session, tenant_id: str, client_id: str) -> list[tuple[Item, Ticket]]:
    """Return the service calls for a client with their tickets, also those in the bin.

    Nobody else changes the calls until we commit.
    """
    rows = session.execute(
        select(Item, Ticket)
        .join(Ticket, (Ticket.tenant_id == Item.tenant_id) & (Ticket.id == Item.ticket_id))
        .where(Item.tenant_id == tenant_id, Item.client_id == client_id)
        .where(Item.kind == Kind.SERVICE_CALL)
        .order_by(Item.id)
        .with_for_update(key_share=True, of=Item)
    )
    return [(item, ticket) for item, ticket in rows]


def list_contacts_at(session: Session, tenant_id: str, client_id: str) -> list[Contact]:
    """Return the contacts at a client, by name."""
    return list(
        session.scalars(
            select(Contact)
            .where(Contact.tenant_id == tenant_id, Contact.client_id == client_id)
            .order_by(Contact.name, Contact.id)
        )
    )


def find_contact(session: Session, tenant_id: str, contact_id: str) -> Contact | None:
    """Return a contact of the tenant."""
    return session.scalar(
        select(Contact).where(Contact.tenant_id == tenant_id, Contact.id == contact_id)
    )


def lock_contact(session: Session, tenant_id: str, contact_id: str) -> Contact | None:
    """Return the contact as it is now, and let nobody else change it until we commit."""
    return session.scalar(
        select(Contact)
        .where(Contact.tenant_id == tenant_id, Contact.id == contact_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def hold_contact(session: Session, tenant_id: str, contact_id: str) -> Contact | None:
    """Return the contact as it is now, and as it stays until we commit; others may do the same."""
    return session.scalar(
        select(Contact)
        .where(Contact.tenant_id == tenant_id, Contact.id == contact_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )


def find_contact_by_external_id(
    session: Session, tenant_id: str, external_id: str
) -> Contact | None:
    """Return the contact that somebody else's software knows by this id."""
    return session.scalar(
        select(Contact).where(Contact.tenant_id == tenant_id, Contact.external_id == external_id)
    )


def is_contact_used(session: Session, tenant_id: str, contact_id: str) -> bool:
    """Tell whether an item, in the bin or not, names a contact."""
    named = exists().where(Item.tenant_id == tenant_id, Item.contact_id == contact_id)
    return bool(session.scalar(select(named)))
