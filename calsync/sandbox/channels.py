"""Push channels, and the notifications that wait to be delivered to them."""

import json
import sqlite3
from typing import Any

from calsync.sandbox import ids, times
from calsync.sandbox.errors import not_found, unprocessable
from calsync.sandbox.store import Transaction

#: Cronofy's documented limit per account.
MOST_CHANNELS = 128


def create_channel(
    tx: Transaction, sub: str, callback_url: str, filters: dict[str, Any]
) -> dict[str, Any]:
    """Return the account's channel with this URL and these filters, made if it is new.

    A new one is sent a verification. ``filters`` holds only what differs from
    the defaults.
    """
    kept = json.dumps(filters, sort_keys=True)
    row = tx.find(
        "SELECT * FROM channels WHERE sub = ? AND callback_url = ? AND filters = ?",
        [sub, callback_url, kept],
    )
    if row is not None:
        return describe_channel(row)
    if tx.count("SELECT COUNT(*) FROM channels WHERE sub = ?", [sub]) >= MOST_CHANNELS:
        raise unprocessable("channels", "too_many", f"an account has {MOST_CHANNELS} at most")
    channel_id = f"chn_{ids.new_hex()}"
    tx.execute("INSERT INTO channels VALUES (?, ?, ?, ?)", [channel_id, sub, callback_url, kept])
    row = get_channel(tx, sub, channel_id)
    _queue(tx, row, {"type": "verification"})
    return describe_channel(row)


def list_channels(tx: Transaction, sub: str) -> list[dict[str, Any]]:
    """Return the account's open channels as the API shows them."""
    rows = tx.list("SELECT * FROM channels WHERE sub = ? ORDER BY rowid", [sub])
    return [describe_channel(row) for row in rows]


def get_channel(tx: Transaction, sub: str, channel_id: str) -> sqlite3.Row:
    """Return the account's channel, or raise the 404."""
    row = tx.find("SELECT * FROM channels WHERE sub = ? AND channel_id = ?", [sub, channel_id])
    if row is None:
        raise not_found("The channel")
    return row


def close_channel(tx: Transaction, channel_id: str) -> None:
    """Forget the channel and whatever still waited for it."""
    tx.execute("DELETE FROM channels WHERE channel_id = ?", [channel_id])
    tx.execute(
        "UPDATE deliveries SET outcome = 'closed' WHERE channel_id = ? AND outcome IS NULL",
        [channel_id],
    )


def close_channels_of_account(tx: Transaction, sub: str) -> None:
    """Forget every channel of an account whose last authorisation is gone."""
    for row in tx.list("SELECT channel_id FROM channels WHERE sub = ?", [sub]):
        close_channel(tx, row["channel_id"])


def describe_channel(row: sqlite3.Row) -> dict[str, Any]:
    """Return the channel as answers and notifications show it."""
    return {
        "channel_id": row["channel_id"],
        "callback_url": row["callback_url"],
        "filters": json.loads(row["filters"]),
    }


def announce_change(
    tx: Transaction, profile_id: str, calendar_id: str, *, is_managed: bool
) -> None:
    """Tell the channels that the owner changed an event in this calendar.

    Nothing is sent while the profile is disconnected: Cronofy cannot see it.
    """
    row = tx.find("SELECT is_failing FROM profiles WHERE profile_id = ?", [profile_id])
    if row is None or row["is_failing"]:
        return
    for channel in _channels_of_profile(tx, profile_id):
        filters = json.loads(channel["filters"])
        wanted = filters.get("calendar_ids")
        if wanted is not None and calendar_id not in wanted:
            continue
        if filters.get("only_managed") and not is_managed:
            continue
        _queue(tx, channel, _change_since(tx.second))


def announce_to_profile(
    tx: Transaction, profile_id: str, kind: str, *, changes_since: int | None = None
) -> None:
    """Tell every channel of the accounts that hold this profile."""
    notification = {"type": kind} if changes_since is None else _change_since(changes_since)
    for channel in _channels_of_profile(tx, profile_id):
        _queue(tx, channel, notification)


def queue_callback(tx: Transaction, url: str, body: dict[str, Any]) -> None:
    """Let a callback of another feature be delivered like a notification."""
    _insert_delivery(tx, None, url, "callback", body)


def _change_since(second: int) -> dict[str, str]:
    return {"type": "change", "changes_since": times.format_time(second)}


def _channels_of_profile(tx: Transaction, profile_id: str) -> list[sqlite3.Row]:
    return tx.list(
        "SELECT c.* FROM channels c JOIN memberships m ON m.sub = c.sub WHERE m.profile_id = ?",
        [profile_id],
    )


def _queue(tx: Transaction, channel: sqlite3.Row, notification: dict[str, str]) -> None:
    body = {"notification": notification, "channel": describe_channel(channel)}
    _insert_delivery(tx, channel["channel_id"], channel["callback_url"], notification["type"], body)


def _insert_delivery(
    tx: Transaction, channel_id: str | None, url: str, kind: str, body: dict[str, Any]
) -> None:
    # The same change is announced once per transaction: a changed series
    # touches many events at the same moment.
    text = json.dumps(body)
    same = tx.find(
        "SELECT 1 FROM deliveries WHERE channel_id = ? AND made_at = ? AND body = ?",
        [channel_id, tx.now, text],
    )
    if same is None:
        tx.execute(
            "INSERT INTO deliveries (channel_id, url, body, kind, made_at, due_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [channel_id, url, text, kind, tx.now, tx.now],
        )
