"""Answers that are not what the documentation promises.

Nothing here takes away what no reader could miss: an event without its ``deleted`` or its
``event_id`` is another event, and nobody can be right about it.
"""

import json
from collections.abc import Callable
from typing import Any

from calsync.cronofy.transport import Answer
from tests.simulation.faults import Fault, FaultKind
from tests.simulation.moments import write_time

HTML = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"
_FOREIGN = (
    "https://evil.example/v1/events/pages/1",
    "http://api.cronofy.test/v1/events/pages/1",
    "https://api.cronofy.test@evil.example/v1/events/pages/1",
    "https://169.254.169.254/v1/events/pages/1",
    "https://api.cronofy.test/oauth/token",
)
_LOSABLE = (
    "event_uid",
    "calendar_id",
    "start",
    "end",
    "created",
    "updated",
    "options",
    "participation_status",
    "categories",
    "transparency",
)
_WRONG: tuple[tuple[str, Any], ...] = (
    ("start", 5),
    ("end", {"time": []}),
    ("summary", 7),
    ("description", ["x"]),
    ("deleted", "false"),
    ("attendees", "nobody"),
    ("options", [True]),
    ("location", "High St 3"),
    ("event_uid", {}),
    ("start", "0000-12-29T00:00:00Z"),
    ("start", {"time": "2026-03-01T09:00:00", "tzid": "Mars/Olympus"}),
    ("start", "9999-12-31T23:59:59Z"),
    ("end", "1999-01-01T00:00:00Z"),
    ("updated", "0000-12-29T00:00:00Z"),
    ("created", 5),
)


def spoil(fault: Fault, answer: Answer, now: float) -> Answer | None:
    """Return the answer as the fault leaves it; None where there was nothing to spoil."""
    if fault.kind is FaultKind.INVALID_JSON:
        return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2] or b"{")
    if answer.status >= 300 or not answer.body:
        return None
    content = json.loads(answer.body)
    if not _SPOILERS[fault.kind](fault, content, now):
        return None
    return Answer(answer.status, answer.headers, json.dumps(content).encode())


def _lose_field(fault: Fault, content: dict[str, Any], now: float) -> bool:
    event = _choose_event(fault, content)
    if event is None:
        content.pop(fault.choose(sorted(content)))
    else:
        event.pop(fault.choose(_LOSABLE), None)
    return True


def _mistype_field(fault: Fault, content: dict[str, Any], now: float) -> bool:
    event = _choose_event(fault, content)
    if event is None:
        content[fault.choose(sorted(content))] = 7
    else:
        name, value = fault.choose(_WRONG)
        event[name] = value
    return True


def _add_fields(fault: Fault, content: dict[str, Any], now: float) -> bool:
    for each in (content, *_events(content)):
        each["surprise"] = {"deleted": True, "event_id": "surprise"}
    return True


def _empty(fault: Fault, content: dict[str, Any], now: float) -> bool:
    content |= {"pages": {"current": 1, "total": 1}, "events": []}
    return True


def _delete_all(fault: Fault, content: dict[str, Any], now: float) -> bool:
    for event in _events(content):
        event |= {"deleted": True, "updated": write_time(int(now))}
    return bool(_events(content))


def _truncate(fault: Fault, content: dict[str, Any], now: float) -> bool:
    if content["pages"].pop("next_page", None) is None:
        content["pages"]["total"] += 1
    return True


def _lead_astray(fault: Fault, content: dict[str, Any], now: float) -> bool:
    content["pages"]["next_page"] = fault.choose(_FOREIGN)
    return True


def _events(content: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = content.get("events", [])
    return found


def _choose_event(fault: Fault, content: dict[str, Any]) -> dict[str, Any] | None:
    events = _events(content)
    # The event and the field are chosen by different digits of the same number.
    return events[int(fault.pick * 1000) % len(events)] if events else None


_SPOILERS: dict[FaultKind, Callable[[Fault, dict[str, Any], float], bool]] = {
    FaultKind.MISSING_FIELDS: _lose_field,
    FaultKind.WRONG_TYPES: _mistype_field,
    FaultKind.UNKNOWN_FIELDS: _add_fields,
    FaultKind.EMPTY_LIST: _empty,
    FaultKind.ALL_DELETED: _delete_all,
    FaultKind.TRUNCATED: _truncate,
    FaultKind.FOREIGN_NEXT_PAGE: _lead_astray,
}
