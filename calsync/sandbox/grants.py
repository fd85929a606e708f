"""Authorisations: one-time codes, token families, and their end."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from calsync.sandbox import accounts, channels, ids, mailboxes
from calsync.sandbox.errors import ApiError, forbidden
from calsync.sandbox.mailboxes import Mailbox
from calsync.sandbox.store import Transaction

#: How long a code may wait for its exchange, in seconds.
CODE_LIFETIME = 600
#: What each bundle of the newer kind stands for.
BUNDLES = {
    "read_write": {
        "read_account",
        "list_calendars",
        "read_events",
        "read_free_busy",
        "create_event",
        "delete_event",
        "create_calendar",
        "change_participation_status",
    },
    "read_only": {"read_account", "list_calendars", "read_events", "read_free_busy"},
    "write_only": {"create_event", "delete_event"},
    "free_busy": {"read_free_busy"},
    "free_busy_write": {"read_free_busy", "create_event", "delete_event"},
    "read_events": {"read_events", "read_free_busy"},
}


@dataclass(frozen=True)
class Access:
    """What a valid access token stands for."""

    sub: str
    scope: str
    grant_id: str

    def require(self, needed: str) -> None:
        """Raise the 403 unless the scope grants what is needed."""
        if needed not in expand_scope(self.scope):
            raise forbidden(f"The scope {needed} was not granted")


def expand_scope(scope: str) -> set[str]:
    """Return every single right that the scope's words grant."""
    words = scope.split()
    return set(words).union(*(BUNDLES.get(word, set()) for word in words))


def create_code(
    tx: Transaction, mailbox: Mailbox, *, redirect_uri: str, scope: str, linked_to: str | None
) -> str:
    """Record a person's consent and return the one-time code for the redirect.

    ``linked_to`` is the account to join instead of the mailbox's own: the one
    known in the browser (implicit linking; None with ``avoid_linking``) or a
    link token's. A disconnected mailbox is connected again by it.
    """
    sub = accounts.join_account(tx, mailbox, linked_to)
    mailboxes.reconnect(tx, mailbox.profile_id)
    code = ids.new_token()
    tx.execute(
        "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, NULL)",
        [code, redirect_uri, scope, sub, mailbox.profile_id, tx.now],
    )
    return code


def find_sub_of_code(tx: Transaction, code: str) -> str | None:
    """Return the account that a code is for: what the browser's cookie remembers."""
    row = tx.find("SELECT sub FROM codes WHERE code = ?", [code])
    return row["sub"] if row else None


def exchange_code(tx: Transaction, code: str, redirect_uri: str, origin: str) -> dict[str, Any]:
    """Return the token answer for a fresh code, which is used up by it."""
    row = tx.find("DELETE FROM codes WHERE code = ? RETURNING *", [code])
    if row is None or row["redirect_uri"] != redirect_uri:
        raise _invalid_grant()
    if tx.now - row["made_at"] > CODE_LIFETIME:
        raise _invalid_grant()
    sub, scope = row["sub"], row["scope"]
    mailbox = mailboxes.get_mailbox_of_profile(tx, row["profile_id"])
    return {
        **open_grant(tx, sub, scope, service_sub=row["service_sub"]),
        "account_id": sub,
        "sub": sub,
        "linking_profile": {
            "provider_name": mailbox.service.provider_name,
            "provider_service": mailbox.service.key,
            "profile_id": mailbox.profile_id,
            "profile_name": mailbox.address,
        },
        "userinfo": accounts.describe_userinfo(tx, sub, scope, origin),
    }


def open_grant(
    tx: Transaction, sub: str, scope: str, *, service_sub: str | None = None
) -> dict[str, Any]:
    """Begin a token family for the account and return its tokens.

    ``service_sub`` is the service account that acts for the person, if one does.
    """
    grant_id = ids.new_hex()
    tx.execute("INSERT INTO grants VALUES (?, ?, ?, NULL, ?)", [grant_id, sub, scope, service_sub])
    return _issue_tokens(tx, grant_id, scope)


