"""Ids and secrets: the one place where chance comes from."""

import hashlib
import random
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Return a fresh opaque id of 16 letters and digits (80 bits), safe in a URL."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def new_secret() -> str:
    """Return a fresh secret of 256 bits, safe in a URL and a cookie."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return what may be stored in place of a secret of ours: its SHA-256, in hex.

    Enough for secrets with 128 bits or more of chance; passwords need argon2id.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def jitter() -> float:
    """Return a number from 0 up to 1, to spread retries that would fall together."""
    return random.random()  # noqa: S311 - spreads load, guards nothing
