"""What the application does to events through the API; nobody is notified of it."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from calsync.sandbox import calendars, events, fields, ids
from calsync.sandbox.errors import ApiError, forbidden, not_found, unprocessable
from calsync.sandbox.store import Transaction

#: The longest event_id that is taken; Cronofy's own limit is not published.
LONGEST_EVENT_ID = 1_024


def check_upsert(tx: Transaction, sub: str, calendar_id: str, body: Mapping[str, Any]) -> None:
    """Raise what the API answers if the write cannot be accepted."""
    calendars.get_writable_calendar(tx, sub, calendar_id)
    fields.parse_event(body)
    if _managed_id(body) is None:
        _get_editable(tx, calendar_id, body, "update")


def apply_upsert(tx: Transaction, calendar_id: str, body: Mapping[str, Any]) -> None:
    """Create or change the event that an accepted write names."""
    draft = fields.parse_event(body)
    if draft.span is None:
        raise unprocessable("start", "required", "is missing")
    event_id = _managed_id(body)
    row = (
        events.find_managed(tx, calendar_id, event_id)
        if event_id is not None
        else _get_editable(tx, calendar_id, body, "update")
    )
    before = json.loads(row["content"]) if row is not None and not row["is_deleted"] else {}
    content = before | draft.content
    content["attendees"] = _invite(tx, before.get("attendees", []), draft.content)
    if before:
        # Whether an event is private is honoured when it is created, not afterwards.
        content["event_private"] = before.get("event_private", False)
    if row is not None:
        events.change_event(tx, row, draft.span, content, revive=bool(row["is_deleted"]))
    else:
        uid = f"evt_{ids.new_hex()}"
        events.add_event(tx, calendar_id, uid, draft.span, content, event_id=event_id)


def check_delete(tx: Transaction, sub: str, calendar_id: str, body: Mapping[str, Any]) -> None:
    """Raise what the API answers if the deletion cannot be accepted."""
    calendars.get_writable_calendar(tx, sub, calendar_id)
    if _managed_id(body) is None:
        _find_deletable(tx, calendar_id, body)


def apply_delete(tx: Transaction, calendar_id: str, body: Mapping[str, Any]) -> None:
    """Leave a tombstone; what is not there is none the less deleted."""
    event_id = _managed_id(body)
    row = (
        events.find_managed(tx, calendar_id, event_id)
        if event_id is not None
        else _find_deletable(tx, calendar_id, body)
    )
    if row is not None:
        events.mark_deleted(tx, row)


def answer_invitation(
    tx: Transaction, sub: str, calendar_id: str, uid: str, status: object
) -> None:
    """Say on the owner's behalf whether they come."""
    calendar = calendars.get_writable_calendar(tx, sub, calendar_id)
    if status not in ("accepted", "tentative", "declined"):
        raise unprocessable("status", "invalid", "must be accepted, tentative or declined")
    row = events.find_event(tx, uid)
    if row is None or row["calendar_id"] != calendar_id or row["is_deleted"]:
        raise not_found("The event")
    if not json.loads(row["wire"])["options"]["change_participation_status"]:
        raise forbidden("The event is no invitation")
    content = json.loads(row["content"])
    content["participation_status"] = status
    for person in content.get("attendees", []):
        if person.get("email") == calendar["mailbox"]:
            person["status"] = status
    events.change_event(tx, row, events.read_span(row), content)
    # Microsoft's services take a declined invitation out of the calendar.
    if status == "declined" and calendar["service"] in {"exchange", "office365"}:
        events.mark_deleted(tx, events.get_event(tx, uid))


def delete_managed(tx: Transaction, sub: str, body: Mapping[str, Any]) -> None:
    """Delete all the application's events, everywhere or in the calendars named."""
    has_all, wanted = "delete_all" in body, body.get("calendar_ids")
    if has_all == (wanted is not None):
        raise unprocessable("delete_all", "invalid", "give either delete_all or calendar_ids")
    if has_all:
        if body["delete_all"] is not True:
            raise unprocessable("delete_all", "invalid", "must be true")
        chosen = [row["calendar_id"] for row in calendars.list_calendars_of_account(tx, sub)]
    else:
        chosen = check_calendar_ids(tx, sub, wanted)
    events.delete_managed_events(tx, chosen)


def check_calendar_ids(tx: Transaction, sub: str, wanted: object) -> list[str]:
    """Return the list of ids, or raise the 422 unless the account was granted them all."""
    known = {row["calendar_id"] for row in calendars.list_calendars_of_account(tx, sub)}
    is_fine = isinstance(wanted, list) and all(isinstance(each, str) for each in wanted)
    if not is_fine or not isinstance(wanted, list) or not wanted or not known.issuperset(wanted):
        raise unprocessable("calendar_ids", "invalid_calendar_ids", "contains unknown calendars")
    return wanted


def _managed_id(body: Mapping[str, Any]) -> str | None:
    """Return the application's own id; with both kinds given, it wins."""
    event_id = body.get("event_id")
    if event_id is None:
        if body.get("event_uid") is None:
            raise unprocessable("event_id", "required", "is missing")
        return None
    if not isinstance(event_id, str) or not 0 < len(event_id) <= LONGEST_EVENT_ID:
        raise unprocessable("event_id", "invalid", "must be a String")
    return event_id


def _external_uid(body: Mapping[str, Any]) -> str:
    uid = body.get("event_uid")
    if not isinstance(uid, str) or not uid.startswith("evt_external_"):
        raise unprocessable(
            "event_uid", "must_be_external_event_uid", "must be the uid of an external event"
        )
    return uid


def _find_deletable(
    tx: Transaction, calendar_id: str, body: Mapping[str, Any]
) -> sqlite3.Row | None:
    """Return the external event to delete, None if it is gone; raise if that is not allowed."""
    try:
        return _get_editable(tx, calendar_id, body, "delete")
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def _get_editable(
    tx: Transaction, calendar_id: str, body: Mapping[str, Any], right: str
) -> sqlite3.Row:
    """Return the external event if the application may do this to it."""
    row = events.find_event(tx, _external_uid(body))
    if calendars.get_calendar(tx, calendar_id)["permission"] != "unrestricted":
        raise forbidden("The calendar is not unrestricted")
    if row is None or row["calendar_id"] != calendar_id or row["is_deleted"]:
        raise not_found("The event")
    if not json.loads(row["wire"])["options"][right]:
        raise forbidden(f"The event does not allow {right}")
    return row


def _invite(
    tx: Transaction, attendees: list[dict[str, Any]], content: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the guests after the changes asked for, and send the mails they bring."""
    changes = content.get("attendees") or {}
    gone = {each["email"] for name in ("remove", "reject") for each in changes.get(name, [])}
    kept = [each for each in attendees if each.get("email") not in gone]
    for person in changes.get("invite", []):
        kept = [each for each in kept if each.get("email") != person["email"]]
        name = person.get("display_name", "")
        kept.append({"email": person["email"], "display_name": name, "status": "needs_action"})
    for email in [*gone, *(each["email"] for each in changes.get("invite", []))]:
        tx.execute(
            "INSERT INTO mails (sent_at, recipient, subject) VALUES (?, ?, ?)",
            [tx.now, email, str(content.get("summary", ""))],
        )
    return kept
