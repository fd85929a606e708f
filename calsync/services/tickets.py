"""Tickets and their service calls."""

from dataclasses import dataclass, replace

from calsync.core.item import Fault, ItemStatus, Priority, UnfitItem, has_unfit_characters
from calsync.core.ticket import TicketStatus, call_subject
from calsync.db.clients import hold_client
from calsync.db.database import Session
from calsync.db.items import list_calls_of, lock_calls_of, map_assignees
from calsync.db.joined import JoinedDatabase
from calsync.db.models import Client, Contact, Item, Ticket
from calsync.db.subjects import hold_syncs_of_ticket
from calsync.db.tickets import (
    find_ticket,
    find_ticket_by_external_id,
    list_clients,
    list_contacts,
    list_tickets,
    lock_ticket,
    next_number,
    revive_ticket,
)
from calsync.db.users import get_user
from calsync.errors import InUse, NotThere, StaleVersion
from calsync.ids import new_id
from calsync.services.clients import get_dispatcher
from calsync.services.item_access import can_read
from calsync.services.item_checks import refuse_taken_ids
from calsync.services.item_history import Change, note_change
from calsync.services.item_rows import fields_of, put_fields
from calsync.services.tools import Tools, Who

LONGEST_TITLE = 500
LONGEST_ID = 200


@dataclass(frozen=True)
class TicketFields:
    """Everything that a person can set of a ticket."""

    title: str
    client_id: str | None = None
    status: TicketStatus = TicketStatus.NEW
    priority: Priority = Priority.NORMAL
    external_id: str | None = None


@dataclass(frozen=True)
class TicketView:
    """A ticket with its client's name and its service calls, each with its resources."""

    ticket: Ticket
    client_name: str
    calls: tuple[tuple[Item, tuple[str, ...]], ...] = ()


def create_ticket(tools: Tools, who: Who, fields: TicketFields) -> str:
    """Make a ticket with the tenant's next number and return its id. Raises UnfitItem."""
    now = tools.clock.now()
    with refuse_taken_ids(), tools.db.begin() as session:
        fields = _complete(fields)
        _refuse_unfit(session, who, fields)
        ticket = Ticket(
            id=new_id(),
            tenant_id=who.tenant_id,
            number=next_number(session, who.tenant_id),
            version=1,
            created_at=now,
            updated_at=now,
        )
        _put(ticket, fields)
        session.add(ticket)
        session.flush()
        return ticket.id


def change_ticket(
    tools: Tools, who: Who, ticket_id: str, fields: TicketFields, *, version: int | None = None
) -> None:
    """Change a ticket, and the titles of its service calls with it.

    Raises NotThere, StaleVersion or UnfitItem, and then nothing has changed.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        hold_syncs_of_ticket(session, who.tenant_id, ticket_id)
        ticket = _lock(session, who, ticket_id, version)
        fields = _complete(fields)
        client_name = _refuse_unfit(session, who, fields)
        _put(ticket, fields)
        ticket.version += 1
        ticket.updated_at = tools.clock.now()
        _rename_calls(tools, session, who, ticket, client_name)


def delete_ticket(tools: Tools, who: Who, ticket_id: str, *, version: int | None = None) -> None:
    """Delete a ticket; the service calls that are over stay as they are.

    Raises NotThere, StaleVersion, NotAllowed but for a dispatcher, and InUse where it has
    calls that are open.
    """
    with tools.db.begin() as session:
        get_dispatcher(session, who)
        ticket = _lock(session, who, ticket_id, version)
        # Locked: one that is over could be opened again at this moment.
        calls = lock_calls_of(session, who.tenant_id, ticket_id)
        if any(call.status is ItemStatus.OPEN and call.deleted_at is None for call in calls):
            raise InUse
        ticket.deleted_at = ticket.updated_at = tools.clock.now()
        ticket.version += 1


def restore_ticket(tools: Tools, who: Who, ticket_id: str, *, version: int | None = None) -> None:
    """Take a deletion back; nothing happens where there was none.

    Raises NotThere, StaleVersion, and NotAllowed but for a dispatcher.
    """
    with tools.db.begin() as session:
        get_dispatcher(session, who)
        ticket = _lock(session, who, ticket_id, version, with_deleted=True)
        if ticket.deleted_at is not None:
            revive_ticket(ticket, tools.clock.now())


def put_ticket(
    tools: Tools,
    who: Who,
    fields: TicketFields,
    *,
    version: int | None = None,
    must_exist: bool = False,
) -> tuple[str, bool]:
    """Make or change the ticket with the fields' external id; return its id and if it is new.

    One that was deleted is restored first, by a dispatcher. Raises StaleVersion (of 0) where
    there is none and one must exist, and what the others raise.
    """
    with tools.db.begin() as session:
        joined = replace(tools, db=JoinedDatabase(session))
        found = find_ticket_by_external_id(session, who.tenant_id, fields.external_id or "")
        if found is None and must_exist:
            raise StaleVersion(0)
        if found is None:
            return create_ticket(joined, who, fields), True
        if found.deleted_at is not None:
            restore_ticket(joined, who, found.id, version=version)
            version = None
        change_ticket(joined, who, found.id, fields, version=version)
        return found.id, False


def get_ticket_view(
    tools: Tools, who: Who, ticket_id: str, *, with_deleted: bool = False
) -> TicketView:
    """Return a ticket of the tenant with its service calls. Raises NotThere.

    The private calls of others are left out.
    """
    with tools.db.read() as session:
        ticket = find_ticket(session, who.tenant_id, ticket_id)
        if ticket is None or (ticket.deleted_at is not None and not with_deleted):
            raise NotThere
        clients = {c.id: c.name for c in list_clients(session, who.tenant_id)}
        calls = list_calls_of(session, who.tenant_id, ticket_id)
        assignees = map_assignees(session, who.tenant_id, [call.id for call in calls])
        actor = get_user(session, who.tenant_id, who.user_id)
    return TicketView(
        ticket,
        clients.get(ticket.client_id or "", ""),
        tuple(
            (call, tuple(assignees[call.id]))
            for call in calls
            if can_read(actor, call, assignees[call.id])
        ),
    )


def find_version_known_as(tools: Tools, who: Who, external_id: str) -> int:
    """Return the version of the ticket that somebody else's software knows so, 0 for none."""
    with tools.db.read() as session:
        found = find_ticket_by_external_id(session, who.tenant_id, external_id)
    return found.version if found else 0


