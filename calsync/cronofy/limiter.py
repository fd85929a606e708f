"""One limit on calls for the whole application, shared fairly.

Cronofy counts per application, not per user: 50 calls a second and 500 a minute by
default (docs/cronofy-api.md 10). All threads of the process ask here first. A person who
waits at a page goes before a background sweep, and within a lane the tenants take turns.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import IntEnum

from calsync.clock import Clock
from calsync.errors import RateLimited
from calsync.metrics import TURN_SECONDS

PER_SECOND = 50
PER_MINUTE = 500

#: The windows in seconds, a little wider than Cronofy's, as calls bunch up on their way.
_SECOND = 1.1
_MINUTE = 60.5

#: The longest that everybody waits for what one answer asked.
LONGEST_BACK_OFF = 300.0

#: How long somebody sleeps who cannot tell when the turn will come.
_NAP = 0.01


class Lane(IntEnum):
    """Who asks; a lower number goes first."""

    USER = 0
    PUSH = 1
    POLL = 2
    BACKFILL = 3


#: The share of the minute that a lane may use up. What is above it is kept for the lanes
#: before: a backfill of thousands must not make a person wait for the next minute.
SHARES = {Lane.USER: 1.0, Lane.PUSH: 0.95, Lane.POLL: 0.9, Lane.BACKFILL: 0.7}


class _Ticket:
    """One call that waits for its turn."""

    __slots__ = ("lane", "tenant")

    def __init__(self, lane: Lane, tenant: str) -> None:
        self.lane = lane
        self.tenant = tenant


class _Queue:
    """The calls that wait: lanes in order, tenants of a lane in turn."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, OrderedDict[str, deque[_Ticket]]] = {
            lane: OrderedDict() for lane in Lane
        }

    def add(self, ticket: _Ticket) -> None:
        self._lanes[ticket.lane].setdefault(ticket.tenant, deque()).append(ticket)

    def first(self) -> _Ticket | None:
        for tenants in self._lanes.values():
            for tickets in tenants.values():
                return tickets[0]
        return None

    def remove(self, ticket: _Ticket, *, served: bool) -> None:
        """Take a ticket out; whoever was served goes behind the other tenants."""
        tenants = self._lanes[ticket.lane]
        tenants[ticket.tenant].remove(ticket)
        if not tenants[ticket.tenant]:
            del tenants[ticket.tenant]
        elif served:
            tenants.move_to_end(ticket.tenant)


class Limiter:
    """Lets calls through at the application's rate; one for all threads of a process."""

    def __init__(
        self, clock: Clock, *, per_second: int = PER_SECOND, per_minute: int = PER_MINUTE
    ) -> None:
        if per_second < 1 or per_minute < 1:
            raise ValueError("a limit lets at least one call through")
        self.clock = clock
        self.per_second = per_second
        self.ceilings = {lane: max(1, int(per_minute * share)) for lane, share in SHARES.items()}
        self._lock = threading.Lock()
        self._queue = _Queue()
        self._granted: deque[float] = deque()
        self._paused_until = float("-inf")

    def acquire(self, lane: Lane, tenant: str, *, max_wait: float) -> None:
        """Return when a call may be made, after at most ``max_wait`` seconds.

        Raises RateLimited, with the seconds that are known to be left, as soon as it is
        clear that the turn will not come in time.
        """
        began = self.clock.monotonic()
        give_up_at = began + max_wait
        with self._waiting(_Ticket(lane, tenant)) as ticket:
            while True:
                pause = self._try(ticket)
                if pause is None:
                    TURN_SECONDS.observe(self.clock.monotonic() - began)
                    return
                left = give_up_at - self.clock.monotonic()
                if pause > left:
                    raise RateLimited(
                        "Too many calls to Cronofy are waiting.",
                        retry_after=timedelta(seconds=max(pause, 1.0)),
                    )
                self.clock.sleep(max(pause, 0.001))

    def back_off(self, seconds: float) -> None:
        """Let nobody through for ``seconds``: Cronofy said that it was too much (429).

        At most for five minutes: one odd answer must not silence the installation for a day.
        """
        pause = min(seconds, LONGEST_BACK_OFF)
        with self._lock:
            self._paused_until = max(self._paused_until, self.clock.monotonic() + pause)

    @property
    def waiting(self) -> bool:
        """Tell whether anybody waits, for the metrics."""
        with self._lock:
            return self._queue.first() is not None

    @contextmanager
    def _waiting(self, ticket: _Ticket) -> Iterator[_Ticket]:
        """Keep a ticket in the queue, and take it out however the waiting ends."""
        with self._lock:
            self._queue.add(ticket)
        served = False
        try:
            yield ticket
            served = True
        finally:
            with self._lock:
                self._queue.remove(ticket, served=served)

    def _try(self, ticket: _Ticket) -> float | None:
        """Grant the call and return None, or return the seconds to sleep before asking again."""
        with self._lock:
            now = self.clock.monotonic()
            pause = self._seconds_to_room(ticket.lane, now)
            if pause > 0:
                return pause
            if self._queue.first() is not ticket:
                return _NAP
            self._granted.append(now)
            return None

    def _seconds_to_room(self, lane: Lane, now: float) -> float:
        while self._granted and self._granted[0] < now - _MINUTE:
            self._granted.popleft()
        free_at = [
            self._paused_until,
            self._free_at(self.per_second, _SECOND),
            self._free_at(self.ceilings[lane], _MINUTE),
        ]
        return max(free_at) - now

    def _free_at(self, most: int, window: float) -> float:
        """Give the time at which fewer than ``most`` of the calls let through are recent."""
        if len(self._granted) < most:
            return float("-inf")
        return self._granted[-most] + window
