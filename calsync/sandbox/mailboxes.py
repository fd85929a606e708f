"""Mailboxes, as their providers keep them, and the profiles that Cronofy makes of them."""

import sqlite3
from dataclasses import dataclass

from calsync.sandbox import channels, ids
from calsync.sandbox.errors import SignInRefused, not_found
from calsync.sandbox.store import Transaction


@dataclass(frozen=True)
class Service:
    """A calendar service as a person knows it, and how Cronofy names it.

    ``provider_name`` is Cronofy's in answers; ``request_name`` is what the
    authorize URL takes: they differ for Office 365 only.
    """

    key: str
    title: str
    provider_name: str
    request_name: str


SERVICES = {
    service.key: service
    for service in (
        Service("icloud", "iCloud", "apple", "apple"),
        Service("google", "Google", "google", "google"),
        Service("office365", "Office 365", "exchange", "office365"),
        Service("exchange", "Exchange", "exchange", "exchange"),
        Service("outlook_com", "Outlook.com", "live_connect", "live_connect"),
        Service("cronofy", "Cronofy", "cronofy", "cronofy"),
    )
}
#: The five that the portal offers, in its order.
OFFERED = [service for key, service in SERVICES.items() if key != "cronofy"]


@dataclass(frozen=True)
class Mailbox:
    """Somebody's mailbox at a calendar service; ``zone`` is its owner's time zone."""

    address: str
    name: str
    service: Service
    zone: str
    profile_id: str
    is_connected: bool

    @property
    def sub(self) -> str:
        """The account that belongs to this mailbox as long as nothing is linked."""
        return f"acc_{ids.derive_hex('account', self.address)}"


def find_service(request_name: str) -> Service | None:
    """Return the service that an authorize URL's ``provider_name`` selects."""
    return next((each for each in OFFERED if each.request_name == request_name), None)


def list_mailboxes(tx: Transaction) -> list[Mailbox]:
    """Return every mailbox, by address."""
    return [_mailbox(row) for row in tx.list(_SELECT + " ORDER BY m.service, m.address")]


def find_mailbox(tx: Transaction, address: str) -> Mailbox | None:
    """Return the mailbox with this address, however it is capitalised."""
    row = tx.find(_SELECT + " WHERE m.address = ?", [address.strip().lower()])
    return _mailbox(row) if row else None


def get_mailbox(tx: Transaction, address: str) -> Mailbox:
    """Return the mailbox with this address, or raise the 404."""
    found = find_mailbox(tx, address)
    if found is None:
        raise not_found("The mailbox")
    return found


def get_mailbox_of_profile(tx: Transaction, profile_id: str) -> Mailbox:
    """Return the mailbox behind a profile, or raise the 404."""
    row = tx.find(_SELECT + " WHERE p.profile_id = ?", [profile_id])
    if row is None:
        raise not_found("The profile")
    return _mailbox(row)


def sign_in(
    tx: Transaction, service_key: str, address: str, password: str, server: str = ""
) -> Mailbox:
    """Return the mailbox if its provider accepts these credentials.

    Exchange asks for the server's address besides. Raises SignInRefused with a
    sentence to show.
    """
    if service_key == "exchange" and not _looks_like_a_host(server):
        raise SignInRefused("Enter the address of the Exchange server, like mail.firm.example.")
    found = find_mailbox(tx, address)
    if found is None or found.service.key != service_key:
        raise SignInRefused(f"There is no {SERVICES[service_key].title} mailbox with this address.")
    row = tx.find("SELECT password FROM mailboxes WHERE address = ?", [found.address])
    if row is None or row["password"] != password:
        kind = "app-specific password" if service_key == "icloud" else "password"
        raise SignInRefused(f"The {kind} is wrong.")
    return found


def disconnect(tx: Transaction, profile_id: str, *, is_noticed: bool = True) -> None:
    """Make the provider refuse Cronofy, as a changed password does.

    Cronofy notices at its next attempt: unless ``is_noticed``, that is the
    next write to a calendar of the profile.
    """
    get_mailbox_of_profile(tx, profile_id)
    tx.execute(
        "UPDATE profiles SET is_failing = 1, disconnected_at = COALESCE(disconnected_at, ?)"
        " WHERE profile_id = ?",
        [tx.now, profile_id],
    )
    if is_noticed:
        notice_disconnection(tx, profile_id)


def notice_disconnection(tx: Transaction, profile_id: str) -> None:
    """Let Cronofy find out that the provider refuses it, and tell the channels once."""
    changed = tx.execute(
        "UPDATE profiles SET is_connected = 0"
        " WHERE profile_id = ? AND is_failing = 1 AND is_connected = 1",
        [profile_id],
    )
    if changed.rowcount:
        channels.announce_to_profile(tx, profile_id, "profile_disconnected")


def reconnect(tx: Transaction, profile_id: str) -> None:
    """Let Cronofy in again; what happened meanwhile is announced as a change."""
    get_mailbox_of_profile(tx, profile_id)
    row = tx.find("SELECT * FROM profiles WHERE profile_id = ?", [profile_id])
    tx.execute(
        "UPDATE profiles SET is_connected = 1, is_failing = 0, disconnected_at = NULL"
        " WHERE profile_id = ?",
        [profile_id],
    )
    if row is not None and row["disconnected_at"] is not None:
        since = int(row["disconnected_at"])
        channels.announce_to_profile(tx, profile_id, "change", changes_since=since)


def set_initial_sync(tx: Transaction, profile_id: str, *, is_required: bool) -> None:
    """Say whether Cronofy has still to pull this profile for the first time."""
    get_mailbox_of_profile(tx, profile_id)
    changed = tx.execute(
        "UPDATE profiles SET needs_initial_sync = ? WHERE profile_id = ?"
        " AND needs_initial_sync <> ?",
        [is_required, profile_id, is_required],
    )
    if changed.rowcount and not is_required:
        channels.announce_to_profile(tx, profile_id, "profile_initial_sync_completed")


_SELECT = (
    "SELECT m.*, p.profile_id, p.is_connected FROM mailboxes m"
    " JOIN profiles p ON p.mailbox = m.address"
)


def _mailbox(row: sqlite3.Row) -> Mailbox:
    return Mailbox(
        address=row["address"],
        name=row["name"],
        service=SERVICES[row["service"]],
        zone=row["zone"],
        profile_id=row["profile_id"],
        is_connected=bool(row["is_connected"]),
    )


def _looks_like_a_host(text: str) -> bool:
    host = text.strip().removeprefix("https://").partition("/")[0]
    return bool(host) and not any(each.isspace() for each in host)
