"""One item of each kind on Dana's calendar, in the product's own database."""

from datetime import UTC, datetime, timedelta

from calsync.app import tools_of
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from tests.browser.steps import Product
from tests.cast import find_cast

ZONE = "Europe/London"
#: Each kind with what its item is called on the calendar.
TITLES = {
    Kind.APPOINTMENT: "Review",
    Kind.TODO: "Order toner",
    Kind.TASK: "Write findings",
    Kind.CRM_ACTIVITY: "Call Adatum",
    Kind.SERVICE_CALL: "T-1001 Printer on fire",
}
SPOKEN = {
    Kind.APPOINTMENT: "Appointment",
    Kind.TODO: "Todo",
    Kind.TASK: "Task",
    Kind.CRM_ACTIVITY: "CRM Activity",
    Kind.SERVICE_CALL: "Service Call",
}


def add_each_kind(
    product: Product,
    *,
    days: int = 0,
    hours: int = 0,
    person: str = "dana",
    since: datetime = datetime(2026, 11, 23, 8, tzinfo=UTC),
) -> dict[Kind, str]:
    """Add an hour of each kind, and return the ids.

    Each begins so many days and hours after the one before, the first at ``since``.
    """
    tools = tools_of(product.app)
    who = find_cast(tools)[person].who
    ticket_id = create_ticket(tools, who, TicketFields("Printer on fire"))
    made = {}
    for number, (kind, title) in enumerate(TITLES.items()):
        start = since + number * timedelta(days=days, hours=hours)
        is_call = kind is Kind.SERVICE_CALL
        fields = ItemFields(
            kind,
            "" if is_call else title,
            Timed(start, start + timedelta(hours=1), ZONE),
            ZONE,
            ticket_id=ticket_id if is_call else None,
        )
        made[kind] = create_item(tools, who, fields)
    return made
