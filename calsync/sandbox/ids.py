"""The shapes of Cronofy's ids and tokens."""

import hashlib
import secrets


def derive_hex(*parts: object, length: int = 24) -> str:
    """Return the same hex digits for the same parts, so that seeds keep their ids."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:length]


def new_hex(length: int = 24) -> str:
    """Return fresh hex digits."""
    return secrets.token_hex(length // 2)


def new_token() -> str:
    """Return a fresh token of 32 ASCII characters, Cronofy's length."""
    return secrets.token_urlsafe(24)


def new_external_uid() -> str:
    """Return the uid of an event that an owner made."""
    return f"evt_external_{new_hex()}"
