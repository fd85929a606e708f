"""Items of My Calendar: the five kinds, what a person can set of them, and what cannot be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from calsync.core.clockwork import is_zone
from calsync.core.event import AllDay, Times
from calsync.core.recurrence import RuleError, parse_rule

LONGEST_SUBJECT = 1_000
LONGEST_DESCRIPTION = 20_000
LONGEST_LINE = 1_000
#: A reminder comes at most four weeks ahead.
EARLIEST_REMINDER = 4 * 7 * 24 * 60
#: Years that a person means; what lies outside is a slip of the hand.
FIRST_YEAR, LAST_YEAR = 1970, 2200
#: No entry is longer than this.
LONGEST_DAYS = 366
#: NUL, and one half of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class Kind(StrEnum):
    """What an item is."""

    APPOINTMENT = "appointment"
    CRM_ACTIVITY = "crm_activity"
    SERVICE_CALL = "service_call"
    TASK = "task"
    TODO = "todo"


class ItemStatus(StrEnum):
    """How far an item is."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How urgent a task or a ticket is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class ActivityType(StrEnum):
    """What a CRM activity is done by."""

    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ItemFields:
    """Everything that a person can set of an item.

    ``times`` is None for a task or todo that nobody has scheduled; ``due_on`` is a
    task's own. ``time_zone`` is where the item was made: a repeating appointment
    keeps its local time there. ``rule`` is an RRULE value.
    """

    kind: Kind
    subject: str = ""
    times: Times | None = None
    time_zone: str = "Etc/UTC"
    description: str = ""
    location: str = ""
    is_private: bool = False
    is_busy: bool = True
    reminder_minutes: int | None = None
    rule: str | None = None
    status: ItemStatus = ItemStatus.OPEN
    priority: Priority = Priority.NORMAL
    percent_done: int = 0
    due_on: date | None = None
    project: str = ""
    activity_type: ActivityType = ActivityType.CALL
    client_id: str | None = None
    contact_id: str | None = None
    outcome: str = ""
    ticket_id: str | None = None
    site: str = ""
    external_id: str | None = None


#: The fields that each kind has besides those of every item.
OWN_FIELDS: dict[Kind, frozenset[str]] = {
    Kind.APPOINTMENT: frozenset({"rule", "reminder_minutes", "is_busy"}),
    Kind.CRM_ACTIVITY: frozenset({"activity_type", "client_id", "contact_id", "outcome"}),
    Kind.SERVICE_CALL: frozenset({"ticket_id", "client_id", "site"}),
    Kind.TASK: frozenset({"project", "due_on", "priority", "percent_done"}),
    Kind.TODO: frozenset(),
}
_OF_SOME_KINDS = frozenset().union(*OWN_FIELDS.values())
#: The kinds that stand somewhere in the calendar from the start.
ALWAYS_TIMED = frozenset({Kind.APPOINTMENT, Kind.CRM_ACTIVITY, Kind.SERVICE_CALL})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field; the words for the code are made in the web."""

    field: str
    code: str


def shown_times(fields: ItemFields) -> Times | None:
    """Return where an item stands in the calendar: an unscheduled task on its due date."""
    return fields.times or find_due_day(fields.kind, fields.due_on)


def find_due_day(kind: Kind, due_on: date | None) -> Times | None:
    """Return the day on which an unscheduled task stands, if it has a due date."""
    if kind is Kind.TASK and due_on:
        return AllDay(due_on, due_on + timedelta(days=1))
    return None


class UnfitItem(ValueError):
    """The fields cannot be those of an item; ``faults`` says which and why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


def find_faults(fields: ItemFields) -> tuple[Fault, ...]:
    """Return everything that is wrong with the fields, in the order of a form."""
    return tuple(
        fault
        for check in (_check_texts, _check_times, _check_rule, _check_numbers, _check_kind)
        for fault in check(fields)
    )


def has_unfit_characters(text: str) -> bool:
    """Tell whether a text has what no database takes."""
    return _UNFIT.search(text) is not None


def _check_texts(fields: ItemFields) -> Iterator[Fault]:
    # A service call's subject is its ticket's.
    if not fields.subject.strip() and fields.kind is not Kind.SERVICE_CALL:
        yield Fault("subject", "missing")
    limits = {
        "subject": LONGEST_SUBJECT,
        "description": LONGEST_DESCRIPTION,
        "location": LONGEST_LINE,
        "project": LONGEST_LINE,
        "outcome": LONGEST_DESCRIPTION,
        "site": LONGEST_LINE,
        "external_id": 200,
    }
    for name, limit in limits.items():
        text = getattr(fields, name) or ""
        if len(text) > limit:
            yield Fault(name, "too_long")
        if has_unfit_characters(text):
            yield Fault(name, "unreadable")


def _check_times(fields: ItemFields) -> Iterator[Fault]:
    if not is_zone(fields.time_zone):
        yield Fault("time_zone", "unknown")
    times = fields.times
    if times is None:
        if fields.kind in ALWAYS_TIMED:
            yield Fault("start", "missing")
        return
    for name, moment in (("start", times.start), ("end", times.end)):
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            yield Fault(name, "out_of_range")
    if (times.end - times.start).days > LONGEST_DAYS:
        yield Fault("end", "too_far")


def _check_rule(fields: ItemFields) -> Iterator[Fault]:
    if fields.rule is None or fields.times is None:
        return
    try:
        parse_rule(fields.rule, fields.times)
    except RuleError as error:
        yield Fault("rule", error.code)


def _check_numbers(fields: ItemFields) -> Iterator[Fault]:
    if not 0 <= fields.percent_done <= 100:
        yield Fault("percent_done", "out_of_range")
    minutes = fields.reminder_minutes
    if minutes is not None and not 0 <= minutes <= EARLIEST_REMINDER:
        yield Fault("reminder_minutes", "out_of_range")
    if fields.due_on and not FIRST_YEAR <= fields.due_on.year <= LAST_YEAR:
        yield Fault("due_on", "out_of_range")


def _check_kind(fields: ItemFields) -> Iterator[Fault]:
    if fields.kind is Kind.SERVICE_CALL and not fields.ticket_id:
        yield Fault("ticket_id", "missing")
    plain = ItemFields(fields.kind)
    for name in sorted(_OF_SOME_KINDS - OWN_FIELDS[fields.kind]):
        if getattr(fields, name) != getattr(plain, name):
            yield Fault(name, "not_of_this_kind")
