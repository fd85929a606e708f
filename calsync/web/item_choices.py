"""What there is to choose from in the form of an item, and what ids are called on its page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from calsync.core.item import ItemFields, Kind
from calsync.core.ticket import MOST_LISTED, ticket_reference
from calsync.db.models import Client, Contact, Role, User
from calsync.services.item_access import list_colleagues
from calsync.services.people import TIME_ZONES
from calsync.services.tickets import (
    TicketView,
    list_clients_of,
    list_contacts_of,
    list_ticket_views,
)
from calsync.web.current import current_login, tools, who
from calsync.web.item_form import ItemForm, offer_choices
from calsync.web.item_words import Names


@dataclass(frozen=True)
class Offer:
    """The tickets, clients, contacts and people of the tenant."""

    tickets: Sequence[TicketView]
    clients: Sequence[Client]
    contacts: Sequence[Contact]
    people: Sequence[User]
    #: There are tickets that are not in the list, so that one has to look for them.
    is_cut: bool = False

    def name_people(self, user_ids: Sequence[str]) -> list[str]:
        """Return the names of people; those who have left have none any more."""
        names = {user.id: user.name for user in self.people}
        return [names[user_id] for user_id in user_ids if user_id in names]

    def name_ids(self, zone: ZoneInfo) -> Names:
        """Return what ids are called."""
        return Names(
            zone,
            {view.ticket.id: _name_ticket(view) for view in self.tickets},
            {client.id: client.name for client in self.clients},
            {contact.id: contact.name for contact in self.contacts},
        )

    def fill_lists(self, form: ItemForm, before: ItemFields | None = None) -> None:
        """Give the lists of the form what there is to choose from."""
        clients = {client.id: client.name for client in self.clients}
        offer_choices(
            form,
            zones=list_zones(before),
            tickets=[(view.ticket.id, _name_ticket(view)) for view in self.tickets],
            clients=list(clients.items()),
            contacts=[(c.id, f"{c.name} ({clients[c.client_id]})") for c in self.contacts],
            people=[(user.id, user.name) for user in self.people],
            before=before,
        )

    def with_client(self, fields: ItemFields) -> ItemFields:
        """Return the fields with the client of the contact, where no other is chosen."""
        if fields.client_id or not fields.contact_id:
            return fields
        clients = {contact.id: contact.client_id for contact in self.contacts}
        return replace(fields, client_id=clients.get(fields.contact_id))


def load_offer(ticket_id: str | None = None, *, with_done: bool = False, text: str = "") -> Offer:
    """Return what there is; a ticket that is named is among it, even one that is done.

    ``text`` leaves the tickets with it in their number or title. Raises NotThere for a ticket
    that the tenant does not have.
    """
    tickets = list_ticket_views(tools(), who(), with_done=with_done, text=text, named=ticket_id)
    is_cut = bool(text) or len(tickets) >= MOST_LISTED
    return Offer(
        tickets,
        list_clients_of(tools(), who()),
        list_contacts_of(tools(), who()),
        list_colleagues(tools(), who()),
        is_cut,
    )


def list_zones(before: ItemFields | None = None) -> list[str]:
    """Return the zones to choose from, with those that the reader and the item have."""
    own = {current_login().user.time_zone}
    return sorted(TIME_ZONES | own | ({before.time_zone} if before else set()))


def may_choose_people(kind: Kind) -> bool:
    """Tell whether the reader may put such an item on somebody else's calendar."""
    return kind is Kind.SERVICE_CALL or current_login().user.role is not Role.MEMBER


def _name_ticket(view: TicketView) -> str:
    name = f"{ticket_reference(view.ticket.number)} {view.ticket.title[:80]}"
    return f"{name} ({view.client_name})" if view.client_name else name