def refresh(tx: Transaction, refresh_token: str) -> dict[str, Any]:
    """Return new tokens for a refresh token, which is used up by it."""
    row = tx.find("SELECT * FROM grants WHERE refresh_token = ?", [refresh_token])
    if row is None:
        raise _invalid_grant()
    return _issue_tokens(tx, row["grant_id"], row["scope"])


def find_access(tx: Transaction, token: str) -> Access | None:
    """Return what the access token stands for, or None when it is unknown or expired."""
    row = tx.find(
        "SELECT g.* FROM access_tokens a JOIN grants g USING (grant_id)"
        " WHERE a.token = ? AND a.expires_at > ?",
        [token, tx.now],
    )
    return Access(row["sub"], row["scope"], row["grant_id"]) if row else None


def expire_access_tokens(tx: Transaction, sub: str | None = None) -> int:
    """Let the access tokens of one account, or of all, be expired; return how many."""
    return tx.execute(
        "UPDATE access_tokens SET expires_at = 0 WHERE expires_at > 0 AND grant_id IN"
        " (SELECT grant_id FROM grants WHERE ? IS NULL OR sub = ?)",
        [sub, sub],
    ).rowcount


def revoke_token(tx: Transaction, token: str) -> None:
    """End the family of an access or refresh token; an unknown one is no error."""
    row = tx.find(
        "SELECT * FROM grants WHERE refresh_token = ?1 OR grant_id IN"
        " (SELECT grant_id FROM access_tokens WHERE token = ?1)",
        [token],
    )
    if row is not None:
        _end_grant(tx, row)


def revoke_account(tx: Transaction, sub: str) -> None:
    """End every family of the account; an unknown one is no error."""
    for row in tx.list("SELECT * FROM grants WHERE sub = ?", [sub]):
        _end_grant(tx, row)


def revoke_everybody(tx: Transaction) -> None:
    """End every family of every account."""
    for row in tx.list("SELECT * FROM grants"):
        _end_grant(tx, row)


def create_link_token(tx: Transaction, sub: str) -> str:
    """Return a token that links the next authorisation to this account."""
    token = ids.new_token()
    tx.execute("INSERT INTO link_tokens VALUES (?, ?, ?)", [token, sub, tx.now])
    return token


def find_sub_of_link_token(tx: Transaction, token: str) -> str | None:
    """Return the account that a link token names, or None."""
    row = tx.find("SELECT sub FROM link_tokens WHERE token = ?", [token])
    return row["sub"] if row else None


def _issue_tokens(tx: Transaction, grant_id: str, scope: str) -> dict[str, Any]:
    access_token, refresh_token = ids.new_token(), ids.new_token()
    lifetime = tx.settings.token_lifetime
    tx.execute("UPDATE grants SET refresh_token = ? WHERE grant_id = ?", [refresh_token, grant_id])
    tx.execute(
        "INSERT INTO access_tokens VALUES (?, ?, ?)", [access_token, grant_id, tx.now + lifetime]
    )
    return {
        "token_type": "bearer",
        "access_token": access_token,
        "refresh_token": refresh_token,
        "expires_in": lifetime,
        "scope": scope,
    }


def _end_grant(tx: Transaction, grant: sqlite3.Row) -> None:
    tx.execute("DELETE FROM access_tokens WHERE grant_id = ?", [grant["grant_id"]])
    tx.execute("DELETE FROM grants WHERE grant_id = ?", [grant["grant_id"]])
    for dependent in tx.list("SELECT * FROM grants WHERE service_sub = ?", [grant["sub"]]):
        _end_grant(tx, dependent)
    if not tx.count("SELECT COUNT(*) FROM grants WHERE sub = ?", [grant["sub"]]):
        channels.close_channels_of_account(tx, grant["sub"])


def _invalid_grant() -> ApiError:
    return ApiError(400, {"error": "invalid_grant"})
