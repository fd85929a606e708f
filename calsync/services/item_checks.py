"""What an item needs from its tenant: people, tickets and clients that there are."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from calsync.core.event import Timed
from calsync.core.item import Fault, ItemFields, ItemStatus, Kind, UnfitItem, find_faults
from calsync.core.ticket import call_subject
from calsync.db.clients import find_client, find_contact, hold_client, hold_contact
from calsync.db.database import Session
from calsync.db.models import Role, User
from calsync.db.tickets import find_ticket, hold_ticket
from calsync.db.users import list_users
from calsync.errors import AlreadyThere, NotAllowed


class Taken(UnfitItem, AlreadyThere):
    """Something else of the tenant has this name, or this id of other software."""

    def __init__(self, field: str) -> None:
        super().__init__((Fault(field, "taken"),))


@contextmanager
def refuse_taken_ids() -> Iterator[None]:
    """Raise Taken where an external id is there already: nothing else of these can be.

    To be put around the transaction.
    """
    try:
        yield
    except AlreadyThere:
        raise Taken("external_id") from None


def complete(
    session: Session, tenant_id: str, fields: ItemFields, present_ticket: str | None = None
) -> ItemFields:
    """Return the fields with what follows from others.

    Times are in the zone of the item. A call's subject and client are its ticket's. A
    contact brings its client along, where none is named.
    An id that is no more than an empty text is none.
    """
    if isinstance(fields.times, Timed):
        fields = replace(fields, times=replace(fields.times, zone=fields.time_zone))
    # Nobody takes it away, or to another client, before the item has it.
    contact = hold_contact(session, tenant_id, fields.contact_id) if fields.contact_id else None
    fields = replace(
        fields,
        client_id=fields.client_id or (contact.client_id if contact else None),
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
    look = hold_client if is_new else find_client
    client = look(session, tenant_id, ticket.client_id) if ticket.client_id else None
    subject = call_subject(ticket.number, ticket.title, client.name if client else "")
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
    people = frozenset(present)
    if not set(assignees) <= people:
        people |= list_assignable(session, tenant_id)
    if faults := find_unfitness(session, tenant_id, fields, assignees, people):
        raise UnfitItem(faults)


def list_assignable(session: Session, tenant_id: str) -> frozenset[str]:
    """Return the ids of the people who may be given something: those who can log in."""
    return frozenset(user.id for user in list_users(session, tenant_id) if not user.is_disabled)


def find_unfitness(
    session: Session,
    tenant_id: str,
    fields: ItemFields,
    assignees: Sequence[str],
    people: Collection[str],
) -> tuple[Fault, ...]:
    """Return everything that is wrong, or that the tenant does not have.

    ``people`` are those who may be assigned.
    """
    faults = list(find_faults(fields))
    if not assignees:
        faults.append(Fault("assignees", "missing"))
    elif not set(assignees) <= set(people):
        faults.append(Fault("assignees", "unknown"))
    return (*faults, *_check_references(session, tenant_id, fields))


def _check_references(session: Session, tenant_id: str, fields: ItemFields) -> Iterator[Fault]:
    if fields.ticket_id:
        ticket = find_ticket(session, tenant_id, fields.ticket_id)
        is_open = fields.status is ItemStatus.OPEN
        # What was done for a ticket stays as it is when that is deleted.
        if ticket is None or (ticket.deleted_at is not None and is_open):
            yield Fault("ticket_id", "unknown")
    if fields.client_id and find_client(session, tenant_id, fields.client_id) is None:
        yield Fault("client_id", "unknown")
    if fields.contact_id:
        contact = find_contact(session, tenant_id, fields.contact_id)
        if contact is None:
            yield Fault("contact_id", "unknown")
        elif fields.client_id != contact.client_id:
            yield Fault("contact_id", "other_client")


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
