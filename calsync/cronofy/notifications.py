"""Push notifications: whether one is Cronofy's, and what it says (docs/cronofy-api.md 7)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from calsync.cronofy import wire
from calsync.errors import UnreadableAnswer

#: The header that carries the signatures.
SIGNATURE_HEADER = "Cronofy-HMAC-SHA256"

#: Two secrets can be active, so two values are expected; a few more are forgiven. A header
#: beyond these is not looked at: it is an attempt to make us calculate.
LONGEST_HEADER = 1024
MOST_VALUES = 8


class NotificationKind(StrEnum):
    """What a notification is about; a type that is not yet known is OTHER."""

    VERIFICATION = "verification"
    CHANGE = "change"
    PROFILE_DISCONNECTED = "profile_disconnected"
    PROFILE_INITIAL_SYNC_COMPLETED = "profile_initial_sync_completed"
    CONFERENCING_PROFILE_DISCONNECTED = "conferencing_profile_disconnected"
    GDPR_REQUESTED = "gdpr_requested"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Notification:
    """A bare ping: look, never what. It names no account; the address it came to does.

    ``changes_since`` comes with a change only, in UTC; None means: from where you were.
    """

    kind: NotificationKind
    channel_id: str | None = None
    changes_since: datetime | None = None


def is_genuine(header: str | None, body: bytes, secrets: Sequence[str]) -> bool:
    """Tell whether any value of the header signs the bytes of ``body`` with any secret.

    ``secrets`` are the application's one or two active client secrets. Never raises. Every
    value is compared with every signature, in constant time, so that the time taken does
    not tell which one was close.
    """
    values = _values(header)
    wanted = [_signature(secret, body) for secret in secrets if secret]
    found = False
    for signature in wanted:
        for value in values:
            found |= hmac.compare_digest(signature, value)
    return found


def read_notification(body: bytes) -> Notification:
    """Return what a notification says, of a type known or not.

    Raises UnreadableAnswer only where the body is not a notification at all.
    """
    envelope = wire.parse(body)
    try:
        inner, channel = wire.child(envelope, "notification"), wire.child(envelope, "channel")
        kind = wire.identifier(inner, "type")
    except wire.UnreadableField as problem:
        kind, reason = None, problem.reason
    if kind is None:
        raise UnreadableAnswer(f"The notification cannot be read: {reason}.")
    known = kind in list(NotificationKind)
    channel_id = channel.get("channel_id")
    return Notification(
        kind=NotificationKind(kind) if known else NotificationKind.OTHER,
        channel_id=wire.clean(channel_id) if isinstance(channel_id, str) else None,
        changes_since=wire.moment(inner.get("changes_since")),
    )


def _values(header: str | None) -> list[bytes]:
    """Return the values of the header, none of one that is too long or not ASCII."""
    if not header or len(header) > LONGEST_HEADER or not header.isascii():
        return []
    values = [value.strip() for value in header.split(",")]
    return [value.encode() for value in values if value] if len(values) <= MOST_VALUES else []


def _signature(secret: str, body: bytes) -> bytes:
    """Return the signature in standard Base64 with padding (docs/cronofy-api.md 7.5)."""
    return base64.b64encode(
        hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256).digest()
    )
