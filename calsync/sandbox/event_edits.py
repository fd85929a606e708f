"""From the owner's form to what is done with the event."""

import json
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.sandbox import events, owner, series, times
from calsync.sandbox.event_form import EventForm, Reading, Span
from calsync.sandbox.store import Transaction

#: Form fields that together say when an event is.
_TIMES = ("all_day", "start_day", "start_time", "end_day", "end_time", "zone")


def create(tx: Transaction, form: EventForm, reading: Reading) -> str:
    """Add the event that the form describes and return its uid."""
    body = {**_write_content(form), **_write_span(reading)}
    body["attendees"] = [_invite(guest) for guest in reading.guests]
    if reading.rule:
        body["repeats"] = reading.rule
    return owner.create_event(tx, form.calendar, body)


def change_one(tx: Transaction, uid: str, old: EventForm, form: EventForm, reading: Reading) -> str:
    """Change what differs between the forms and return the event's uid, new if it moved."""
    row = events.get_event(tx, uid)
    body = _list_changes(row, old, form, reading)
    if body:
        owner.edit_event(tx, uid, body)
    if form.calendar != old.calendar:
        return owner.move_event(tx, uid, form.calendar)
    return uid


def change_series(
    tx: Transaction, uid: str, old: EventForm, form: EventForm, reading: Reading
) -> str | None:
    """Do to the whole series what the form does to this instance of it.

    Instances that were edited alone stay as they are, but for this one. A
    series that moves to another calendar is a new one there. Returns the uid
    to show, or None when this instance is gone by it.
    """
    row = events.get_event(tx, uid)
    rule = series.get_series(tx, row["series_id"])
    body = _list_changes(row, old, form, reading)
    if "start" in body and reading.span:
        body |= _shift_to_first(rule, row, reading.span)
    if form.calendar != old.calendar:
        return _move_series(tx, rule, form.calendar, body)
    if body:
        owner.edit_series(tx, row["series_id"], body)
        if row["is_exception"]:
            owner.edit_event(tx, uid, _list_changes(row, old, form, reading))
    return uid


def _move_series(
    tx: Transaction, rule: sqlite3.Row, calendar_id: str, changes: dict[str, Any]
) -> str:
    write = times.format_date if rule["is_all_day"] else times.format_time
    body = {
        **json.loads(rule["content"]),
        "start": write(rule["starts_at"]),
        "end": write(rule["ends_at"]),
        "tzid": rule["zone"],
        "repeats": rule["rule"],
        **changes,
    }
    owner.delete_series(tx, rule["series_id"])
    return owner.create_event(tx, calendar_id, body)


def _list_changes(
    row: sqlite3.Row, old: EventForm, form: EventForm, reading: Reading
) -> dict[str, Any]:
    before = _write_content(old)
    body = {name: value for name, value in _write_content(form).items() if value != before[name]}
    # Times that nobody touched stay: read again, an hour of the autumn change could be the other.
    if any(getattr(form, name) != getattr(old, name) for name in _TIMES):
        body |= _write_span(reading)
    if form.list_guests() != old.list_guests():
        known = {each.get("email"): each for each in _list_attendees(row)}
        body["attendees"] = [known.get(guest) or _invite(guest) for guest in reading.guests]
    return body


def _write_content(form: EventForm) -> dict[str, Any]:
    return {
        "summary": form.summary,
        "description": form.description,
        "location": {"description": form.location} if form.location else None,
        "event_private": form.private,
    }


def _write_span(reading: Reading) -> dict[str, str]:
    if reading.span is None:
        return {}
    return {
        "start": _write(reading.span.start),
        "end": _write(reading.span.end),
        "tzid": reading.span.zone,
    }


def _write(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return times.format_time(int(moment.timestamp()))
    return moment.isoformat()


def _shift_to_first(rule: sqlite3.Row, row: sqlite3.Row, span: Span) -> dict[str, str]:
    """Return the times for the series' first instance that move this one to ``span``.

    It moves by days and keeps the new clock, so that an hour of summer time
    between the two does not count.
    """
    days = _local_day(rule["starts_at"], rule) - _local_day(row["starts_at"], row)
    return {"start": _write(_add(span.start, days)), "end": _write(_add(span.end, days))}


def _add(moment: datetime | date, days: timedelta) -> datetime | date:
    return moment + days


def _local_day(second: int, row: sqlite3.Row) -> date:
    zone = row["zone"] if "zone" in row.keys() else row["start_zone"]  # noqa: SIM118
    return datetime.fromtimestamp(second, ZoneInfo("UTC" if row["is_all_day"] else zone)).date()


def _list_attendees(row: sqlite3.Row) -> list[dict[str, Any]]:
    return list(json.loads(row["wire"])["attendees"])


def _invite(guest: str) -> dict[str, str]:
    return {"email": guest, "status": "needs_action"}
