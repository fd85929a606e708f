"""What the owner of a mailbox does there; the open channels hear of it."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from calsync.sandbox import calendars, channels, events, fields, ids, series
from calsync.sandbox.errors import not_found, unprocessable
from calsync.sandbox.store import Transaction

_TEXTS = ("summary", "description")


def create_event(tx: Transaction, calendar_id: str, body: Mapping[str, Any]) -> str:
    """Add an event and return its ``event_uid``.

    ``body`` has the API's fields (``start`` and ``end`` as Dates for all-day,
    ``tzid``) and the owner's own: ``attendees`` and ``categories`` as lists,
    ``organizer``, ``status``, ``participation_status``, ``meeting_url``,
    ``conferencing``, and ``repeats``, an RRULE such as ``FREQ=WEEKLY;COUNT=5``.
    Of a series, the uid of its first instance comes back.
    """
    calendar = calendars.get_calendar(tx, calendar_id)
    draft = _parse(body, is_partial=False)
    if draft.span is None:
        raise unprocessable("start", "required", "is missing")
    repeats = body.get("repeats")
    if repeats:
        if not isinstance(repeats, str):
            raise unprocessable("repeats", "invalid", "must be an RRULE")
        uid = _create_series(tx, calendar_id, repeats, draft.span, draft.content)
    else:
        uid = ids.new_external_uid()
        events.add_event(tx, calendar_id, uid, draft.span, draft.content)
    _announce(tx, calendar, is_managed=False)
    return uid


def edit_event(tx: Transaction, uid: str, body: Mapping[str, Any]) -> None:
    """Change what ``body`` names and keep the rest; a managed event stays managed.

    Of a series only this instance changes. Raises the 404 for a deleted event.
    """
    row = _get_living(tx, uid)
    draft = _parse(_with_both_ends(row, body), is_partial=True)
    content = json.loads(row["content"]) | draft.content
    events.change_event(tx, row, draft.span or events.read_span(row), content)
    if row["series_id"] is not None:
        tx.execute("UPDATE events SET is_exception = 1 WHERE id = ?", [row["id"]])
    _announce_event(tx, row)


def edit_series(tx: Transaction, series_id: str, body: Mapping[str, Any]) -> None:
    """Change every instance that was not edited alone; times are those of the first one."""
    row = series.get_series(tx, series_id)
    draft = _parse(body, is_partial=True)
    series.change_series(tx, series_id, draft.span, json.loads(row["content"]) | draft.content)
    _announce(tx, calendars.get_calendar(tx, row["calendar_id"]), is_managed=False)


def move_event(tx: Transaction, uid: str, calendar_id: str) -> str:
    """Move the event to another calendar and return its new uid.

    For Cronofy that is a deletion here and a new external event there, even
    if the application had made it.
    """
    row = _get_living(tx, uid)
    target = calendars.get_calendar(tx, calendar_id)
    events.mark_deleted(tx, row)
    _announce_event(tx, row)
    new_uid = ids.new_external_uid()
    events.add_event(tx, calendar_id, new_uid, events.read_span(row), json.loads(row["content"]))
    _announce(tx, target, is_managed=False)
    return new_uid


def delete_event(tx: Transaction, uid: str) -> None:
    """Delete the event; of a series only this instance."""
    row = _get_living(tx, uid)
    events.mark_deleted(tx, row)
    _announce_event(tx, row)


def delete_series(tx: Transaction, series_id: str) -> None:
    """Delete every instance of the series."""
    row = series.get_series(tx, series_id)
    series.delete_series(tx, series_id)
    _announce(tx, calendars.get_calendar(tx, row["calendar_id"]), is_managed=False)


def _create_series(
    tx: Transaction, calendar_id: str, rule: str, span: fields.Span, content: dict[str, Any]
) -> str:
    series_id = series.add_series(tx, calendar_id, rule, span, content)
    first = tx.find(
        "SELECT uid FROM events WHERE series_id = ? ORDER BY starts_at LIMIT 1", [series_id]
    )
    if first is None:
        raise unprocessable("repeats", "invalid", "has no instance near the present")
    return str(first["uid"])


def _get_living(tx: Transaction, uid: str) -> sqlite3.Row:
    row = events.get_event(tx, uid)
    if row["is_deleted"]:
        raise not_found("The event")
    return row


def _parse(body: Mapping[str, Any], *, is_partial: bool) -> fields.Draft:
    theirs = {name: body[name] for name in _OWNERS_FIELDS if body.get(name) is not None}
    # The API's bounds on texts are not the providers': an owner may write more.
    texts = {name: body[name] for name in _TEXTS if isinstance(body.get(name), str)}
    common = {name: value for name, value in body.items() if name not in _OWNERS_FIELDS}
    common |= {name: text[: fields.LONGEST_SUMMARY] for name, text in texts.items()}
    problems = fields.Problems()
    for name, value in theirs.items():
        if not _OWNERS_FIELDS[name](value):
            problems.add(name, "invalid", "is nothing that an event can have there")
    problems.raise_if_any()
    draft = fields.parse_event(common, is_partial=is_partial)
    return fields.Draft(draft.span, draft.content | texts | theirs)


def _are_people(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_person, value))


def _is_person(value: object) -> bool:
    if not isinstance(value, dict) or not fields.is_email(value.get("email")):
        return False
    name, status = value.get("display_name", ""), value.get("status", "unknown")
    return isinstance(name, str) and status in fields.STATUSES


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


#: What an owner can say of an event and an application cannot, and whether it is well said.
_OWNERS_FIELDS: dict[str, Callable[[object], bool]] = {
    "attendees": _are_people,
    "categories": _are_texts,
    "conferencing": lambda value: isinstance(value, dict),
    "meeting_url": lambda value: isinstance(value, str),
    "organizer": _is_person,
    "participation_status": lambda value: value in fields.STATUSES,
    "status": lambda value: value in ("confirmed", "tentative", "cancelled", "unknown"),
}


def _with_both_ends(row: sqlite3.Row, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the other end of the event where only one is given."""
    whole = dict(body)
    if ("start" in body) != ("end" in body):
        shown = json.loads(row["wire"])
        missing = "end" if "start" in body else "start"
        whole[missing] = shown[missing]
    if "tzid" not in body and ("start" in whole or "end" in whole):
        whole["tzid"] = row["start_zone"]
    return whole


def _announce_event(tx: Transaction, row: sqlite3.Row) -> None:
    calendar = calendars.get_calendar(tx, row["calendar_id"])
    _announce(tx, calendar, is_managed=row["event_id"] is not None)


def _announce(tx: Transaction, calendar: sqlite3.Row, *, is_managed: bool) -> None:
    channels.announce_change(
        tx, calendar["profile_id"], calendar["calendar_id"], is_managed=is_managed
    )
