"""Secrets and signatures as Standard Webhooks has them (version 1.0.0 of its specification)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from calsync import ids

_PREFIX = "whsec_"
#: The standard asks for 24 to 64 bytes.
_FEWEST_BYTES, _MOST_BYTES = 24, 64


def new_secret() -> str:
    """Return a fresh secret of 256 bits in the form ``whsec_<base64>``."""
    raw = base64.urlsafe_b64decode(ids.new_secret() + "=")
    return _PREFIX + base64.b64encode(raw).decode()


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    """Return the signature ``v1,<base64>`` of one attempt to deliver ``body`` at ``at``.

    Raises ValueError, quoting nothing, where the secret has another form, the time is
    naive, or the id holds a full stop and so could be read as part of what follows it.
    """
    if not message_id or "." in message_id:
        raise ValueError("The id of a message is never empty and holds no full stop.")
    signed = b".".join((message_id.encode(), _seconds(at).encode(), body))
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_headers(
    secrets: Sequence[str], message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """Return the headers of one attempt, signed with each of ``secrets``.

    ``message_id`` stays the same from attempt to attempt, ``at`` does not. While a secret
    is being changed both are given, so that the receiver can change in its own time.
    """
    if not secrets:
        raise ValueError("A message is signed with at least one secret.")
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": _seconds(at),
        "webhook-signature": " ".join(sign(secret, message_id, at, body) for secret in secrets),
    }


def _seconds(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("The time of an attempt needs a zone.")
    return str(int(at.timestamp()))


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if encoded == secret or not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError("The secret is not of the form whsec_<base64>.")
    return key
