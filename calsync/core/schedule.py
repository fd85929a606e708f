"""When something that failed is tried again."""

from datetime import timedelta

_FIRST = timedelta(seconds=10)
_LONGEST = timedelta(hours=1)


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
