"""Accounts without a person at a browser: service accounts and application calendars."""

from dataclasses import dataclass
from typing import Any

from calsync.sandbox import accounts, calendars, channels, fields, grants, ids, mailboxes
from calsync.sandbox.errors import unprocessable
from calsync.sandbox.store import Transaction
from calsync.sandbox.wishes import is_loopback_url

SCOPE = "service_account/accounts/manage"
MOST_AUTHORIZATIONS = 50
ROOMS = [
    {"email": "board-room@exchange.example", "name": "Board room"},
    {"email": "garden-room@exchange.example", "name": "Garden room"},
]


@dataclass(frozen=True)
class Authorization:
    """One mailbox that a service account wants to act for."""

    email: str
    scope: str
    callback_url: str
    state: str


def open_service_account(tx: Transaction, domain: str) -> dict[str, Any]:
    """Return tokens of the service account of a domain, as its administrator's consent gives."""
    sub = f"ser_{ids.derive_hex('service', domain)}"
    tx.execute(
        "INSERT OR IGNORE INTO accounts VALUES (?, 'service_account', ?, ?, 'Etc/UTC')",
        [sub, f"admin@{domain}", domain],
    )
    scope = f"{SCOPE} service_account/resources/manage"
    return {**grants.open_grant(tx, sub, scope), "account_id": sub, "sub": sub}


def parse_authorizations(body: dict[str, Any]) -> list[Authorization]:
    """Return the one or many authorisations that the request asks for, or raise the 422."""
    given = body.get("service_account_authorizations", [body])
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_AUTHORIZATIONS:
        raise unprocessable("service_account_authorizations", "invalid", "must list 1 to 50")
    return [_parse(each) for each in given]


def authorize(tx: Transaction, service_sub: str, wanted: Authorization) -> None:
    """Post a code for the mailbox to the callback, or the error if there is no such mailbox."""
    mailbox = mailboxes.find_mailbox(tx, wanted.email)
    if mailbox is None:
        result = {
            "error": "access_denied",
            "error_key": "errors.account_unknown",
            "error_description": "There is no such mailbox",
            "state": wanted.state,
        }
    else:
        code = grants.create_code(
            tx, mailbox, redirect_uri=wanted.callback_url, scope=wanted.scope, linked_to=None
        )
        tx.execute("UPDATE codes SET service_sub = ? WHERE code = ?", [service_sub, code])
        result = {"code": code, "state": wanted.state}
    channels.queue_callback(tx, wanted.callback_url, {"authorization": result})


def is_impersonated(tx: Transaction, grant_id: str) -> bool:
    """Tell whether a grant was made by a service account."""
    row = tx.find("SELECT service_sub FROM grants WHERE grant_id = ?", [grant_id])
    return row is not None and row["service_sub"] is not None


def open_application_calendar(tx: Transaction, name: str) -> tuple[str, str]:
    """Return sub and profile id of an application calendar, made at its first use."""
    sub = f"apc_{ids.derive_hex('application', name)}"
    profile_id = f"pro_{ids.derive_hex('application', name, length=16)}"
    if accounts.find_account(tx, sub) is None:
        tx.execute(
            "INSERT INTO accounts VALUES (?, 'application_calendar', '', NULL, 'Etc/UTC')", [sub]
        )
        tx.execute("INSERT INTO mailboxes VALUES (?, ?, 'cronofy', '', 'Etc/UTC')", [name, name])
        tx.execute("INSERT INTO profiles (profile_id, mailbox) VALUES (?, ?)", [profile_id, name])
        tx.execute("INSERT INTO memberships VALUES (?, ?)", [sub, profile_id])
        calendars.add_calendar(tx, profile_id, name, is_primary=1, permission="unrestricted")
    return sub, profile_id


def _parse(given: object) -> Authorization:
    if not isinstance(given, dict):
        raise unprocessable("service_account_authorizations", "invalid", "must be objects")
    for name in ("email", "scope", "callback_url"):
        if not isinstance(given.get(name), str):
            raise unprocessable(name, "required", "is missing")
    if not fields.is_email(given["email"]):
        raise unprocessable("email", "invalid", "must be an address")
    if not is_loopback_url(given["callback_url"]):
        raise unprocessable("callback_url", "invalid", "must be a URL on this machine")
    state = given.get("state", "")
    if not isinstance(state, str):
        raise unprocessable("state", "must_be_string", "must be a String")
    return Authorization(given["email"], given["scope"], given["callback_url"], state)
