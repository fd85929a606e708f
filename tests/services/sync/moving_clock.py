"""A clock that runs with the machine's own, and the sandbox's with it."""

from datetime import UTC, datetime, timedelta

from calsync.clock import Clock
from tests.sandbox_server import RunningSandbox


class MovingClock:
    """Runs with the machine's own, ahead of it by as much as it was moved, with the sandbox's."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def move(self, by: timedelta) -> None:
        """Let time pass, there as here."""
        self._ahead += by
        self._sandbox.control("POST", "/clock", {"shift": self._ahead.total_seconds()})


_: type[Clock] = MovingClock
