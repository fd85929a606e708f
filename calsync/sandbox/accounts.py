"""Accounts: what a ``sub`` stands for, and which profiles it holds."""

import sqlite3
from typing import Any
from urllib.parse import quote

from calsync.sandbox import calendars, mailboxes
from calsync.sandbox.errors import not_found
from calsync.sandbox.mailboxes import Mailbox
from calsync.sandbox.store import Transaction


def join_account(tx: Transaction, mailbox: Mailbox, linked_to: str | None = None) -> str:
    """Put the mailbox's profile into an account and return the account's sub.

    Without ``linked_to`` that is the mailbox's own account, the same every
    time. With it (the account known in the browser, or a link token's) the
    profile joins that one.
    """
    sub = linked_to if linked_to and find_account(tx, linked_to) else mailbox.sub
    tx.execute(
        "INSERT OR IGNORE INTO accounts VALUES (?, 'account', ?, ?, ?)",
        [sub, mailbox.address, mailbox.name, mailbox.zone],
    )
    tx.execute("INSERT OR IGNORE INTO memberships VALUES (?, ?)", [sub, mailbox.profile_id])
    return sub


def find_account(tx: Transaction, sub: str) -> sqlite3.Row | None:
    """Return the account, or None."""
    return tx.find("SELECT * FROM accounts WHERE sub = ?", [sub])


def get_account(tx: Transaction, sub: str) -> sqlite3.Row:
    """Return the account, or raise the 404."""
    row = find_account(tx, sub)
    if row is None:
        raise not_found("The account")
    return row


def list_profiles(tx: Transaction, sub: str) -> list[sqlite3.Row]:
    """Return the account's profiles, each with its mailbox's service."""
    return tx.list(
        "SELECT p.*, m.service FROM memberships s JOIN profiles p USING (profile_id)"
        " JOIN mailboxes m ON m.address = p.mailbox WHERE s.sub = ?",
        [sub],
    )


def remove_profile(tx: Transaction, sub: str, profile_id: str) -> None:
    """Take the profile out of the account, or raise the 404."""
    removed = tx.execute(
        "DELETE FROM memberships WHERE sub = ? AND profile_id = ?", [sub, profile_id]
    )
    if not removed.rowcount:
        raise not_found("The profile")


def describe_account(tx: Transaction, sub: str, scope: str) -> dict[str, Any]:
    """Return the body of ``/v1/account``."""
    row = get_account(tx, sub)
    return {
        "account_id": sub,
        "sub": sub,
        "email": row["email"],
        "name": row["name"],
        "scope": scope,
        "default_tzid": row["zone"],
    }


def describe_profile(row: sqlite3.Row, origin: str) -> dict[str, Any]:
    """Return the profile as ``/v1/profiles`` lists it; ``origin`` is the sandbox's own."""
    service = mailboxes.SERVICES[row["service"]]
    shown = {
        "provider_name": service.provider_name,
        "provider_service": service.key,
        "profile_id": row["profile_id"],
        "profile_name": row["mailbox"],
        "profile_connected": bool(row["is_connected"]),
        "profile_initial_sync_required": bool(row["needs_initial_sync"]),
    }
    if not row["is_connected"]:
        email = quote(row["mailbox"], safe="@")
        shown["profile_relink_url"] = f"{origin}/relink/{service.request_name}?email={email}"
    return shown


def describe_userinfo(tx: Transaction, sub: str, scope: str, origin: str) -> dict[str, Any]:
    """Return the body of ``/v1/userinfo``: account, profiles and calendars at once."""
    row = get_account(tx, sub)
    profiles = []
    for profile in list_profiles(tx, sub):
        shown = describe_profile(profile, origin)
        shown["profile_calendars"] = [
            calendars.describe_inside_profile(each)
            for each in calendars.list_calendars(tx, profile["profile_id"])
        ]
        profiles.append(shown)
    return {
        "sub": sub,
        "email": row["email"],
        "name": row["name"],
        "zoneinfo": row["zone"],
        "cronofy.type": row["kind"],
        "cronofy.data": {
            "authorization": {"scope": scope, "status": "active"},
            "profiles": profiles,
            "conferencing_profiles": [],
        },
    }
