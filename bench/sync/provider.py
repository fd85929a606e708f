"""A Cronofy of the bench's own in a process of its own, and words to it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

CALENDAR = "cal_of_the_bench"


@dataclass
class Provider:
    """What the bench says to the Cronofy that it started; none of it is counted."""

    url: str
    _session: requests.Session = field(default_factory=requests.Session)

    def set(self, **settings: Any) -> None:
        """Set its time, the size of its pages, its latency or its rate."""
        now = settings.pop("now", None)
        self._tell("set", **settings, **({"now": now.isoformat()} if now else {}))

    def reset(self, now: datetime | None) -> None:
        """Empty it; its time stands at ``now``, or is the machine's own."""
        self._tell("reset")
        self.set(now=now)

    def seed(self, amount: int, title: str = "Event {}", first: int = 0) -> None:
        """Let the owner make so many events."""
        self._tell("seed", calendar_id=CALENDAR, amount=amount, first=first, title=title)

    def rename(self, names: Sequence[str], title: str) -> None:
        """Let the owner give events another title, ours by ``event_id``."""
        self._tell("rename", calendar_id=CALENDAR, names=list(names), title=title)

    def titles(self) -> dict[str, str]:
        """Return what stands there."""
        return dict(self._tell("titles", calendar_id=CALENDAR))

    def take_counts(self) -> dict[str, int]:
        """Return how many calls came since this was asked last: read, write, refused."""
        return {"read": 0, "write": 0, "refused": 0, **self._tell("counts")}

    def _tell(self, what: str, **body: Any) -> Any:
        answer = self._session.post(f"{self.url}/_{what}", data=json.dumps(body), timeout=120)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def open_provider() -> Iterator[Provider]:
    """Give a Cronofy that runs as long as it is needed."""
    command = [sys.executable, "-m", "bench.sync.fake_cronofy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            yield Provider(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()
