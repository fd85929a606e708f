"""How many wrong passwords are listened to."""

from flask import render_template
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

#: Wrong passwords for one person from one address; from one address; for one person at all.
#: The last is wide, so that a stranger can hardly keep somebody from logging in.
_PERSON_THERE = parse("10 per 5 minutes")
_ADDRESS = parse("60 per 5 minutes")
_PERSON = parse("200 per hour")


class GuessLimit:
    """Counts failed logins in this process's memory; only failures count."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, tenant: str, email: str, address: str) -> int:
        """Return how long at most to refuse further tries; 0 while they are welcome."""
        keys = self._keys(tenant, email, address)
        full = [limit for limit, key in keys if not self._limiter.test(limit, *key)]
        return max((limit.get_expiry() for limit in full), default=0)

    def note_failure(self, tenant: str, email: str, address: str) -> None:
        """Count a failed try."""
        for limit, key in self._keys(tenant, email, address):
            self._limiter.hit(limit, *key)

    def _keys(
        self, tenant: str, email: str, address: str
    ) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        person = (tenant.lower(), email.lower())
        return [
            (_PERSON_THERE, ("there", *person, address)),
            (_ADDRESS, ("address", address)),
            (_PERSON, ("person", *person)),
        ]


def show_wait(seconds: int) -> tuple[str, int, dict[str, str]]:
    """Answer somebody whose guesses are not listened to for ``seconds``."""
    page = render_template("auth/too_many.html", minutes=-(-seconds // 60))
    return page, 429, {"Retry-After": str(seconds)}
