"""When something that failed is tried again."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: Nobody is asked to wait longer than this, whatever the other side says.
LONGEST_ASKED = timedelta(days=1)

_FIRST = timedelta(seconds=10)
_LONGEST = timedelta(hours=1)

#: How long a message waits after its first failure, its second, and so on: three days and
#: a bit in all. Source: Standard Webhooks 1.0.0, "Deliverability and reliability".
_WEBHOOK_DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


def retry_delay(attempts: int, jitter: float, asked: timedelta | None = None) -> timedelta:
    """Return how long to wait after failure number ``attempts`` (from 1).

    It doubles from 10 seconds up to an hour; ``jitter`` (from 0 up to 1) spreads
    it over the upper half, so that what failed together does not return together.
    Never sooner than the other side ``asked`` for.
    """
    doublings: int = min(max(attempts - 1, 0), 12)
    doubled = _FIRST * (1 << doublings)
    delay = min(doubled, _LONGEST) * (0.5 + 0.5 * jitter)
    return max(delay, asked or timedelta(0))


def webhook_delay(attempts: int, jitter: float, asked: timedelta | None = None) -> timedelta | None:
    """Return how long a message waits after failure number ``attempts``; None: give it up.

    Before the first attempt (0) it does not wait. ``jitter`` (from 0 up to 1) adds up to a
    fifth. Never sooner than the other side ``asked`` for.
    """
    if attempts > len(_WEBHOOK_DELAYS):
        return None
    if attempts < 1:
        return timedelta(0)
    delay = _WEBHOOK_DELAYS[attempts - 1] * (1 + 0.2 * jitter)
    return max(delay, asked or timedelta(0))


def asked_delay(header: str, now: datetime) -> timedelta | None:
    """Return how long a ``Retry-After`` header asks to wait, at most a day, or None.

    Seconds or an HTTP date (RFC 9110, 10.2.3); None where it is neither.
    """
    told = header.strip()
    if _SECONDS.fullmatch(told):
        return min(timedelta(seconds=int(told)), LONGEST_ASKED)
    try:
        moment = parsedate_to_datetime(told)
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait, timedelta()), LONGEST_ASKED)
