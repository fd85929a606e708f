"""What an item needs from its tenant: people, tickets and clients that there are."""

from collections.abc import Sequence
from dataclasses import replace

from calsync.core.item import Fault, ItemFields, Kind, UnfitItem, find_faults
from calsync.core.ticket import call_subject
from calsync.db.database import Session
from calsync.db.models import Role, User
from calsync.db.tickets import find_ticket, list_clients, list_contacts
from calsync.db.users import list_users
from calsync.errors import NotAllowed


def complete(session: Session, tenant_id: str, fields: ItemFields) -> ItemFields:
    """Return the fields with what follows from others: a call's subject is its ticket's."""
    if fields.kind is not Kind.SERVICE_CALL or not fields.ticket_id:
        return fields
    ticket = find_ticket(session, tenant_id, fields.ticket_id)
    if ticket is None:
        return fields
    names = {client.id: client.name for client in list_clients(session, tenant_id)}
    subject = call_subject(ticket.number, ticket.title, names.get(ticket.client_id or "", ""))
    return replace(fields, subject=subject, client_id=ticket.client_id)


def refuse_unfit(
    session: Session, tenant_id: str, fields: ItemFields, assignees: Sequence[str]
) -> None:
    """Raise UnfitItem with everything that is wrong, or that the tenant does not have."""
    faults = list(find_faults(fields))
    people = {user.id for user in list_users(session, tenant_id) if not user.is_disabled}
    if not assignees:
        faults.append(Fault("assignees", "missing"))
    elif not set(assignees) <= people:
        faults.append(Fault("assignees", "unknown"))
    if fields.ticket_id and find_ticket(session, tenant_id, fields.ticket_id) is None:
        faults.append(Fault("ticket_id", "unknown"))
    clients = {client.id for client in list_clients(session, tenant_id)}
    if fields.client_id and fields.client_id not in clients:
        faults.append(Fault("client_id", "unknown"))
    contacts = {contact.id for contact in list_contacts(session, tenant_id)}
    if fields.contact_id and fields.contact_id not in contacts:
        faults.append(Fault("contact_id", "unknown"))
    if faults:
        raise UnfitItem(tuple(faults))


def refuse_unless_assignable(actor: User, fields: ItemFields, assignees: Sequence[str]) -> None:
    """Raise NotAllowed unless this person may put such an item on these calendars.

    A service call may be given to anybody by anybody of the tenant; everything
    else a member may give only to themselves, and a dispatcher to everybody.
    """
    is_own = set(assignees) <= {actor.id}
    if not is_own and actor.role is Role.MEMBER and fields.kind is not Kind.SERVICE_CALL:
        raise NotAllowed
