"""What recurring-ical-events makes of a series: the judge of our own expansion."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event
from icalendar.prop import vRecur

from calsync.core.event import AllDay, Timed, Times
from calsync.core.recurrence import Override


def ask_oracle(
    times: Times,
    rule: str,
    start: datetime,
    end: datetime,
    overrides: Iterable[Override] = (),
) -> list[Times]:
    """Return the times of every occurrence between two instants, in order."""
    calendar = Calendar()
    series = _event(times)
    series.add("RRULE", vRecur.from_ical(rule))
    calendar.add_component(series)
    for override in overrides:
        original = _original_start(times, override.key)
        if override.is_removed:
            series.add("EXDATE", original)
        elif override.times:
            moved = _event(override.times)
            moved.add("RECURRENCE-ID", original)
            calendar.add_component(moved)
    again = Calendar.from_ical(calendar.to_ical())
    span = (start, end) if isinstance(times, Timed) else (start.date(), end.date())
    found = recurring_ical_events.of(again).between(*span)
    zone = times.zone if isinstance(times, Timed) else ""
    return sorted((_times_of(each, zone) for each in found), key=lambda each: each.start)


def _event(times: Times) -> Event:
    event = Event()
    event.add("UID", "series")
    event.add("DTSTAMP", datetime(2026, 1, 1, tzinfo=UTC))
    if isinstance(times, Timed):
        zone = ZoneInfo(times.zone)
        event.add("DTSTART", times.start.astimezone(zone))
        event.add("DTEND", times.end.astimezone(zone))
    else:
        event.add("DTSTART", times.start)
        event.add("DTEND", times.end)
    return event


def _original_start(times: Times, key: str) -> date:
    if isinstance(times, AllDay):
        return date.fromisoformat(key)
    return datetime.fromisoformat(key).replace(tzinfo=ZoneInfo(times.zone))


def _times_of(event: Event, zone: str) -> Times:
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    if not isinstance(start, datetime):
        return AllDay(start, end)
    begins = start.astimezone(UTC)
    return Timed(begins, max(begins, end.astimezone(UTC)), zone)
