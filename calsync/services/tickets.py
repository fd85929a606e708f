"""Tickets and their service calls."""

from dataclasses import dataclass

from calsync.core.item import Fault, Priority, UnfitItem
from calsync.core.ticket import TicketStatus, call_subject
from calsync.db.items import list_calls_of, map_assignees
from calsync.db.models import Client, Contact, Item, Ticket
from calsync.db.tickets import (
    find_ticket,
    list_clients,
    list_contacts,
    list_tickets,
    next_number,
)
from calsync.errors import AlreadyThere, NotThere, StaleVersion
from calsync.ids import new_id
from calsync.services.tools import Tools, Who

LONGEST_TITLE = 500


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
    try:
        return _create(tools, who, fields)
    except AlreadyThere:  # somebody else took the number at the same moment
        return _create(tools, who, fields)


def change_ticket(
    tools: Tools, who: Who, ticket_id: str, fields: TicketFields, *, version: int | None = None
) -> None:
    """Change a ticket, and the titles of its service calls with it.

    Raises NotThere, StaleVersion or UnfitItem, and then nothing has changed.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        ticket = find_ticket(session, who.tenant_id, ticket_id)
        if ticket is None:
            raise NotThere
        if version is not None and version != ticket.version:
            raise StaleVersion(ticket.version)
        clients = {c.id: c.name for c in list_clients(session, who.tenant_id)}
        _refuse_unfit(fields, clients)
        _put(ticket, fields)
        ticket.version += 1
        ticket.updated_at = now
        subject = call_subject(ticket.number, ticket.title, clients.get(ticket.client_id or "", ""))
        for call in list_calls_of(session, who.tenant_id, ticket_id):
            if (call.subject, call.client_id) != (subject, ticket.client_id):
                call.subject, call.client_id = subject, ticket.client_id
                call.version += 1
                call.updated_at = now


def get_ticket_view(tools: Tools, who: Who, ticket_id: str) -> TicketView:
    """Return a ticket of the tenant with its service calls. Raises NotThere."""
    with tools.db.read() as session:
        ticket = find_ticket(session, who.tenant_id, ticket_id)
        if ticket is None:
            raise NotThere
        clients = {c.id: c.name for c in list_clients(session, who.tenant_id)}
        calls = list_calls_of(session, who.tenant_id, ticket_id)
        assignees = map_assignees(session, who.tenant_id, [call.id for call in calls])
    return TicketView(
        ticket,
        clients.get(ticket.client_id or "", ""),
        tuple((call, tuple(assignees[call.id])) for call in calls),
    )


def list_ticket_views(
    tools: Tools, who: Who, *, with_done: bool = False, text: str = ""
) -> list[TicketView]:
    """Return the tenant's tickets, the newest first, at most 200."""
    with tools.db.read() as session:
        tickets = list_tickets(session, who.tenant_id, with_done=with_done, text=text)
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


def create_client(tools: Tools, who: Who, name: str) -> str:
    """Make a client and return its id. Raises UnfitItem, AlreadyThere for a name there is."""
    if not 1 <= len(name.strip()) <= 200:
        raise UnfitItem((Fault("name", "missing" if not name.strip() else "too_long"),))
    client = Client(id=new_id(), tenant_id=who.tenant_id, name=name.strip())
    with tools.db.begin() as session:
        session.add(client)
    return client.id


def _create(tools: Tools, who: Who, fields: TicketFields) -> str:
    now = tools.clock.now()
    with tools.db.begin() as session:
        _refuse_unfit(fields, {c.id: c.name for c in list_clients(session, who.tenant_id)})
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


def _put(ticket: Ticket, fields: TicketFields) -> None:
    ticket.title = fields.title.strip()
    ticket.client_id = fields.client_id
    ticket.status = fields.status
    ticket.priority = fields.priority
    ticket.external_id = fields.external_id


def _refuse_unfit(fields: TicketFields, clients: dict[str, str]) -> None:
    faults = []
    if not fields.title.strip():
        faults.append(Fault("title", "missing"))
    if len(fields.title) > LONGEST_TITLE:
        faults.append(Fault("title", "too_long"))
    if fields.client_id and fields.client_id not in clients:
        faults.append(Fault("client_id", "unknown"))
    if len(fields.external_id or "") > 200:
        faults.append(Fault("external_id", "too_long"))
    if faults:
        raise UnfitItem(tuple(faults))
