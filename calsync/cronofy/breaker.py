"""Whether Cronofy is there at all: while it is away, nobody waits for it one by one.

A single call that fails says little. Where one after the other does, whoever it is for, the
host is away: then every call is refused at once, and one now and then finds out whether it
is back.
"""

import threading
from datetime import timedelta

from calsync.clock import Clock
from calsync.errors import Unreachable
from calsync.logs import Log
from calsync.metrics import CRONOFY_AWAY

#: So many calls have to fail, and none to be answered in between.
MOST_FAILURES = 10
#: How long nobody is let through, doubled each time that the one who tries fails too.
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0

log = Log("calsync.cronofy")


class Breaker:
    """Knows how the last calls to one host went; one for all threads of a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._pause = 0.0
        #: Until when nobody is let through; None while the host is there.
        self._away_until: float | None = None
        #: Whether one was let through since to find out; others may be under way from before.
        self._is_trying = False

    def ask(self) -> None:
        """Return where a call may be made. Raises Unreachable while the host is away."""
        now = self._clock.monotonic()
        with self._lock:
            if self._away_until is None:
                return
            left = self._away_until - now
            if left <= 0:
                # Whoever comes now tries for all; the others wait for what comes of it.
                self._away_until, self._is_trying = now + self._pause, True
                return
        raise Unreachable(
            "Cronofy has not answered for a while.",
            maybe_sent=False,
            retry_after=timedelta(seconds=left),
        )

    def note(self, *, is_there: bool) -> None:
        """Note whether a call was answered by more than an error of the server's own."""
        with self._lock:
            was_away = self._away_until is not None
            if is_there:
                self._failures, self._pause, self._away_until = 0, 0.0, None
                self._is_trying = False
            else:
                self._failures += 1
                if self._is_trying if was_away else self._failures >= MOST_FAILURES:
                    self._open()
            is_away = self._away_until is not None
        if was_away != is_away:
            CRONOFY_AWAY.set(int(is_away))
            log.warning("cronofy away" if is_away else "cronofy back")

    def _open(self) -> None:
        self._is_trying = False
        self._pause = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, 2 * self._pause))
        self._away_until = self._clock.monotonic() + self._pause
