"""A stage for the client: a clock that jumps, tokens that can be renewed, a short cut."""

import threading
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.transport import Transport

API = "https://api.cronofy.test"
APP = "https://app.cronofy.test"
NOW = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)
TOKEN = "canary-access-token-one"
RENEWED = "canary-access-token-two"


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        with self._lock:
            return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds
            self.slept.append(seconds)


class FakeTokens:
    """One token, and another once the first is refused."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.renewals = 0

    def current(self) -> str:
        return self.token

    def renew(self, stale: str) -> str:
        if stale == self.token:
            self.token = RENEWED
            self.renewals += 1
        return self.token


class Stage:
    """A client and what it leans on."""

    def __init__(self, api_url: str = API, **options: Any) -> None:
        self.clock = FakeClock()
        self.tokens = FakeTokens()
        self.limiter = Limiter(self.clock)
        options = {"lane": Lane.POLL, "tenant": "acme", "jitter": lambda: 0.5, **options}
        self.client = CronofyClient(
            api_url, Transport(self.clock), self.limiter, self.tokens, self.clock, **options
        )


def event(**changes: Any) -> dict[str, Any]:
    """An event as Cronofy shows it; a change to ``...`` takes the key away."""
    plain = {
        "calendar_id": "cal_aa11_bb22",
        "event_uid": "evt_external_0f1e2d3c4b5a69788796a5b4",
        "summary": "Dentist",
        "description": "",
        "start": "2026-03-01T09:00:00Z",
        "end": "2026-03-01T09:30:00Z",
        "deleted": False,
        "created": "2026-02-01T08:00:00Z",
        "updated": "2026-02-03T08:00:00Z",
    } | changes
    return {key: value for key, value in plain.items() if value is not ...}


def one_page(*events: dict[str, Any], **pages: Any) -> dict[str, Any]:
    """The answer to a read that fits on one page."""
    return {"pages": {"current": 1, "total": 1} | pages, "events": list(events)}


def everything_said(error: BaseException) -> str:
    """All that an error tells to whoever prints it, its hidden causes included."""
    said = [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
    causes = filter(None, (error.__cause__, error.__context__))
    said.extend(everything_said(cause) for cause in causes)
    return "\n".join(said)
