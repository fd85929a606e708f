"""Writes that were accepted: applied at once, or after the lag that is set."""

import json
from collections.abc import Mapping
from typing import Any

from calsync.sandbox import application
from calsync.sandbox.errors import ApiError, forbidden
from calsync.sandbox.store import Store, Transaction

_CHECKS = {"POST": application.check_upsert, "DELETE": application.check_delete}
_DEEDS = {"POST": application.apply_upsert, "DELETE": application.apply_delete}
SCOPES = {"POST": "create_event", "DELETE": "delete_event"}


def write(
    tx: Transaction, sub: str, method: str, calendar_id: str, body: Mapping[str, Any]
) -> None:
    """Accept an upsert or a deletion (by the HTTP method), or raise the refusal.

    A write behind others that still wait waits too, so that their order stays.
    """
    if method not in _CHECKS:
        raise forbidden("Only events can be written like this")
    lag = tx.settings.lag
    if lag <= 0 and not tx.find("SELECT 1 FROM pending_writes LIMIT 1"):
        _CHECKS[method](tx, sub, calendar_id, body)
        _DEEDS[method](tx, calendar_id, body)
        return
    _CHECKS[method](tx, sub, calendar_id, body)
    tx.execute(
        "INSERT INTO pending_writes (due_at, sub, method, calendar_id, body)"
        " VALUES (MAX(?, COALESCE((SELECT MAX(due_at) FROM pending_writes), 0)), ?, ?, ?, ?)",
        [tx.now + lag, sub, method, calendar_id, json.dumps(body)],
    )


def apply_due(store: Store) -> None:
    """Carry out the accepted writes whose time has come, in their order.

    One that has become impossible meanwhile fails in silence, as it does at
    Cronofy: a 202 is no promise.
    """
    with store.read() as tx:
        if not tx.find("SELECT 1 FROM pending_writes WHERE due_at <= ? LIMIT 1", [tx.now]):
            return
    with store.begin() as tx:
        due = tx.list("DELETE FROM pending_writes WHERE due_at <= ? RETURNING *", [tx.now])
        for row in sorted(due, key=lambda each: int(each["id"])):
            _apply(tx, row["sub"], row["method"], row["calendar_id"], json.loads(row["body"]))


def _apply(
    tx: Transaction, sub: str, method: str, calendar_id: str, body: Mapping[str, Any]
) -> None:
    try:
        _CHECKS[method](tx, sub, calendar_id, body)
        _DEEDS[method](tx, calendar_id, body)
    except ApiError:
        return
