"""Items as iCalendar (RFC 5545): a calendar that other programs understand."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vRecur

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.item import ItemFields, ItemStatus
from calsync.core.recurrence import Override

PRODUCT = "-//calsync//My Calendar//EN"
#: Ours beside the standard's: what no property of the standard holds.
KIND, STATUS, ZONE = "X-CALSYNC-KIND", "X-CALSYNC-STATUS", "X-CALSYNC-ZONE"


@dataclass(frozen=True)
class Written:
    """An item to be written."""

    id: str
    version: int
    fields: ItemFields
    updated_at: datetime
    overrides: tuple[Override, ...] = ()


def write_calendar(items: Iterable[Written], name: str) -> bytes:
    """Return a calendar with these items, and with every zone that they name.

    The second of two equal local times cannot be written with a zone, so that such
    an item is written in UTC; a series keeps its zone all the same.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _clean(name))
    events = [event for item in items for event in _events_of(item)]
    for zone in sorted({_zone_of(event) for event in events} - {""}):
        calendar.add_component(_find_timezone(zone))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def uid_of(item_id: str) -> str:
    """Return the name by which other programs know an item; it never changes."""
    return f"{item_id}@calsync"


def _events_of(item: Written) -> list[Event]:
    if item.fields.times is None:
        return []
    master = _make_event(item, item.fields)
    removed = [each.key for each in item.overrides if each.is_removed]
    for key in removed:
        master.add("exdate", _moment_of(key, item.fields))
    events = [master]
    for each in item.overrides:
        if not each.is_removed:
            changes: dict[str, Any] = {"times": _times_of(each.key, item.fields), **each.changes}
            event = _make_event(item, replace(item.fields, rule=None, **changes))
            event.add("recurrence-id", _moment_of(each.key, item.fields))
            events.append(event)
    return events


def _make_event(item: Written, fields: ItemFields) -> Event:
    event = Event()
    event.add("uid", uid_of(item.id))
    event.add("dtstamp", item.updated_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", item.version - 1)
    event.add("summary", _clean(fields.subject))
    for name in ("description", "location"):
        if text := _clean(getattr(fields, name)):
            event.add(name, text)
    event.add("class", "PRIVATE" if fields.is_private else "PUBLIC")
    event.add("transp", "OPAQUE" if fields.is_busy else "TRANSPARENT")
    is_cancelled = fields.status is ItemStatus.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add(STATUS, fields.status.value)
    event.add(KIND, fields.kind.value)
    _add_times(event, fields)
    if fields.rule:
        event.add("rrule", vRecur.from_ical(fields.rule))
    if fields.reminder_minutes is not None:
        event.add_component(_make_alarm(fields.reminder_minutes))
    return event


def _add_times(event: Event, fields: ItemFields) -> None:
    times = fields.times
    if isinstance(times, AllDay):
        event.add("dtstart", times.start)
        event.add("dtend", times.end)
        event.add(ZONE, fields.time_zone)
    elif times is not None:
        zone = ZoneInfo(times.zone)
        start, end = times.start.astimezone(zone), times.end.astimezone(zone)
        if times.zone == NO_ZONE or ((start.fold or end.fold) and not fields.rule):
            start, end = times.start.astimezone(UTC), times.end.astimezone(UTC)
            event.add(ZONE, times.zone)
        event.add("dtstart", start)
        # Nothing that begins and ends at once has an end in the standard.
        if times.end > times.start:
            event.add("dtend", end)


def _make_alarm(minutes: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "calsync")
    alarm.add("trigger", timedelta(minutes=-minutes))
    return alarm


def _times_of(key: str, fields: ItemFields) -> Times:
    """Return when an occurrence takes place by its rule, as long as the first one."""
    start, times = _moment_of(key, fields), fields.times
    if isinstance(times, Timed) and isinstance(start, datetime):
        begin = start.astimezone(UTC)
        wall = begin.astimezone(ZoneInfo(times.zone)).replace(tzinfo=None)
        end = (wall + _wall_length(times)).replace(tzinfo=ZoneInfo(times.zone)).astimezone(UTC)
        return Timed(begin, max(begin, end), times.zone)
    length = times.end - times.start if isinstance(times, AllDay) else timedelta(days=1)
    return AllDay(start, start + length)


def _wall_length(times: Timed) -> timedelta:
    zone = ZoneInfo(times.zone)
    start, end = (m.astimezone(zone).replace(tzinfo=None) for m in (times.start, times.end))
    return max(end - start, timedelta())


def _moment_of(key: str, fields: ItemFields) -> date:
    """Return the start that the rule gave an occurrence, in the zone of its series."""
    if isinstance(fields.times, Timed):
        zone = UTC if fields.times.zone == NO_ZONE else ZoneInfo(fields.times.zone)
        return datetime.fromisoformat(key).replace(tzinfo=zone)
    return date.fromisoformat(key[:10])


@cache
def _find_timezone(zone: str) -> Timezone:
    return Timezone.from_tzinfo(ZoneInfo(zone))


def _zone_of(event: Event) -> str:
    """Return the zone that an event names, if it names one."""
    return str(event["DTSTART"].params.get("TZID", ""))


def _clean(text: str) -> str:
    """Return a text without what the standard forbids in one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or (char >= " " and char != "\x7f"))
