"""Items of each kind, as a test wants them."""

from calsync.core.item import Kind
from calsync.services.tickets import TicketFields, create_ticket
from tests.services.sync.office import Office


def add_of(office: Office, kind: Kind) -> tuple[str, str]:
    """Add an item of a kind, tomorrow at ten; return its id and the title of its copy."""
    if kind is not Kind.SERVICE_CALL:
        return office.add("Plan", kind=kind), "Plan"
    ticket = create_ticket(office.tools, office.person.who, TicketFields("Plan"))
    item = office.add("", kind=kind, ticket_id=ticket)
    return item, office.item(item).subject
