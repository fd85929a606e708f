"""iCalendar (RFC 5545) as items: whatever other programs have written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.item import EARLIEST_REMINDER, ItemFields, ItemStatus, Kind, find_faults
from calsync.core.recurrence import Override, expand, find_occurrences, parse_rule
from calsync.core.rule import RuleError
from calsync.services.ics_lines import Component, cut_components
from calsync.services.ics_writing import KIND, STATUS, ZONE
from calsync.services.ics_zones import find_zone

#: More exceptions than anybody makes by hand in one series.
MOST_OVERRIDES = 500
_OWN_KINDS = {Kind.CRM_ACTIVITY, Kind.TASK, Kind.TODO}
_OVERRIDDEN = ("subject", "description", "location", "status", "is_busy", "reminder_minutes")
#: A zone whose name has a vendor's path before it.
_VENDOR = re.compile(r'(;TZID=)"?(/[^";:\r\n]+)"?', re.IGNORECASE)
_FAR = datetime(2300, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """An entry that cannot become an item; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Problem:
    """What could not be read: where in the file, and why."""

    line: int
    code: str
    subject: str = ""


@dataclass(frozen=True)
class Draft:
    """An item that a file would become; ``uid`` is its name there, if it has one."""

    line: int
    uid: str
    fields: ItemFields
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True)
class Read:
    """Everything that is in a file."""

    drafts: tuple[Draft, ...]
    problems: tuple[Problem, ...]


def read_calendar(text: str, zone: str) -> Read:
    """Return what a file holds; local times without a zone are those of ``zone``.

    Raises RefusedFile for a file that is not read at all.
    """
    drafts: list[Draft] = []
    problems: list[Problem] = []
    masters: list[tuple[Component, Event]] = []
    changed: dict[str, list[tuple[Component, Event]]] = {}
    for component in cut_components(text):
        try:
            event = _parse(component)
        except Unreadable as error:
            problems.append(Problem(component.line, error.code))
            continue
        if "RECURRENCE-ID" in event:
            changed.setdefault(_text(event, "UID"), []).append((component, event))
        else:
            masters.append((component, event))
    for component, event in masters:
        own = changed.pop(_text(event, "UID"), []) if "RRULE" in event else []
        try:
            drafts.append(_read_event(component, event, [each for _, each in own], zone))
        except Unreadable as error:
            problems.append(Problem(component.line, error.code, _text(event, "SUMMARY")))
    for component, event in (each for rest in changed.values() for each in rest):
        problems.append(Problem(component.line, "no_series", _text(event, "SUMMARY")))
    return Read(tuple(drafts), tuple(sorted(problems, key=lambda each: each.line)))


def _name_plainly(found: re.Match[str]) -> str:
    # The library would guess what is meant, and warn of it in the log with the name.
    return f"{found[1]}{find_zone(found[2]) or 'Unknown'}"


def _parse(component: Component) -> Event:
    if component.name != "VEVENT":
        raise Unreadable("other_component")
    try:
        event = Event.from_ical(_VENDOR.sub(_name_plainly, component.text))
    except (ValueError, KeyError, IndexError, TypeError, OverflowError):
        raise Unreadable("broken") from None
    if not isinstance(event, Event) or event.errors:
        raise Unreadable("broken")
    if any(isinstance(event.get(name), list) for name in ("DTSTART", "DTEND", "RRULE", "UID")):
        raise Unreadable("broken")
    return event


def _read_event(component: Component, event: Event, changed: list[Event], zone: str) -> Draft:
    fields = _read_fields(event, zone)
    overrides: tuple[Override, ...] = ()
    if "RDATE" in event:
        raise Unreadable("extra_dates")
    if "RRULE" in event:
        fields = _with_rule(event, fields)
        overrides = _read_overrides(event, fields, changed)
    if faults := find_faults(fields):
        fault = faults[0]
        raise Unreadable(f"{fault.field}.{fault.code}")
    return Draft(component.line, _text(event, "UID"), fields, overrides)


def _read_fields(event: Event, zone: str) -> ItemFields:
    times, own_zone = _read_times(event, zone)
    kind = _text(event, KIND)
    fields = ItemFields(
        kind=Kind(kind) if kind in _OWN_KINDS and "RRULE" not in event else Kind.APPOINTMENT,
        subject=" ".join(_text(event, "SUMMARY").split("\n")).strip() or "-",
        times=times,
        time_zone=own_zone,
        description=_text(event, "DESCRIPTION"),
        location=_text(event, "LOCATION"),
        is_private=_text(event, "CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"),
        status=_read_status(event),
    )
    if fields.kind is not Kind.APPOINTMENT:
        return fields
    is_busy = _text(event, "TRANSP").upper() != "TRANSPARENT"
    return replace(fields, is_busy=is_busy, reminder_minutes=_read_reminder(event))


def _read_status(event: Event) -> ItemStatus:
    if _text(event, "STATUS").upper() == "CANCELLED":
        return ItemStatus.CANCELLED
    return ItemStatus.DONE if _text(event, STATUS) == "done" else ItemStatus.OPEN


def _read_times(event: Event, zone: str) -> tuple[Times, str]:
    if "DTSTART" not in event:
        raise Unreadable("start.missing")
    start = _get(event, "DTSTART").dt
    own_zone = find_zone(_text(event, ZONE)) or zone
    try:
        if isinstance(start, datetime):
            begin, begin_zone = _instant(event, "DTSTART", zone)
            if begin_zone == NO_ZONE and "RRULE" not in event:
                begin_zone = own_zone
            return Timed(begin, _end_of(event, begin, zone, begin_zone), begin_zone), begin_zone
        return AllDay(start, _last_day(event, start)), own_zone
    except (ValueError, OverflowError) as error:
        raise Unreadable(getattr(error, "code", "end.before_start")) from None


