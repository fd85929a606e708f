"""Calendars of a mailbox, and what an account may see of them."""

import sqlite3
from typing import Any

from calsync.sandbox import ids, mailboxes, wire
from calsync.sandbox.errors import forbidden, locked, not_found, unprocessable
from calsync.sandbox.store import Transaction

_SELECT = (
    "SELECT c.*, p.mailbox, p.is_connected, p.is_failing, p.needs_initial_sync, m.service"
    " FROM calendars c JOIN profiles p USING (profile_id)"
    " JOIN mailboxes m ON m.address = p.mailbox"
)


def list_calendars(tx: Transaction, profile_id: str) -> list[sqlite3.Row]:
    """Return the profile's calendars in their order, deleted ones too."""
    return tx.list(_SELECT + " WHERE c.profile_id = ? ORDER BY c.position", [profile_id])


def list_calendars_of_account(tx: Transaction, sub: str) -> list[sqlite3.Row]:
    """Return the calendars of every profile of the account, deleted ones too."""
    return tx.list(
        _SELECT + " JOIN memberships s USING (profile_id) WHERE s.sub = ?"
        " ORDER BY c.profile_id, c.position",
        [sub],
    )


def get_calendar(tx: Transaction, calendar_id: str) -> sqlite3.Row:
    """Return the calendar, or raise the 404."""
    row = tx.find(_SELECT + " WHERE c.calendar_id = ?", [calendar_id])
    if row is None:
        raise not_found("The calendar")
    return row


def get_calendar_of_account(tx: Transaction, sub: str, calendar_id: str) -> sqlite3.Row:
    """Return the calendar if the account was granted it, or raise the 404."""
    row = tx.find(
        _SELECT + " JOIN memberships s USING (profile_id) WHERE s.sub = ? AND c.calendar_id = ?",
        [sub, calendar_id],
    )
    if row is None:
        raise not_found("The calendar")
    return row


def get_writable_calendar(tx: Transaction, sub: str, calendar_id: str) -> sqlite3.Row:
    """Return the calendar if the application may write there now.

    Raises 404 when it is unknown or deleted, 423 while its profile is
    disconnected (a write is how Cronofy notices), 403 when it is read-only.
    """
    row = get_calendar_of_account(tx, sub, calendar_id)
    if row["is_deleted"]:
        raise not_found("The calendar")
    if row["is_failing"] or not row["is_connected"]:
        raise locked()
    if row["is_readonly"]:
        raise forbidden("The calendar is read-only")
    return row


def add_calendar(tx: Transaction, profile_id: str, name: str, **columns: object) -> str:
    """Add a calendar to a mailbox and return its id; ``columns`` are those of the table."""
    position = tx.count("SELECT COUNT(*) FROM calendars WHERE profile_id = ?", [profile_id])
    part = profile_id.removeprefix("pro_")
    calendar_id = f"cal_{part}_{ids.derive_hex(profile_id, position, length=12)}"
    names = ["calendar_id", "profile_id", "name", "position", *columns]
    tx.execute(
        f"INSERT INTO calendars ({', '.join(names)})"  # noqa: S608 - our own column names
        f" VALUES ({', '.join('?' * len(names))})",
        [calendar_id, profile_id, name, position, *columns.values()],
    )
    return calendar_id


def create_calendar(
    tx: Transaction, sub: str, profile_id: str, name: str, color: str | None
) -> dict[str, Any]:
    """Make a calendar for the application; it may do everything there from the start."""
    member = tx.find(
        "SELECT p.* FROM memberships JOIN profiles p USING (profile_id)"
        " WHERE sub = ? AND profile_id = ?",
        [sub, profile_id],
    )
    if member is None:
        raise not_found("The profile")
    if member["is_failing"] or not member["is_connected"]:
        raise locked()
    if tx.find(
        "SELECT 1 FROM calendars WHERE profile_id = ? AND name = ? AND NOT is_deleted",
        [profile_id, name],
    ):
        raise unprocessable("name", "duplicate_calendar_name", "is the name of another calendar")
    calendar_id = add_calendar(tx, profile_id, name, permission="unrestricted", color=color)
    return describe_calendar(get_calendar(tx, calendar_id))


def set_deleted(tx: Transaction, calendar_id: str, *, is_deleted: bool = True) -> None:
    """Let the owner delete the whole calendar, or bring it back."""
    get_calendar(tx, calendar_id)
    tx.execute(
        "UPDATE calendars SET is_deleted = ? WHERE calendar_id = ?", [is_deleted, calendar_id]
    )


def set_readonly(tx: Transaction, calendar_id: str, *, is_readonly: bool = True) -> None:
    """Take or give the right to write to the calendar."""
    get_calendar(tx, calendar_id)
    tx.execute(
        "UPDATE calendars SET is_readonly = ? WHERE calendar_id = ?", [is_readonly, calendar_id]
    )
    wire.rewrite_calendar(tx, calendar_id)


def set_permission(tx: Transaction, calendar_id: str, level: str) -> None:
    """Set what the application may do there: ``sandbox`` or ``unrestricted``."""
    get_calendar(tx, calendar_id)
    tx.execute("UPDATE calendars SET permission = ? WHERE calendar_id = ?", [level, calendar_id])
    wire.rewrite_calendar(tx, calendar_id)


def describe_calendar(row: sqlite3.Row) -> dict[str, Any]:
    """Return the calendar as the API lists it."""
    service = mailboxes.SERVICES[row["service"]]
    return {
        "provider_name": service.provider_name,
        "profile_id": row["profile_id"],
        "profile_name": row["mailbox"],
        **describe_inside_profile(row),
    }


def describe_inside_profile(row: sqlite3.Row) -> dict[str, Any]:
    """Return the calendar as userinfo lists it beneath its profile."""
    return {
        "calendar_id": row["calendar_id"],
        "calendar_name": row["name"],
        "calendar_readonly": bool(row["is_readonly"] or row["is_deleted"]),
        "calendar_deleted": bool(row["is_deleted"]),
        "calendar_primary": bool(row["is_primary"]),
        "calendar_integrated_conferencing_available": False,
        "calendar_attachments_available": False,
        "permission_level": row["permission"],
    }
