"""Events as the owner of a mailbox sees them: in words, and in the mailbox's own zone."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.sandbox.event_form import EventForm


@dataclass(frozen=True)
class Entry:
    """One event on the pages; times are in ``zone``, and the end of whole days is exclusive."""

    uid: str
    event_id: str | None
    calendar_id: str
    calendar: str
    title: str
    text: str
    place: str
    guests: list[str]
    start: datetime | date
    end: datetime | date
    zone: str
    series_id: str | None
    is_private: bool

    @property
    def name(self) -> str:
        """The title, or what stands in for it."""
        return self.title.strip() or "(no title)"

    @property
    def is_managed(self) -> bool:
        """Whether an application made it."""
        return self.event_id is not None

    @property
    def is_repeating(self) -> bool:
        """Whether it belongs to a series."""
        return self.series_id is not None

    @property
    def is_all_day(self) -> bool:
        """Whether it is days and not instants."""
        return not isinstance(self.start, datetime)

    @property
    def first_day(self) -> date:
        """The day on which it starts."""
        return self.start.date() if isinstance(self.start, datetime) else self.start

    @property
    def last_day(self) -> date:
        """The last day of which it takes a part; what ends at midnight ends the day before."""
        if isinstance(self.end, datetime):
            last = (self.end - timedelta(microseconds=1)).date()
        else:
            last = self.end - timedelta(days=1)
        return max(self.first_day, last)

    def clock_on(self, day: date) -> str:
        """Return when it starts, if it does so on this day."""
        return _clock(self.start) if day == self.first_day else ""

    def span_on(self, day: date) -> str:
        """Return what it takes of this day."""
        starts, ends = day == self.first_day, day == self.last_day
        if self.is_all_day or not (starts or ends):
            return "All day"
        if starts and ends:
            return f"{_clock(self.start)} to {_clock(self.end)}"
        return f"from {_clock(self.start)}" if starts else f"until {_clock(self.end)}"

    @property
    def when(self) -> str:
        """Return from when to when, in full."""
        first, last = _write_day(self.first_day), _write_day(self.last_day)
        if self.is_all_day:
            return f"{first}, all day" if first == last else f"{first} to {last}, all day"
        if first == last:
            return f"{first}, {_clock(self.start)} to {_clock(self.end)} ({self.zone})"
        end = f"{_write_day(_day_of(self.end))}, {_clock(self.end)}"
        return f"{first}, {_clock(self.start)} to {end} ({self.zone})"

    def fill_form(self) -> EventForm:
        """Return the form in which the owner may change it."""
        last = _day_of(self.end) - timedelta(days=1 if self.is_all_day else 0)
        return EventForm(
            summary=self.title,
            calendar=self.calendar_id,
            all_day=self.is_all_day,
            start_day=self.first_day.isoformat(),
            start_time=_clock(self.start),
            end_day=last.isoformat(),
            end_time=_clock(self.end),
            zone=self.zone,
            location=self.place,
            description=self.text,
            guests="\n".join(self.guests),
            private=self.is_private,
        )


def describe_entry(shown: dict[str, Any], calendar: str, zone: str) -> Entry:
    """Make an entry of an event as the API shows it; ``calendar`` is the calendar's name."""
    location = shown.get("location") or {}
    return Entry(
        uid=shown["event_uid"],
        event_id=shown.get("event_id"),
        calendar_id=shown["calendar_id"],
        calendar=calendar,
        title=_as_text(shown["summary"]),
        text=_as_text(shown["description"]),
        place=_as_text(location.get("description")),
        guests=[
            _as_text(each.get("email")) for each in shown["attendees"] if isinstance(each, dict)
        ],
        start=_read(shown["start"], zone),
        end=_read(shown["end"], zone),
        zone=zone,
        series_id=shown.get("series_identifier"),
        is_private=bool(shown["event_private"]),
    )


def describe_row(row: sqlite3.Row, calendar: str, zone: str) -> Entry:
    """Make an entry of an event's row."""
    return describe_entry(json.loads(row["wire"]), calendar, zone)


def group_by_day(entries: list[Entry], first: date, last: date) -> dict[date, list[Entry]]:
    """Return the entries of each day from ``first`` to ``last`` that has any, in order."""
    days: dict[date, list[Entry]] = {}
    for entry in sorted(entries, key=_order):
        begin, finish = max(first, entry.first_day), min(last, entry.last_day)
        for number in range((finish - begin).days + 1):
            days.setdefault(begin + timedelta(days=number), []).append(entry)
    return dict(sorted(days.items()))


def _order(entry: Entry) -> tuple[date, str, str]:
    return entry.first_day, _clock(entry.start), entry.title


def _as_text(text: object) -> str:
    """Return a text for whatever a program has written there."""
    return str(text or "")


def _read(text: str, zone: str) -> datetime | date:
    if len(text) == len("2026-11-24"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(ZoneInfo(zone))


def _day_of(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _clock(moment: datetime | date) -> str:
    return f"{moment:%H:%M}" if isinstance(moment, datetime) else ""


def _write_day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