def _end_of(event: Event, begin: datetime, zone: str, begin_zone: str) -> datetime:
    if "DTEND" in event:
        return _instant(event, "DTEND", zone)[0]
    if "DURATION" in event:
        length: timedelta = _get(event, "DURATION").dt
        wall = begin.astimezone(ZoneInfo(begin_zone)).replace(tzinfo=None)
        # Days are those of the clock on the wall; hours are hours (RFC 5545, 3.3.6).
        moved = (wall + timedelta(days=length.days)).replace(tzinfo=ZoneInfo(begin_zone))
        return moved.astimezone(UTC) + timedelta(seconds=length.seconds)
    return begin


def _last_day(event: Event, start: date) -> date:
    if "DTEND" in event:
        end: date = _get(event, "DTEND").dt
        if isinstance(end, datetime):
            raise Unreadable("broken")
        return max(end, start + timedelta(days=1)) if end == start else end
    days = _get(event, "DURATION").dt.days if "DURATION" in event else 1
    return start + timedelta(days=max(days, 1))


def _instant(event: Event, name: str, zone: str) -> tuple[datetime, str]:
    """Return a time of an event in UTC, and the zone that it is written in."""
    return _to_utc(_get(event, name).dt, str(_get(event, name).params.get("TZID", "")), zone)


def _to_utc(moment: Any, name: str, zone: str) -> tuple[datetime, str]:
    if not isinstance(moment, datetime):
        raise Unreadable("broken")
    if not name and moment.tzinfo is not None:
        return moment.astimezone(UTC), NO_ZONE
    found = find_zone(name) if name else zone
    if found is None:
        raise Unreadable("zone.unknown")
    # By our own rules for times that are skipped or come twice, and not the library's.
    wall = moment.replace(tzinfo=ZoneInfo(found), microsecond=0, fold=0)
    return wall.astimezone(UTC), found


def _read_reminder(event: Event) -> int | None:
    for alarm in event.walk("VALARM"):
        trigger = getattr(alarm.get("TRIGGER"), "dt", None)
        if isinstance(trigger, timedelta):
            minutes = -trigger // timedelta(minutes=1)
            if 0 <= minutes <= EARLIEST_REMINDER:
                return minutes
    return None


def _with_rule(event: Event, fields: ItemFields) -> ItemFields:
    if fields.times is None:
        raise Unreadable("start.missing")
    try:
        rule = parse_rule(_get(event, "RRULE").to_ical().decode(), fields.times)
    except RuleError as error:
        raise Unreadable(f"rule.{error.code}") from None
    return replace(fields, rule=rule.text)


def _read_overrides(event: Event, fields: ItemFields, changed: list[Event]) -> tuple[Override, ...]:
    removed = {_key_of(moment, name, fields) for moment, name in _list_dates(event, "EXDATE")}
    by_key = {
        _key_of(
            _get(each, "RECURRENCE-ID").dt,
            str(_get(each, "RECURRENCE-ID").params.get("TZID", "")),
            fields,
        ): each
        for each in changed
    }
    if len(removed) + len(by_key) > MOST_OVERRIDES:
        raise Unreadable("rule.too_many")
    times = fields.times
    if times is None or fields.rule is None:
        return ()
    rule = parse_rule(fields.rule, times)
    found = {each.key: each for each in find_occurrences(times, rule, removed | by_key.keys())}
    start = datetime.combine(times.start, time(), UTC) - timedelta(days=2)
    first = islice(expand(times, rule, start, _FAR), len(removed) + 1)
    if all(each.key in removed for each in first):
        raise Unreadable("rule.never_occurs")
    edited = sorted(by_key.keys() & found.keys() - removed)
    return (
        *(Override(key, is_removed=True) for key in sorted(removed & found.keys())),
        *(Override(key, changes=_changes(by_key[key], fields, found[key].times)) for key in edited),
    )


def _changes(event: Event, fields: ItemFields, times: Times) -> dict[str, object]:
    one = _read_fields(event, fields.time_zone)
    changes: dict[str, object] = {
        name: getattr(one, name)
        for name in _OVERRIDDEN
        if getattr(one, name) != getattr(fields, name)
    }
    if isinstance(one.times, Timed):
        one = replace(one, times=replace(one.times, zone=fields.time_zone))
    return {**changes, "times": one.times} if one.times != times else changes


def _list_dates(event: Event, name: str) -> Iterator[tuple[date, str]]:
    lists: Any = event.get(name, [])
    for each in lists if isinstance(lists, list) else [lists]:
        for moment in each.dts:
            yield moment.dt, str(each.params.get("TZID", ""))


def _key_of(moment: date, name: str, fields: ItemFields) -> str:
    """Return the key of the occurrence that was to begin at a moment."""
    if isinstance(fields.times, AllDay) or not isinstance(moment, datetime):
        return moment.isoformat()[:10]
    zone = fields.time_zone
    found = find_zone(name) if name else zone
    if (name and found == zone) or (not name and moment.tzinfo is None):
        wall = moment.replace(tzinfo=None)
    else:
        wall = _to_utc(moment, name, zone)[0].astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return wall.isoformat() if wall.second else wall.isoformat()[:16]


def _get(event: Event, name: str) -> Any:
    """Return a property, whose type the library does not tell beforehand."""
    return event[name]


def _text(event: Event, name: str) -> str:
    """Return a text of an event, empty where it has none; of several, the first."""
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
