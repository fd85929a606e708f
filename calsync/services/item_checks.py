"""What an item needs from its tenant: people, tickets and clients that there are."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from calsync.core.event import Timed
from calsync.core.item import Fault, ItemFields, Kind, UnfitItem, find_faults
from calsync.core.ticket import call_subject
from calsync.db.database import Session
from calsync.db.models import Role, User
from calsync.db.tickets import find_ticket, hold_ticket, list_clients, list_contacts
from calsync.db.users import list_users
from calsync.errors import AlreadyThere, NotAllowed


class IdTaken(UnfitItem, AlreadyThere):
    """Somebody else's software has used an id for something else of the tenant."""

    def __init__(self) -> None:
        super().__init__((Fault("external_id", "taken"),))


@contextmanager
def refuse_taken_ids() -> Iterator[None]:
    """Raise IdTaken where an external id is there already: nothing else of these can be.

    To be put around the transaction.
    """
    try:
        yield
    except AlreadyThere:
        raise IdTaken from None


def complete(
    session: Session, tenant_id: str, fields: ItemFields, present_ticket: str | None = None
) -> ItemFields:
    """Return the fields with what follows from others.

    Times are in the zone of the item. A call's subject and client are its ticket's.
    An id that is no more than an empty text is none.
    """
    if isinstance(fields.times, Timed):
        fields = replace(fields, times=replace(fields.times, zone=fields.time_zone))
    fields = replace(
        fields,
        client_id=fields.client_id or None,
        contact_id=fields.contact_id or None,
        ticket_id=fields.ticket_id or None,
        external_id=fields.external_id or None,
    )
    if fields.kind is not Kind.SERVICE_CALL or not fields.ticket_id:
        return fields
    # A ticket that is given another title meanwhile changes the calls that it has, and this
    # is none of them yet; with one that it has, to wait for the other might be for ever.
    is_new = fields.ticket_id != present_ticket
    find = hold_ticket if is_new else find_ticket
    ticket = find(session, tenant_id, fields.ticket_id)
    if ticket is None:
        return fields
    names = {client.id: client.name for client in list_clients(session, tenant_id)}
    subject = call_subject(ticket.number, ticket.title, names.get(ticket.client_id or "", ""))
    return replace(fields, subject=subject, client_id=ticket.client_id)


def refuse_unfit(
    session: Session,
    tenant_id: str,
    fields: ItemFields,
    assignees: Sequence[str],
    present: Sequence[str] = (),
) -> None:
    """Raise UnfitItem with everything that is wrong, or that the tenant does not have.

    Who is ``present`` on the item may stay, even if they cannot log in any more.
    """
    faults = list(find_faults(fields))
    people = {user.id for user in list_users(session, tenant_id) if not user.is_disabled}
    if not assignees:
        faults.append(Fault("assignees", "missing"))
    elif not set(assignees) <= people.union(present):
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


def refuse_faults(fields: ItemFields) -> None:
    """Raise UnfitItem with everything that is wrong with the fields by themselves."""
    if faults := find_faults(fields):
        raise UnfitItem(faults)


def refuse_unless_assignable(actor: User, fields: ItemFields, added: Collection[str]) -> None:
    """Raise NotAllowed unless this person may put such an item on these calendars.

    A service call may be given to anybody by anybody of the tenant; everything
    else a member may give only to themselves, and a dispatcher to everybody.
    """
    is_own = set(added) <= {actor.id}
    if not is_own and actor.role is Role.MEMBER and fields.kind is not Kind.SERVICE_CALL:
        raise NotAllowed
