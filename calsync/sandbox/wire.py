"""Events in the words of the API.

The JSON text of each event is made when the event changes and kept in its
row, so that a read only joins texts.
"""

import json
import sqlite3
from typing import Any

from calsync.sandbox import times
from calsync.sandbox.store import Transaction

#: Shown as they were last written, if they were.
_OPTIONAL = ("location", "organizer", "extended_transparency", "meeting_url", "conferencing")


def rewrite_event(tx: Transaction, event_id: int) -> None:
    """Make the kept texts of one event (by its row's id) say what its row says."""
    rows = tx.list(_SELECT + " WHERE e.id = ?", [event_id])
    _rewrite(tx, rows)


def rewrite_calendar(tx: Transaction, calendar_id: str) -> None:
    """Make the kept texts anew after the rights to a calendar changed."""
    _rewrite(tx, tx.list(_SELECT + " WHERE e.calendar_id = ?", [calendar_id]))


def rewrite_series(tx: Transaction, series_id: str) -> None:
    """Make the kept texts of all instances of a series anew."""
    _rewrite(tx, tx.list(_SELECT + " WHERE e.series_id = ?", [series_id]))


_SELECT = (
    "SELECT e.*, c.permission, c.is_readonly FROM events e JOIN calendars c USING (calendar_id)"
)


def _rewrite(tx: Transaction, rows: list[sqlite3.Row]) -> None:
    for row in rows:
        shown = _describe(row)
        plain = json.dumps(shown)
        shown["start"] = _localize(row, row["starts_at"], row["start_zone"])
        shown["end"] = _localize(row, row["ends_at"], row["end_zone"])
        tx.execute(
            "UPDATE events SET wire = ?, wire_localized = ? WHERE id = ?",
            [plain, json.dumps(shown), row["id"]],
        )


def _describe(row: sqlite3.Row) -> dict[str, Any]:
    content = json.loads(row["content"])
    write = times.format_date if row["is_all_day"] else times.format_time
    shown: dict[str, Any] = {"calendar_id": row["calendar_id"], "event_uid": row["uid"]}
    if row["event_id"] is not None:
        shown["event_id"] = row["event_id"]
    shown |= {
        "summary": content.get("summary", ""),
        "description": content.get("description", ""),
        "start": write(row["starts_at"]),
        "end": write(row["ends_at"]),
        "deleted": bool(row["is_deleted"]),
        "created": times.format_time(row["created_at"]),
        "updated": times.format_time(row["updated_at"]),
        "participation_status": content.get("participation_status", "accepted"),
        "attendees": content.get("attendees", []),
        "transparency": content.get("transparency")
        or ("transparent" if row["is_all_day"] else "opaque"),
        "status": content.get("status", "confirmed"),
        "categories": content.get("categories", []),
        "recurring": row["series_id"] is not None,
        "event_private": content.get("event_private", False),
        "options": _options(row, content),
    }
    if row["series_id"] is not None:
        shown["series_identifier"] = row["series_id"]
    for name in _OPTIONAL:
        if content.get(name) is not None:
            shown[name] = content[name]
    return shown


def _options(row: sqlite3.Row, content: dict[str, Any]) -> dict[str, bool]:
    """Return what the application may do with the event.

    Its own events always; the owner's only in an unrestricted calendar; an
    instance of a series never.
    """
    is_ours = row["event_id"] is not None
    may_write = not row["is_readonly"] and (is_ours or row["permission"] == "unrestricted")
    may_write = may_write and row["series_id"] is None
    is_invited = bool(content.get("attendees")) and not is_ours and not row["is_readonly"]
    return {
        "delete": may_write,
        "update": may_write,
        "change_participation_status": is_invited,
    }


def _localize(row: sqlite3.Row, second: int, zone: str) -> dict[str, str]:
    if row["is_all_day"]:
        return {"time": times.format_date(second), "tzid": zone}
    return {"time": times.format_localized(second, zone), "tzid": zone}
