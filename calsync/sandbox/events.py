"""Rows of events: found, added, changed, and marked as deleted, whoever does it."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from calsync.sandbox import wire
from calsync.sandbox.errors import not_found
from calsync.sandbox.fields import Span
from calsync.sandbox.store import Transaction


def find_event(tx: Transaction, uid: str) -> sqlite3.Row | None:
    """Return the event's row, deleted or not, or None."""
    return tx.find("SELECT * FROM events WHERE uid = ?", [uid])


def get_event(tx: Transaction, uid: str) -> sqlite3.Row:
    """Return the event's row, deleted or not, or raise the 404."""
    row = find_event(tx, uid)
    if row is None:
        raise not_found("The event")
    return row


def find_managed(tx: Transaction, calendar_id: str, event_id: str) -> sqlite3.Row | None:
    """Return the application's event of this id in this calendar, deleted or not."""
    return tx.find(
        "SELECT * FROM events WHERE calendar_id = ? AND event_id = ?", [calendar_id, event_id]
    )


def list_events(
    tx: Transaction, calendar_id: str, *, include_deleted: bool = False
) -> list[dict[str, Any]]:
    """Return the calendar's events as the API would show them, by their start."""
    rows = tx.list(
        "SELECT wire FROM events WHERE calendar_id = ? AND (? OR NOT is_deleted)"
        " ORDER BY starts_at, id",
        [calendar_id, include_deleted],
    )
    return [json.loads(row["wire"]) for row in rows]


def read_span(row: sqlite3.Row) -> Span:
    """Return when the event is."""
    return Span(
        bool(row["is_all_day"]),
        row["starts_at"],
        row["ends_at"],
        row["start_zone"],
        row["end_zone"],
    )


def add_event(
    tx: Transaction,
    calendar_id: str,
    uid: str,
    span: Span,
    content: dict[str, Any],
    *,
    event_id: str | None = None,
) -> None:
    """Add an event that begins its life now; a managed one has an ``event_id``."""
    added = tx.execute(
        "INSERT INTO events (calendar_id, uid, event_id, is_all_day, starts_at, ends_at,"
        " start_zone, end_zone, content, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [calendar_id, uid, event_id, *_columns(span), json.dumps(content), tx.second, tx.second],
    )
    wire.rewrite_event(tx, added.lastrowid or 0)


def change_event(
    tx: Transaction, row: sqlite3.Row, span: Span, content: dict[str, Any], *, revive: bool = False
) -> None:
    """Give the event new times and content; ``revive`` begins a deleted one's life again."""
    if span != read_span(row):
        tx.execute(
            "INSERT INTO past_spans VALUES (?, ?, ?, ?)",
            [row["id"], row["is_all_day"], row["starts_at"], row["ends_at"]],
        )
    tx.execute(
        "UPDATE events SET is_all_day = ?, starts_at = ?, ends_at = ?, start_zone = ?,"
        " end_zone = ?, content = ?, updated_at = MAX(updated_at, ?) WHERE id = ?",
        [*_columns(span), json.dumps(content), tx.second, row["id"]],
    )
    if revive:
        tx.execute(
            "UPDATE events SET is_deleted = 0, created_at = ? WHERE id = ?", [tx.second, row["id"]]
        )
    wire.rewrite_event(tx, row["id"])


def mark_deleted(tx: Transaction, row: sqlite3.Row) -> None:
    """Leave a tombstone; a second deletion changes nothing."""
    changed = tx.execute(
        "UPDATE events SET is_deleted = 1, updated_at = MAX(updated_at, ?)"
        " WHERE id = ? AND NOT is_deleted",
        [tx.second, row["id"]],
    )
    if changed.rowcount:
        wire.rewrite_event(tx, row["id"])


def delete_managed_events(tx: Transaction, calendar_ids: Sequence[str]) -> None:
    """Leave tombstones of all the application's events in these calendars."""
    for calendar_id in calendar_ids:
        for row in tx.list(
            "SELECT * FROM events WHERE calendar_id = ? AND event_id IS NOT NULL"
            " AND NOT is_deleted",
            [calendar_id],
        ):
            mark_deleted(tx, row)


def _columns(span: Span) -> tuple[bool, int, int, str, str]:
    return span.is_all_day, span.starts_at, span.ends_at, span.start_zone, span.end_zone
