"""Who called what, and how often an application may call."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: Cronofy's default limits, each as (seconds, calls).
LIMITS = ((1.0, 50), (60.0, 500))
#: How many of the latest calls are remembered whole.
REMEMBERED = 500


@dataclass
class Call:
    """One call of the API; ``status`` is 0 until it is answered (or never was)."""

    at: datetime
    method: str
    path: str
    query: str
    status: int = 0
    fault: str = ""


@dataclass
class Traffic:
    """The calls since the last reset: all counted, the latest remembered."""

    latest: deque[Call] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_call(self, method: str, path: str, query: str) -> Call:
        """Count a call and return its record, for its status to be filled in."""
        call = Call(datetime.now(UTC), method, path, query)
        with self._lock:
            self._counts[method, path] += 1
            self.latest.append(call)
        return call

    def counts(self) -> list[dict[str, object]]:
        """Return how often each method and path was called."""
        with self._lock:
            pairs = sorted(self._counts.items())
        return [{"method": m, "path": p, "count": count} for (m, p), count in pairs]

    def total(self) -> int:
        """Return how many calls there were."""
        with self._lock:
            return self._counts.total()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._counts.clear()
            self.latest.clear()


@dataclass
class RateLimit:
    """The calls of the last minute, to tell when an application asks too often."""

    clock: Callable[[], float] = time.monotonic
    _calls: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self) -> bool:
        """Count a call unless it is one too many, and tell which it was."""
        now = self.clock()
        with self._lock:
            while self._calls and self._calls[0] <= now - LIMITS[-1][0]:
                self._calls.popleft()
            for seconds, most in LIMITS:
                if len(self._calls) >= most and self._calls[-most] > now - seconds:
                    return False
            self._calls.append(now)
            return True

    def clear(self) -> None:
        """Forget the past."""
        with self._lock:
            self._calls.clear()
