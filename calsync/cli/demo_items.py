"""What stands on the calendars of the demo: a believable fortnight around today."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calsync.core.clockwork import instant_of
from calsync.core.event import AllDay, Timed
from calsync.core.item import ActivityType, ItemFields, ItemStatus, Kind, Priority
from calsync.core.ticket import TicketStatus
from calsync.services.clients import create_client
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools, Who

ZONE = "Europe/London"
_TICKETS = (
    ("Replace firewall", "Northwind Dental", TicketStatus.IN_PROGRESS, Priority.HIGH),
    ("Printer queue stuck", "Harbour Books", TicketStatus.NEW, Priority.NORMAL),
    ("New starters: two laptops", "Lindqvist Logistics", TicketStatus.WAITING, Priority.NORMAL),
    ("Restore a deleted mailbox", "Northwind Dental", TicketStatus.DONE, Priority.URGENT),
)


def add_items(tools: Tools, dana: Who, sam: Who) -> None:
    """Fill the calendars of Dana and Sam with all five kinds of items."""
    monday = _find_monday(tools.clock.now())
    clients = {
        name: create_client(tools, sam, name) for name in sorted({each[1] for each in _TICKETS})
    }
    tickets = {
        title: create_ticket(tools, dana, TicketFields(title, clients[client], status, priority))
        for title, client, status, priority in _TICKETS
    }
    for fields in (*_appointments(monday), *_other_work(monday, clients)):
        create_item(tools, dana, fields)
    for fields, is_shared in _calls(monday, tickets):
        people = [dana.user_id, sam.user_id] if is_shared else [dana.user_id]
        create_item(tools, dana, fields, people)
    for fields in _sams(monday):
        create_item(tools, sam, fields)


def _find_monday(now: datetime) -> date:
    today = now.astimezone(ZoneInfo(ZONE)).date()
    return today - timedelta(days=today.weekday())


def _at(day: date, start: str, end: str, *, days: int = 0) -> Timed:
    """Return from one local time to another, ``days`` later if it goes through the night."""
    zone = ZoneInfo(ZONE)
    return Timed(
        instant_of(day, time.fromisoformat(start), zone),
        instant_of(day + timedelta(days=days), time.fromisoformat(end), zone),
        ZONE,
    )


def _appointments(monday: date) -> list[ItemFields]:
    def day(number: int) -> date:
        return monday + timedelta(days=number)

    def appointment(subject: str, times: Timed | AllDay, **more: object) -> ItemFields:
        return ItemFields(Kind.APPOINTMENT, subject, times, ZONE, **more)  # type: ignore[arg-type]

    return [
        appointment(
            "Stand-up",
            _at(day(-7), "09:00", "09:15"),
            rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            location="Small meeting room",
        ),
        appointment("Dentist", _at(day(2), "08:00", "08:45"), is_private=True),
        appointment("Vendor training", AllDay(day(8), day(10)), is_busy=False),
        appointment(
            "Server maintenance window",
            _at(day(3), "22:00", "02:00", days=1),
            description="Patches on both hosts. Tell Northwind before and after.",
            reminder_minutes=60,
        ),
        appointment("Lunch with Kim", _at(day(4), "12:30", "13:30"), location="Harbour Street 4"),
    ]


def _other_work(monday: date, clients: Mapping[str, str]) -> list[ItemFields]:
    def day(number: int) -> date:
        return monday + timedelta(days=number)

    return [
        ItemFields(
            Kind.CRM_ACTIVITY,
            "Renewal of the support contract",
            _at(day(1), "11:00", "11:30"),
            ZONE,
            activity_type=ActivityType.CALL,
            client_id=clients["Lindqvist Logistics"],
        ),
        ItemFields(
            Kind.CRM_ACTIVITY,
            "Quarterly review",
            _at(day(9), "14:00", "15:00"),
            ZONE,
            activity_type=ActivityType.MEETING,
            client_id=clients["Northwind Dental"],
        ),
        ItemFields(
            Kind.TASK,
            "Write the handover for the firewall",
            time_zone=ZONE,
            project="Northwind network",
            due_on=day(3),
            priority=Priority.HIGH,
            percent_done=40,
        ),
        ItemFields(
            Kind.TASK,
            "Prepare two laptops",
            _at(day(1), "14:00", "16:00"),
            ZONE,
            project="New starters",
            due_on=day(4),
        ),
        ItemFields(Kind.TODO, "Order toner", AllDay(day(1), day(2)), ZONE),
        ItemFields(Kind.TODO, "Send timesheet", _at(day(4), "16:00", "16:15"), ZONE),
        ItemFields(
            Kind.TODO,
            "Book a room for the training",
            AllDay(day(0), day(1)),
            ZONE,
            status=ItemStatus.DONE,
        ),
    ]


def _calls(monday: date, tickets: Mapping[str, str]) -> list[tuple[ItemFields, bool]]:
    """Return service calls, each with whether Sam goes along."""

    def call(title: str, times: Timed, site: str = "") -> ItemFields:
        return ItemFields(
            Kind.SERVICE_CALL, times=times, time_zone=ZONE, ticket_id=tickets[title], site=site
        )

    def day(number: int) -> date:
        return monday + timedelta(days=number)

    return [
        (
            call(
                "Replace firewall",
                _at(day(2), "10:00", "12:30"),
                site="12 Mill Lane",
            ),
            True,
        ),
        (call("Printer queue stuck", _at(day(0), "13:00", "14:00"), site="Shop floor"), False),
        (call("New starters: two laptops", _at(day(7), "10:00", "11:30")), True),
    ]


def _sams(monday: date) -> list[ItemFields]:
    def day(number: int) -> date:
        return monday + timedelta(days=number)

    return [
        ItemFields(
            Kind.APPOINTMENT,
            "Planning of the week",
            _at(day(-7), "08:30", "09:00"),
            ZONE,
            rule="FREQ=WEEKLY;BYDAY=MO",
        ),
        ItemFields(
            Kind.APPOINTMENT, "Interview", _at(day(3), "15:00", "16:00"), ZONE, is_private=True
        ),
        ItemFields(Kind.TASK, "Rota for December", time_zone=ZONE, due_on=day(4)),
    ]