def list_ticket_views(
    tools: Tools, who: Who, *, with_done: bool = False, text: str = "", named: str | None = None
) -> list[TicketView]:
    """Return the tenant's tickets, the newest first, at most ``MOST_LISTED``.

    The ``named`` one is always among them, if need be as one more. Raises NotThere where the
    tenant does not have it.
    """
    with tools.db.read() as session:
        tickets = list_tickets(session, who.tenant_id, with_done=with_done, text=text)
        if named and named not in {ticket.id for ticket in tickets}:
            ticket = find_ticket(session, who.tenant_id, named)
            if ticket is None:
                raise NotThere
            tickets = [ticket, *tickets]
        clients = {c.id: c.name for c in list_clients(session, who.tenant_id)}
    return [TicketView(ticket, clients.get(ticket.client_id or "", "")) for ticket in tickets]


def list_clients_of(tools: Tools, who: Who) -> list[Client]:
    """Return the tenant's clients by name."""
    with tools.db.read() as session:
        return list_clients(session, who.tenant_id)


def list_contacts_of(tools: Tools, who: Who) -> list[Contact]:
    """Return the contacts at all clients, by name."""
    with tools.db.read() as session:
        return list_contacts(session, who.tenant_id)


def _rename_calls(
    tools: Tools, session: Session, who: Who, ticket: Ticket, client_name: str
) -> None:
    """Give the calls of a ticket its title and its client, those in the bin too."""
    actor = get_user(session, who.tenant_id, who.user_id)
    subject = call_subject(ticket.number, ticket.title, client_name)
    for call in lock_calls_of(session, who.tenant_id, ticket.id):
        before = fields_of(call)
        after = replace(before, subject=subject, client_id=ticket.client_id)
        if after != before:
            put_fields(call, after)
            call.version += 1
            call.updated_at = tools.clock.now()
            note_change(tools, session, actor, Change(call, "changed", before, after))


def _complete(fields: TicketFields) -> TicketFields:
    """Return the fields where an id that is no more than an empty text is none."""
    return replace(
        fields, client_id=fields.client_id or None, external_id=fields.external_id or None
    )


def _put(ticket: Ticket, fields: TicketFields) -> None:
    ticket.title = fields.title.strip()
    ticket.client_id = fields.client_id
    ticket.status = fields.status
    ticket.priority = fields.priority
    ticket.external_id = fields.external_id


def _lock(
    session: Session,
    who: Who,
    ticket_id: str,
    version: int | None,
    *,
    with_deleted: bool = False,
) -> Ticket:
    ticket = lock_ticket(session, who.tenant_id, ticket_id)
    if ticket is None or (ticket.deleted_at is not None and not with_deleted):
        raise NotThere
    if version is not None and version != ticket.version:
        raise StaleVersion(ticket.version)
    return ticket


def _refuse_unfit(session: Session, who: Who, fields: TicketFields) -> str:
    """Raise UnfitItem for fields that cannot be; return the name of the client."""
    client = hold_client(session, who.tenant_id, fields.client_id) if fields.client_id else None
    faults = []
    if not fields.title.strip():
        faults.append(Fault("title", "missing"))
    if len(fields.title) > LONGEST_TITLE:
        faults.append(Fault("title", "too_long"))
    if fields.client_id and client is None:
        faults.append(Fault("client_id", "unknown"))
    if len(fields.external_id or "") > LONGEST_ID:
        faults.append(Fault("external_id", "too_long"))
    texts = {"title": fields.title, "external_id": fields.external_id or ""}
    faults += [Fault(name, "unreadable") for name in texts if has_unfit_characters(texts[name])]
    if faults:
        raise UnfitItem(tuple(faults))
    return client.name if client else ""
