"""Series in the linked calendar, as their owner and their provider change them."""

import sqlite3
from datetime import timedelta
from typing import Any

from calsync.sandbox import events, wire
from calsync.sandbox.ids import new_external_uid
from tests.services.sync.office import HOUR, Office


def put_series(office: Office, rule: str = "FREQ=DAILY;COUNT=3", **fields: Any) -> str:
    """Let the owner make a series that begins tomorrow at ten; return its identifier."""
    body = {
        "calendar_id": office.calendar_id,
        "summary": "Standup",
        "start": office.wire(office.day),
        "end": office.wire(office.day + HOUR),
        "repeats": rule,
        **fields,
    }
    return str(office.sandbox.control("POST", "/events", body)["series_identifier"])


def instances(office: Office) -> list[dict[str, Any]]:
    """Return what stands in the calendar, the earliest first."""
    return sorted(office.events(), key=lambda event: event["start"])


def make_anew(office: Office, series_id: str, later: timedelta = timedelta()) -> None:
    """Let the provider give every instance another uid, as some do when a series is changed."""
    with office.sandbox.world.store.begin() as tx:
        rows = tx.list("SELECT * FROM events WHERE series_id = ? AND NOT is_deleted", [series_id])
        for row in rows:
            events.mark_deleted(tx, row)
            _add_like(tx, row, int(later.total_seconds()))


def add_like(office: Office, uid: str, later: timedelta) -> None:
    """Let the provider make another instance in place of one, so much later in the day."""
    with office.sandbox.world.store.begin() as tx:
        row = tx.list("SELECT * FROM events WHERE uid = ?", [uid])[0]
        _add_like(tx, row, int(later.total_seconds()))


def _add_like(tx: Any, row: sqlite3.Row, shift: int) -> None:
    values = {name: row[name] for name in row.keys() if name != "id"}  # noqa: SIM118
    values |= {
        "uid": new_external_uid(),
        "is_deleted": 0,
        "occurrence_at": row["occurrence_at"] + 1,
        "starts_at": row["starts_at"] + shift,
        "ends_at": row["ends_at"] + shift,
        "created_at": tx.second,
        "updated_at": tx.second,
    }
    marks = ",".join("?" * len(values))
    sql = f"INSERT INTO events ({','.join(values)}) VALUES ({marks})"  # noqa: S608 - our own words
    wire.rewrite_event(tx, tx.execute(sql, list(values.values())).lastrowid or 0)


def bring_back(office: Office, uid: str) -> None:
    """Let the owner take an event out of the trash of their calendar."""
    with office.sandbox.world.store.begin() as tx:
        row = tx.list("SELECT * FROM events WHERE uid = ?", [uid])[0]
        tx.execute(
            "UPDATE events SET is_deleted = 0, updated_at = ? WHERE id = ?", [tx.second, row["id"]]
        )
        wire.rewrite_event(tx, row["id"])
