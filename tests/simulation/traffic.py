"""Who called what, and how often an application may call (docs/cronofy-api.md 10)."""

from collections import Counter, deque
from dataclasses import dataclass, field

LIMITS = ((1.0, 50), (60.0, 500))


@dataclass(frozen=True, slots=True)
class Logged:
    """One call; ``status`` is 0 where no answer came, ``writes`` counts the events written."""

    at: float
    method: str
    path: str
    sub: str
    status: int
    writes: int
    fault: str


@dataclass
class Traffic:
    """All calls since the last clearing."""

    calls: list[Logged] = field(default_factory=list)
    #: By method and path; a further page counts for the path of its read.
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Events written or deleted, those of a batch one by one, taken or not.
    writes: int = 0

    def note(self, call: Logged) -> None:
        """Count a call."""
        self.calls.append(call)
        self.counts[call.method, call.path.partition("/pages/")[0]] += 1
        self.writes += call.writes

    @property
    def total(self) -> int:
        """How many calls there were."""
        return len(self.calls)

    def clear(self) -> None:
        """Forget everything."""
        self.calls.clear()
        self.counts.clear()
        self.writes = 0


@dataclass
class RateLimit:
    """The calls of the last minute; off until it is switched on."""

    on: bool = False
    _calls: deque[float] = field(default_factory=deque)

    def admits(self, now: float, calls: int = 1) -> bool:
        """Count calls unless they are too many, and tell whether they are let through."""
        if not self.on:
            return True
        while self._calls and self._calls[0] <= now - LIMITS[-1][0]:
            self._calls.popleft()
        for seconds, most in LIMITS:
            if len(self._calls) >= most and self._calls[-most] > now - seconds:
                return False
        self._calls.extend([now] * calls)
        return True
