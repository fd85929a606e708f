"""Repeating events of a mailbox's owner, flattened to single instances as Cronofy does."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from calsync.sandbox import events, ids, times, wire
from calsync.sandbox.errors import not_found, unprocessable
from calsync.sandbox.fields import Span
from calsync.sandbox.store import Transaction

#: Instances exist this far beyond the present: more than the window shows.
HORIZON = 260 * times.DAY
#: Nobody's series is read further back than this.
PAST = 60 * times.DAY


def add_series(
    tx: Transaction, calendar_id: str, rule: str, span: Span, content: dict[str, Any]
) -> str:
    """Add a series by its RRULE (without ``RRULE:``) and return its id."""
    series_id = ids.new_hex()
    _check_rule(rule)
    tx.execute(
        "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            series_id,
            calendar_id,
            rule,
            span.is_all_day,
            span.starts_at,
            span.ends_at,
            span.start_zone,
            json.dumps(content),
            tx.second,
            0,
        ],
    )
    _expand(tx, get_series(tx, series_id))
    return series_id


def get_series(tx: Transaction, series_id: str) -> sqlite3.Row:
    """Return the series, or raise the 404."""
    row = tx.find("SELECT * FROM series WHERE series_id = ?", [series_id])
    if row is None:
        raise not_found("The series")
    return row


def top_up(tx: Transaction) -> None:
    """Add the instances that time has brought near.

    They carry the change time of their series: in Cronofy, too, events slide
    into the window without a sign.
    """
    for row in tx.list(
        "SELECT * FROM series WHERE expanded_until < ?", [tx.second + HORIZON - 7 * times.DAY]
    ):
        _expand(tx, row)


def needs_top_up(tx: Transaction) -> bool:
    """Tell whether time has come near the last instances made."""
    limit = tx.second + HORIZON - 7 * times.DAY
    return tx.find("SELECT 1 FROM series WHERE expanded_until < ? LIMIT 1", [limit]) is not None


def change_series(
    tx: Transaction, series_id: str, span: Span | None, content: dict[str, Any]
) -> None:
    """Change all instances at once: new content, and the same shift of times for each.

    Instances that were edited alone keep what they are.
    """
    row = get_series(tx, series_id)
    old = Span(bool(row["is_all_day"]), row["starts_at"], row["ends_at"], row["zone"], row["zone"])
    new = span or old
    old_zone, new_zone = (
        _zone(old.is_all_day, old.start_zone),
        _zone(new.is_all_day, new.start_zone),
    )
    # By the clock on the wall: an hour of summer time between two instances does not count.
    shift = _local(new.starts_at, new_zone) - _local(old.starts_at, old_zone)
    for event in _regular_instances(tx, series_id):
        start = _local(event["starts_at"], old_zone) + shift
        starts_at = int(start.replace(tzinfo=new_zone).timestamp())
        ends_at = starts_at + new.ends_at - new.starts_at
        moved = Span(new.is_all_day, starts_at, ends_at, new.start_zone, new.end_zone)
        events.change_event(tx, event, moved, content)
    tx.execute(
        "UPDATE series SET is_all_day = ?, starts_at = ?, ends_at = ?, zone = ?, content = ?,"
        " changed_at = ? WHERE series_id = ?",
        [
            new.is_all_day,
            new.starts_at,
            new.ends_at,
            new.start_zone,
            json.dumps(content),
            tx.second,
            series_id,
        ],
    )


def delete_series(tx: Transaction, series_id: str) -> None:
    """Leave a tombstone of every instance and forget the rule."""
    get_series(tx, series_id)
    for event in tx.list("SELECT * FROM events WHERE series_id = ?", [series_id]):
        events.mark_deleted(tx, event)
    tx.execute("DELETE FROM series WHERE series_id = ?", [series_id])


def _regular_instances(tx: Transaction, series_id: str) -> list[sqlite3.Row]:
    return tx.list(
        "SELECT * FROM events WHERE series_id = ? AND NOT is_exception AND NOT is_deleted",
        [series_id],
    )


def _expand(tx: Transaction, row: sqlite3.Row) -> None:
    until = tx.second + HORIZON
    length = row["ends_at"] - row["starts_at"]
    since = max(row["expanded_until"], tx.second - PAST)
    for starts_at in _occurrences(row, since, until):
        uid = f"evt_external_{ids.derive_hex(row['series_id'], starts_at)}"
        tx.execute(
            "INSERT OR IGNORE INTO events (calendar_id, uid, series_id, occurrence_at, is_all_day,"
            " starts_at, ends_at, start_zone, end_zone, content, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                row["calendar_id"],
                uid,
                row["series_id"],
                starts_at,
                row["is_all_day"],
                starts_at,
                starts_at + length,
                row["zone"],
                row["zone"],
                row["content"],
                row["changed_at"],
                row["changed_at"],
            ],
        )
    tx.execute(
        "UPDATE series SET expanded_until = ? WHERE series_id = ?", [until, row["series_id"]]
    )
    wire.rewrite_series(tx, row["series_id"])


def _occurrences(row: sqlite3.Row, since: int, until: int) -> Iterator[int]:
    """Yield the starts from ``since`` up to ``until``, at the same local hour all year."""
    zone = _zone(row["is_all_day"], row["zone"])
    first = _local(row["starts_at"], zone)
    rule = rrulestr(row["rule"], dtstart=first)
    for start in rule.between(_local(since, zone), _local(until, zone), inc=True):
        yield int(start.replace(tzinfo=zone).timestamp())


def _zone(is_all_day: bool, name: str) -> ZoneInfo:
    """Return the zone whose clock a span is read by; days are midnights in UTC."""
    return ZoneInfo("Etc/UTC" if is_all_day else name)


def _local(second: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(second, zone).replace(tzinfo=None)


def _check_rule(rule: str) -> None:
    start = datetime.now(UTC).replace(tzinfo=None)
    try:
        rrulestr(rule, dtstart=start).after(start + timedelta(days=1))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise unprocessable("repeats", "invalid", "must be an RRULE") from error
