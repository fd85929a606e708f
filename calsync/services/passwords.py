"""Passwords: kept as argon2id, never as they are."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calsync.errors import UserError

SHORTEST = 10
LONGEST = 256

# OWASP's least: 19 MiB, two passes, one lane. It costs about 26 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified in place of an unknown user's, so that both answers take one verification.
_nobodys_hash = _hasher.hash("nobody has this password")


class WeakPassword(UserError):
    """The new password is ``short``, ``long``, ``easy`` to guess or the ``same`` as before."""


def hash_password(password: str) -> str:
    """Return what may be stored of a password."""
    return _hasher.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed; for an unknown user it never is.

    Takes one argon2 verification either way, so that its time tells nothing.
    """
    try:
        _hasher.verify(password_hash or _nobodys_hash, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and len(password) <= LONGEST


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def refuse_weak_password(password: str, *words: str) -> None:
    """Raise WeakPassword unless the password may be used by somebody known by ``words``.

    Any characters will do; there are no rules of composition, only of length,
    of variety and against what an attacker would try first.
    """
    if len(password) < SHORTEST:
        raise WeakPassword("short")
    if len(password) > LONGEST:
        raise WeakPassword("long")
    lowered = password.lower()
    guesses = {part for word in words for part in (word.lower(), word.lower().partition("@")[0])}
    easy = any(
        len(guess) > 2 and lowered.replace(guess, "").strip("0123456789!.-_") == ""
        for guess in guesses | {"calsync", "password", "calendar", "qwertyuiop", "letmein"}
    )
    if easy or len(set(password)) < 5:
        raise WeakPassword("easy")
