"""Requests of the application to write to events that it did not make."""

import json
from dataclasses import dataclass

from calsync.sandbox import calendars, ids
from calsync.sandbox.errors import not_found
from calsync.sandbox.store import Transaction


@dataclass(frozen=True)
class PermissionRequest:
    """What the person is asked: a level for each calendar; ``answer`` is None until then."""

    request_id: str
    sub: str
    redirect_uri: str
    #: By calendar id: ``unrestricted`` or ``sandbox``.
    wanted: dict[str, str]
    answer: str | None


def ask(tx: Transaction, sub: str, wanted: dict[str, str], redirect_uri: str) -> str:
    """Record a request and return its id, the end of the page's address."""
    for calendar_id in wanted:
        calendars.get_calendar_of_account(tx, sub, calendar_id)
    request_id = ids.new_hex()
    tx.execute(
        "INSERT INTO permission_requests VALUES (?, ?, ?, ?, NULL)",
        [request_id, sub, redirect_uri, json.dumps(wanted)],
    )
    return request_id


def get_request(tx: Transaction, request_id: str) -> PermissionRequest:
    """Return the request, or raise the 404."""
    row = tx.find("SELECT * FROM permission_requests WHERE request_id = ?", [request_id])
    if row is None:
        raise not_found("The permission request")
    return PermissionRequest(
        row["request_id"],
        row["sub"],
        row["redirect_uri"],
        json.loads(row["wanted"]),
        row["answer"],
    )


def accept(tx: Transaction, request_id: str) -> None:
    """Give the application what it asked for."""
    for calendar_id, level in get_request(tx, request_id).wanted.items():
        calendars.set_permission(tx, calendar_id, level)
    _note(tx, request_id, "accepted")


def decline(tx: Transaction, request_id: str) -> None:
    """Leave everything as it is."""
    get_request(tx, request_id)
    _note(tx, request_id, "declined")


def _note(tx: Transaction, request_id: str, answer: str) -> None:
    tx.execute(
        "UPDATE permission_requests SET answer = ? WHERE request_id = ?", [answer, request_id]
    )
