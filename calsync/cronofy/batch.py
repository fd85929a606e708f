"""Up to 50 writes in one call, each judged by itself (docs/cronofy-api.md 6.7)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from calsync.core.event import EventDraft, ExternalEdit
from calsync.cronofy import wire
from calsync.cronofy.failures import is_success, translate
from calsync.cronofy.transport import Answer
from calsync.cronofy.wire_events import write_draft, write_edit
from calsync.errors import CronofyError, UnreadableAnswer

#: More than this Cronofy does not take in one batch.
MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Upsert:
    """Write one event: ours, or a change to the user's own."""

    calendar_id: str
    event: EventDraft | ExternalEdit


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete one event: ours by ``event_id``, or the user's own by ``event_uid``."""

    calendar_id: str
    event_id: str | None = None
    event_uid: str | None = None


Write = Upsert | Delete


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one entry: no error means accepted, which is not yet done."""

    error: CronofyError | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether Cronofy took it."""
        return self.error is None


def events_path(calendar_id: str) -> str:
    """Return the path to a calendar's events; ValueError for an id that is no path part."""
    return f"/v1/calendars/{path_part(calendar_id)}/events"


def path_part(opaque: str) -> str:
    """Return an id fit for a path; ValueError for one that would lead elsewhere."""
    if opaque in ("", ".", ".."):
        raise ValueError("an id is never empty or dots")
    return quote(opaque, safe="")


def write_event(event: EventDraft | ExternalEdit) -> dict[str, Any]:
    """Return the body that writes an event."""
    return write_draft(event) if isinstance(event, EventDraft) else write_edit(event)


def write_deletion(deletion: Delete) -> dict[str, str]:
    """Return the body that deletes an event; ValueError unless it names exactly one."""
    if deletion.event_id and not deletion.event_uid:
        return {"event_id": deletion.event_id}
    if deletion.event_uid and not deletion.event_id:
        return {"event_uid": deletion.event_uid}
    raise ValueError("a deletion names an event by exactly one id")


def write_batch(writes: Sequence[Write]) -> dict[str, Any]:
    """Return the body of a batch; ValueError above 50 entries."""
    if len(writes) > MOST_ENTRIES:
        raise ValueError(f"a batch has at most {MOST_ENTRIES} entries")
    return {"batch": [_entry(write) for write in writes]}


def read_batch(
    answer: Mapping[str, Any], writes: Sequence[Write], now: datetime
) -> tuple[Written, ...]:
    """Return what became of each write, in their order.

    Every status is looked at here: Cronofy's own libraries take 402 and 502 for success.
    """
    entries = answer.get("batch")
    if not isinstance(entries, list) or len(entries) != len(writes):
        raise UnreadableAnswer("The batch was not answered entry by entry.")
    return tuple(_written(entry, now) for entry in entries)


def _entry(write: Write) -> dict[str, Any]:
    match write:
        case Upsert():
            method, body = "POST", write_event(write.event)
        case Delete():
            method, body = "DELETE", dict[str, Any](write_deletion(write))
    return {"method": method, "relative_url": events_path(write.calendar_id), "data": body}


def _written(entry: object, now: datetime) -> Written:
    status = entry.get("status") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(status, int) or isinstance(status, bool):
        return Written(UnreadableAnswer("An entry of the batch has no status."))
    if is_success(status):
        return Written()
    answer = Answer(status, _headers(entry), json.dumps(entry.get("data")).encode())
    return Written(translate("batch entry", answer, now))


def _headers(entry: Mapping[str, Any]) -> dict[str, str]:
    try:
        headers = wire.child(entry, "headers")
    except wire.UnreadableField:
        return {}
    return {str(k).title(): v for k, v in headers.items() if isinstance(v, str)}
