"""What the ids in a calendar file stand for here: tickets, clients and contacts.

An id counts only if the tenant that reads the file has it. It is never guessed from a name
or a number, which mean something else at every tenant. What is not known here becomes text.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.ticket import call_subject, ticket_reference
from calsync.db.database import Session
from calsync.db.models import Contact, Ticket
from calsync.db.tickets import list_clients, list_contacts, map_tickets
from calsync.services.ics_reading import Draft

#: Makes a line of text of what a field stood for, in the reader's language.
Describe = Callable[[str, str], str]


@dataclass(frozen=True)
class References:
    """What a tenant has."""

    tickets: Mapping[str, Ticket]
    clients: Mapping[str, str]
    contacts: Mapping[str, Contact]

    def name(self, fields: ItemFields) -> dict[str, str]:
        """Return what the ids of an item stand for, by their fields."""
        ticket = self.tickets.get(fields.ticket_id or "")
        contact = self.contacts.get(fields.contact_id or "")
        found = {
            "ticket_id": f"{ticket_reference(ticket.number)} {ticket.title}" if ticket else "",
            "client_id": self.clients.get(fields.client_id or "", ""),
            "contact_id": contact.name if contact else "",
        }
        return {name: text for name, text in found.items() if text}

    def settle(self, draft: Draft, describe: Describe) -> Draft:
        """Return the draft as it can be here: what is not known is said in its description.

        A service call whose ticket is not known becomes an appointment.
        """
        fields = draft.fields
        ticket = self.tickets.get(fields.ticket_id or "")
        # Nothing more is to be done for a ticket that was deleted.
        is_open = fields.status is ItemStatus.OPEN
        if ticket is not None and not (is_open and ticket.deleted_at):
            client = self.clients.get(ticket.client_id or "", "")
            subject = call_subject(ticket.number, ticket.title, client)
            fields = replace(fields, subject=subject, client_id=ticket.client_id)
            return replace(draft, fields=fields)
        lost = {"ticket_id"} if fields.ticket_id else set()
        # A client that is known says nothing of a call whose ticket is not.
        if fields.client_id and (lost or fields.client_id not in self.clients):
            lost.add("client_id")
            fields = replace(fields, client_id=None)
        contact = self.contacts.get(fields.contact_id or "")
        # A contact that went to another client is none of this one's any more.
        if fields.contact_id and (contact is None or contact.client_id != fields.client_id):
            lost.add("contact_id")
            fields = replace(fields, contact_id=None)
        told = {name: text for name, text in draft.names.items() if name in lost}
        if fields.kind is Kind.SERVICE_CALL:
            told["site"] = fields.site
            fields = replace(fields, kind=Kind.APPOINTMENT, ticket_id=None, site="")
        lines = [describe(name, text) for name, text in told.items() if text]
        description = "\n".join(filter(None, [fields.description, *lines]))
        return replace(draft, fields=replace(fields, description=description))


def load_references(session: Session, tenant_id: str, items: Collection[ItemFields]) -> References:
    """Return as much of what a tenant has as these items may mean."""
    ticket_ids = {fields.ticket_id for fields in items if fields.ticket_id}
    has_clients = any(fields.client_id or fields.contact_id for fields in items)
    clients = list_clients(session, tenant_id) if has_clients or ticket_ids else []
    contacts = list_contacts(session, tenant_id) if has_clients else []
    return References(
        map_tickets(session, tenant_id, sorted(ticket_ids)) if ticket_ids else {},
        {client.id: client.name for client in clients},
        {contact.id: contact for contact in contacts},
    )
