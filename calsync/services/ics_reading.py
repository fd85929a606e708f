"""iCalendar (RFC 5545) as items: whatever other programs have written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from icalendar import Event, Todo

from calsync.core.item import (
    EARLIEST_REMINDER,
    ItemFields,
    ItemStatus,
    Kind,
    find_faults,
)
from calsync.core.recurrence import Override
from calsync.services.ics_lines import Component, Unreadable, cut_components
from calsync.services.ics_properties import (
    KIND,
    STATUS,
    Entry,
    number_of,
    read_names,
    read_own,
    text_of,
)
from calsync.services.ics_series import read_overrides, with_rule
from calsync.services.ics_times import read_times
from calsync.services.ics_todos import kind_of_todo, read_todo_status, read_todo_times
from calsync.services.ics_zones import find_zone

_CLASSES: dict[str, type[Entry]] = {"VEVENT": Event, "VTODO": Todo}
#: What there is once at most, and what type it has to be of.
_ONCE: dict[str, type] = {
    "DTSTART": date,
    "DTEND": date,
    "DUE": date,
    "RECURRENCE-ID": date,
    "DURATION": timedelta,
}
_ONCE_OF_ANY_TYPE = ("UID", "RRULE")
#: What the library raises at what it cannot read: to look for a zone, it opens a file of
#: that name, and it takes every name for one text.
_BROKEN = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    OSError,
)
#: A zone whose name has a vendor's path before it.
_VENDOR = re.compile(r'(;TZID=)"?(/[^";:\r\n]+)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """What could not be read: where in the file, and why."""

    line: int
    code: str
    subject: str = ""


@dataclass(frozen=True)
class Draft:
    """An item that a file would become; ``uid`` is its name there, if it has one.

    The ids among the fields are those of whoever wrote the file, and ``names`` what they
    stand for: nothing says that they mean anything here.
    """

    line: int
    uid: str
    fields: ItemFields
    overrides: tuple[Override, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


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
    masters: list[tuple[Component, Entry]] = []
    changed: dict[str, list[tuple[Component, Entry]]] = {}
    for component in cut_components(text):
        try:
            entry = _parse(component)
        except Unreadable as error:
            problems.append(Problem(component.line, error.code))
            continue
        if "RECURRENCE-ID" in entry:
            changed.setdefault(text_of(entry, "UID"), []).append((component, entry))
        else:
            masters.append((component, entry))
    for component, entry in masters:
        own = changed.pop(text_of(entry, "UID"), []) if "RRULE" in entry else []
        try:
            draft, lost = _read_entry(component, entry, own, zone)
        except Unreadable as error:
            problems.append(Problem(component.line, error.code, text_of(entry, "SUMMARY")))
        else:
            drafts.append(draft)
            problems += lost
    for component, entry in (each for rest in changed.values() for each in rest):
        problems.append(Problem(component.line, "no_series", text_of(entry, "SUMMARY")))
    return Read(tuple(drafts), tuple(sorted(problems, key=lambda each: each.line)))


def _name_plainly(found: re.Match[str]) -> str:
    # The library would guess what is meant, and warn of it in the log with the name.
    return f"{found[1]}{find_zone(found[2]) or 'Unknown'}"


def _parse(component: Component) -> Entry:
    expected = _CLASSES.get(component.name)
    if expected is None:
        raise Unreadable("other_component")
    try:
        entry = expected.from_ical(_VENDOR.sub(_name_plainly, component.text))
    except _BROKEN:
        raise Unreadable("broken") from None
    if not isinstance(entry, expected) or entry.errors:
        raise Unreadable("broken")
    for name, kind in _ONCE.items():
        if name in entry and not isinstance(getattr(entry[name], "dt", None), kind):
            raise Unreadable("broken")
    if any(isinstance(entry.get(name), list) for name in _ONCE_OF_ANY_TYPE):
        raise Unreadable("broken")
    return entry


def _read_entry(
    component: Component, entry: Entry, changed: list[tuple[Component, Entry]], zone: str
) -> tuple[Draft, list[Problem]]:
    try:
        return _read_whole(component, entry, changed, zone)
    except OverflowError:  # a time before the first or after the last that there is
        raise Unreadable("broken") from None


def _read_whole(
    component: Component, entry: Entry, changed: list[tuple[Component, Entry]], zone: str
) -> tuple[Draft, list[Problem]]:
    fields = _read_todo(entry, zone) if isinstance(entry, Todo) else _read_event(entry, zone)
    overrides: tuple[Override, ...] = ()
    lost: list[Problem] = []
    if isinstance(entry, Event) and "RDATE" in entry:
        raise Unreadable("extra_dates")
    if isinstance(entry, Event) and "RRULE" in entry:
        fields = with_rule(entry, fields)
        read, lost = _read_changed(changed, fields)
        overrides, unknown = read_overrides(entry, fields, [(e, one) for _, e, one in read])
        lost += [
            Problem(each.line, "no_occurrence", text_of(e, "SUMMARY"))
            for each, e, _ in read
            if e in unknown
        ]
    _refuse_faults(fields)
    uid = text_of(entry, "UID")
    return Draft(component.line, uid, fields, overrides, read_names(entry)), lost


def _read_changed(
    changed: list[tuple[Component, Entry]], fields: ItemFields
) -> tuple[list[tuple[Component, Event, ItemFields]], list[Problem]]:
    """Return the occurrences that were changed by hand, each as an item, and what is wrong."""
    read, lost = [], []
    for component, entry in changed:
        try:
            read.append((component, *_read_one(entry, fields.time_zone)))
        except Unreadable as error:
            lost.append(Problem(component.line, error.code, text_of(entry, "SUMMARY")))
    return read, lost


def _read_one(entry: Entry, zone: str) -> tuple[Event, ItemFields]:
    if not isinstance(entry, Event):
        raise Unreadable("broken")
    one = _read_event(entry, zone)
    _refuse_faults(one)
    return entry, one


def _refuse_faults(fields: ItemFields) -> None:
    if faults := find_faults(fields):
        raise Unreadable(f"{faults[0].field}.{faults[0].code}")


def _read_event(event: Event, zone: str) -> ItemFields:
    times, own_zone = read_times(event, zone)
    kind = _kind_of(event)
    fields = ItemFields(
        kind, times=times, time_zone=own_zone, status=_read_status(event), **_read_words(event)
    )
    if kind is not Kind.APPOINTMENT:
        return replace(fields, **read_own(event, kind))
    is_busy = text_of(event, "TRANSP").upper() != "TRANSPARENT"
    return replace(fields, is_busy=is_busy, reminder_minutes=_read_reminder(event))


def _read_todo(todo: Todo, zone: str) -> ItemFields:
    kind = kind_of_todo(todo)
    times, own_zone, due_on = read_todo_times(todo, kind, zone)
    fields = ItemFields(
        kind,
        times=times,
        time_zone=own_zone,
        status=read_todo_status(todo),
        **_read_words(todo),
        **read_own(todo, kind),
    )
    if kind is Kind.TODO:
        return fields
    return replace(fields, due_on=due_on, percent_done=number_of(todo, "PERCENT-COMPLETE"))


def _kind_of(event: Event) -> Kind:
    kind = text_of(event, KIND)
    if kind not in list(Kind) or "RRULE" in event or "RECURRENCE-ID" in event:
        return Kind.APPOINTMENT
    if kind == Kind.SERVICE_CALL and "ticket_id" not in read_own(event, Kind.SERVICE_CALL):
        return Kind.APPOINTMENT
    return Kind(kind)


def _read_words(entry: Entry) -> dict[str, Any]:
    subject = text_of(entry, "SUMMARY")
    if KIND not in entry:  # what others wrote is in one line, as people write it here
        subject = " ".join(subject.split("\n")).strip()
    return {
        "subject": subject or "-",
        "description": text_of(entry, "DESCRIPTION"),
        "location": text_of(entry, "LOCATION"),
        "is_private": text_of(entry, "CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"),
    }


def _read_status(event: Event) -> ItemStatus:
    if text_of(event, "STATUS").upper() == "CANCELLED":
        return ItemStatus.CANCELLED
    return ItemStatus.DONE if text_of(event, STATUS) == "done" else ItemStatus.OPEN


def _read_reminder(event: Event) -> int | None:
    for alarm in event.walk("VALARM"):
        trigger = getattr(alarm.get("TRIGGER"), "dt", None)
        if isinstance(trigger, timedelta):
            minutes = -trigger // timedelta(minutes=1)
            if 0 <= minutes <= EARLIEST_REMINDER:
                return minutes
    return None
