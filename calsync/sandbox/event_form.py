"""The form in which a mailbox's owner writes an event, and what it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.sandbox.months import FIRST_YEAR, LAST_YEAR
from calsync.sandbox.times import find_zone

FREQUENCIES = {"daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY"}
#: More is a slip of the keyboard: two years of days, a hundred guests.
MOST_TIMES, MOST_GUESTS = 731, 100
#: The zones that the form offers besides the mailbox's and the event's own.
ZONES = [
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Anchorage",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Reykjavik",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Etc/UTC",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Honolulu",
]
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_ADDRESS = re.compile(r"[^\s@,;]+@[^\s@,;]+")


@dataclass(frozen=True)
class Span:
    """When an event is: instants with a zone, or whole days with the end exclusive."""

    start: datetime | date
    end: datetime | date
    zone: str

    @property
    def is_all_day(self) -> bool:
        """Whether it is days and not instants."""
        return not isinstance(self.start, datetime)


@dataclass(frozen=True)
class EventForm:
    """The fields as they were typed, so that a refused form comes back as it was."""

    summary: str = ""
    calendar: str = ""
    all_day: bool = False
    start_day: str = ""
    start_time: str = ""
    end_day: str = ""
    end_time: str = ""
    zone: str = ""
    repeats: str = ""
    count: str = ""
    until: str = ""
    location: str = ""
    description: str = ""
    guests: str = ""
    private: bool = False
    scope: str = "one"

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "EventForm":
        """Take the fields from a request; ticks are there or not."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            text = typed.get(field.name, "")
            is_tick = isinstance(field.default, bool)
            values[field.name] = bool(text) if is_tick else text.replace("\r\n", "\n")
        return cls(**values)

    def list_guests(self) -> list[str]:
        """Return the guests' addresses, each once, however they are separated."""
        return list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", self.guests))))


class Reading:
    """What a form says, as far as it says anything; ``errors`` holds a sentence a field."""

    def __init__(self, form: EventForm) -> None:
        self.form = form
        self.errors: dict[str, str] = {}
        self.span = self._read_span()
        self.rule = self._read_rule()
        self.guests = self._read_guests()

    def _read_span(self) -> Span | None:
        first = self._read_day("start_day", "Enter the day on which the event starts")
        last = self._read_day("end_day", "Enter the day on which the event ends")
        zone = find_zone(self.form.zone)
        if zone is None:
            self.errors["zone"] = "Choose a time zone from the list"
        if self.form.all_day:
            if first and last and zone:
                return self._order(Span(first, last + timedelta(days=1), self.form.zone))
            return None
        begin = self._read_time("start_time", "Enter when the event starts, like 09:30")
        finish = self._read_time("end_time", "Enter when the event ends, like 10:30")
        if first and last and zone and begin is not None and finish is not None:
            start, end = _localize(first, begin, zone), _localize(last, finish, zone)
            return self._order(Span(start, end, self.form.zone))
        return None

    def _order(self, span: Span) -> Span | None:
        if _is_in_order(span):
            return span
        field = "end_day" if self.form.end_day != self.form.start_day else "end_time"
        self.errors[field] = "The event must end after it starts"
        return None

    def _read_day(self, field: str, complaint: str) -> date | None:
        typed = getattr(self.form, field).strip()
        day = _find_day(typed)
        if day is None:
            self.errors[field] = complaint if not typed else "Enter a day like 2026-11-24"
        elif not FIRST_YEAR <= day.year < LAST_YEAR:
            self.errors[field] = f"Enter a day from {FIRST_YEAR} to {LAST_YEAR - 1}"
            return None
        return day

    def _read_time(self, field: str, complaint: str) -> time | None:
        # Browsers add seconds where the value had some.
        match = _TIME.fullmatch(getattr(self.form, field).strip()[:5])
        if match is None:
            self.errors[field] = complaint
            return None
        return time(int(match[1]), int(match[2]))

    def _read_rule(self) -> str | None:
        """Return the rule of RFC 5545, or None for an event that happens once."""
        if not self.form.repeats:
            return None
        frequency = FREQUENCIES.get(self.form.repeats)
        if frequency is None:
            self.errors["repeats"] = "Choose how often the event repeats"
            return None
        if self.form.count.strip():
            return self._read_count(frequency)
        if not self.form.until.strip():
            self.errors["count"] = "Enter how many times the event happens, or its last day"
            return None
        until = self._read_day("until", "Enter the last day")
        return self._end_rule(frequency, until) if until else None

    def _read_count(self, frequency: str) -> str | None:
        typed = self.form.count.strip()
        is_number = typed.isascii() and typed.isdigit() and len(typed) <= 4
        if not is_number or not 1 <= int(typed) <= MOST_TIMES:
            self.errors["count"] = f"Enter a number from 1 to {MOST_TIMES}"
            return None
        return f"FREQ={frequency};COUNT={int(typed)}"

    def _end_rule(self, frequency: str, until: date) -> str | None:
        first = _find_day(self.form.start_day.strip())
        if first and not first <= until <= first + timedelta(days=MOST_TIMES):
            self.errors["until"] = "The last day must be within two years after the first"
            return None
        # Without a Z it counts in the zone of the event, in which the series is made.
        return f"FREQ={frequency};UNTIL={until:%Y%m%d}T235959"

    def _read_guests(self) -> list[str]:
        guests = self.form.list_guests()
        if len(guests) > MOST_GUESTS:
            self.errors["guests"] = f"Invite {MOST_GUESTS} guests at most"
        elif not all(_ADDRESS.fullmatch(guest) for guest in guests):
            self.errors["guests"] = "Enter one e-mail address a line, like kim@firm.example"
        return guests


def _find_day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _localize(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone)


def _is_in_order(span: Span) -> bool:
    """Compare instants: by the clocks alone, an hour of the spring change would pass."""
    if isinstance(span.start, datetime) and isinstance(span.end, datetime):
        return span.start.timestamp() <= span.end.timestamp()
    return span.start < span.end
