"""Items as iCalendar (RFC 5545): a calendar that other programs understand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, Todo, vRecur

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.recurrence import Override
from calsync.services.ics_properties import STATUS, ZONE, Entry, add_own, clean

PRODUCT = "-//calsync//My Calendar//EN"
_DAY = timedelta(days=1)
_TODO_STATUS = {
    ItemStatus.OPEN: "NEEDS-ACTION",
    ItemStatus.DONE: "COMPLETED",
    ItemStatus.CANCELLED: "CANCELLED",
}


@dataclass(frozen=True)
class Written:
    """An item to be written; ``names`` are those that its ids stand for, by their fields."""

    id: str
    version: int
    fields: ItemFields
    updated_at: datetime
    overrides: tuple[Override, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def write_calendar(items: Iterable[Written], name: str, *, only_events: bool = False) -> bytes:
    """Return a calendar with these items, and with every zone that they name.

    What is to be done by a day or a moment, or whenever, is a task of the standard's
    (VTODO), unless the reader knows ``only_events``; what takes up time is an event.
    The second of two equal local times cannot be written with a zone, so that such
    an item is written in UTC; a series keeps its zone all the same.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", clean(name))
    entries = [entry for item in items for entry in _entries_of(item, only_events)]
    for zone in sorted({_zone_of(entry) for entry in entries} - {""}):
        calendar.add_component(_find_timezone(zone))
    for entry in entries:
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def uid_of(item_id: str) -> str:
    """Return the name by which other programs know an item; it never changes."""
    return f"{item_id}@calsync"


def _entries_of(item: Written, only_events: bool) -> list[Entry]:
    if not only_events and _is_todo(item.fields):
        return [_make_todo(item)]
    return list(_events_of(item))


def _is_todo(fields: ItemFields) -> bool:
    """Tell whether an item is to be done by some time, and takes up none itself."""
    times = fields.times
    if times is None:
        return True
    length = times.end - times.start
    return fields.kind is Kind.TODO and length == (
        timedelta() if isinstance(times, Timed) else _DAY
    )


def _make_todo(item: Written) -> Todo:
    todo, fields = Todo(), item.fields
    _add_common(todo, item, fields)
    todo.add("status", _TODO_STATUS[fields.status])
    if fields.kind is Kind.TASK:
        todo.add("percent-complete", fields.percent_done)
        if fields.due_on:
            todo.add("due", fields.due_on)
    elif isinstance(fields.times, Timed):
        todo.add("due", _in_zone(fields.times, fields.times.start))
    elif fields.times:
        todo.add("due", fields.times.start)
    todo.add(ZONE, fields.time_zone)
    return todo


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
    _add_common(event, item, fields)
    event.add("transp", "OPAQUE" if _takes_time(fields) else "TRANSPARENT")
    is_cancelled = fields.status is ItemStatus.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add(STATUS, fields.status.value)
    _add_times(event, fields)
    if fields.rule:
        event.add("rrule", vRecur.from_ical(fields.rule))
    if fields.reminder_minutes is not None:
        event.add_component(_make_alarm(fields.reminder_minutes))
    return event


def _add_common(entry: Entry, item: Written, fields: ItemFields) -> None:
    entry.add("uid", uid_of(item.id))
    entry.add("dtstamp", item.updated_at.astimezone(UTC).replace(microsecond=0))
    entry.add("sequence", item.version - 1)
    entry.add("summary", clean(fields.subject))
    for name in ("description", "location"):
        if text := clean(getattr(fields, name)):
            entry.add(name, text)
    entry.add("class", "PRIVATE" if fields.is_private else "PUBLIC")
    add_own(entry, fields, item.names)


def _takes_time(fields: ItemFields) -> bool:
    """Tell whether others find whoever has the item busy: a due date keeps nobody busy."""
    is_due = fields.kind in (Kind.TASK, Kind.TODO) and isinstance(fields.times, AllDay)
    return fields.is_busy and not is_due


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


def _in_zone(times: Timed, moment: datetime) -> datetime:
    """Return a moment as a file can say it: by the clock of its zone where that is clear."""
    shown = moment.astimezone(ZoneInfo(times.zone))
    return moment.astimezone(UTC) if times.zone == NO_ZONE or shown.fold else shown


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
    length = times.end - times.start if isinstance(times, AllDay) else _DAY
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


def _zone_of(entry: Entry) -> str:
    """Return the zone that an entry names, if it names one."""
    moment = entry.get("DTSTART" if isinstance(entry, Event) else "DUE")
    return str(moment.params.get("TZID", "")) if moment is not None else ""
