"""The words for fields of items and for what is in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_datetime

from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import ItemFields
from calsync.core.item_record import load_field, load_times
from calsync.core.recurrence import RuleError
from calsync.web.i18n import _, _l, _n
from calsync.web.kinds import name_kind
from calsync.web.repeats import describe_rule

STATUS_WORDS = {
    "open": _l("Open"),
    "done": _l("Done"),
    "cancelled": _l("Cancelled"),
}
PRIORITY_WORDS = {
    "low": _l("Low"),
    "normal": _l("Normal"),
    "high": _l("High"),
    "urgent": _l("Urgent"),
}
ACTIVITY_WORDS = {
    "call": _l("Call"),
    "meeting": _l("Meeting"),
    "email": _l("E-mail"),
    "other": _l("Something else"),
}
#: What each field is called, in the order of a page.
FIELD_WORDS = {
    "kind": _l("Kind"),
    "subject": _l("Subject"),
    "times": _l("When"),
    "time_zone": _l("Time zone"),
    "rule": _l("Repeats"),
    "due_on": _l("Due date"),
    "status": _l("Status"),
    "priority": _l("Priority"),
    "percent_done": _l("Percent done"),
    "project": _l("Project"),
    "ticket_id": _l("Ticket"),
    "activity_type": _l("Done by"),
    "client_id": _l("Client"),
    "contact_id": _l("Contact"),
    "outcome": _l("Outcome"),
    "location": _l("Location"),
    "site": _l("Site"),
    "description": _l("Description"),
    "is_busy": _l("Show me as"),
    "reminder_minutes": _l("Reminder"),
    "is_private": _l("Private"),
    "external_id": _l("Id in other software"),
}
ACTION_WORDS = {
    "created": _l("Added"),
    "changed": _l("Changed"),
    "deleted": _l("Deleted"),
    "restored": _l("Restored"),
}
#: Minutes ahead that a form offers for a reminder.
REMINDERS = (0, 5, 10, 15, 30, 60, 120, 1440, 2880, 10080)


@dataclass(frozen=True)
class Names:
    """What ids are called: tickets, clients, contacts; and the reader's zone."""

    zone: ZoneInfo
    tickets: Mapping[str, str] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)


def say_reminder(minutes: int) -> str:
    """Return how long ahead a reminder comes."""
    if not minutes:
        return _("When it starts")
    if minutes % 1440 == 0:
        return _n("%(num)d day before", "%(num)d days before", minutes // 1440)
    if minutes % 60 == 0:
        return _n("%(num)d hour before", "%(num)d hours before", minutes // 60)
    return _n("%(num)d minute before", "%(num)d minutes before", minutes)


def say_times(times: Times | None, zone: ZoneInfo) -> str:
    """Return from when to when, days in full, in a zone."""
    if times is None:
        return _("Not scheduled")
    if isinstance(times, AllDay):
        last = times.end - timedelta(days=1)
        if last == times.start:
            return _("%(day)s, all day", day=_say_day(times.start))
        return _("%(start)s to %(end)s", start=_say_day(times.start), end=_say_day(last))
    start, end = times.start.astimezone(zone), times.end.astimezone(zone)
    if times.start == times.end:
        return _say_moment(start)
    # Where the clocks go back between, the two may look as if they were in the wrong order.
    if start.date() == end.date() and start.utcoffset() == end.utcoffset():
        return _("%(start)s to %(end)s", start=_say_moment(start), end=f"{end:%H:%M}")
    return _("%(start)s to %(end)s", start=_say_moment(start), end=_say_moment(end))


def describe_field(name: str, value: Any, names: Names, fields: ItemFields | None = None) -> str:
    """Return a value of a field, as JSON has it, in words."""
    if value is None or value == "":
        return _("None")
    describe = _DESCRIBERS.get(name)
    if describe is not None:
        return describe(value, names)
    if name == "rule":
        return _describe_rule(str(value), fields)
    return str(value)


def _describe_rule(rule: str, fields: ItemFields | None) -> str:
    try:
        return describe_rule(rule, fields.times) if fields and fields.times else rule
    except RuleError:  # a rule of long ago, for other times than those of today
        return rule


def _describe_times(value: Any, names: Names) -> str:
    return say_times(load_times(value), names.zone)


def _describe_day(value: Any, _names: Names) -> str:
    day = load_field("due_on", value)
    return _say_day(day) if isinstance(day, date) else str(value)


def _say_day(day: date) -> str:
    return str(format_date(day, "EEE d MMM yyyy"))


def _say_moment(moment: datetime) -> str:
    return str(format_datetime(moment, "EEE d MMM yyyy, HH:mm", rebase=False))


_DESCRIBERS: dict[str, Callable[[Any, Names], str]] = {
    "times": _describe_times,
    "due_on": _describe_day,
    "kind": lambda value, _names: name_kind(value),
    "status": lambda value, _names: str(STATUS_WORDS[value]),
    "priority": lambda value, _names: str(PRIORITY_WORDS[value]),
    "activity_type": lambda value, _names: str(ACTIVITY_WORDS[value]),
    "percent_done": lambda value, _names: _("%(percent)s %%", percent=value),
    "is_private": lambda value, _names: _("Yes") if value else _("No"),
    "is_busy": lambda value, _names: _("Busy") if value else _("Free"),
    "reminder_minutes": lambda value, _names: say_reminder(value),
    "ticket_id": lambda value, names: names.tickets.get(value, _("A ticket")),
    "client_id": lambda value, names: names.clients.get(value, _("A client")),
    "contact_id": lambda value, names: names.contacts.get(value, _("A contact")),
}


def is_elsewhere(times: Times | None, zone: ZoneInfo) -> bool:
    """Tell whether times were made in another zone than the reader's."""
    return isinstance(times, Timed) and times.zone != zone.key
