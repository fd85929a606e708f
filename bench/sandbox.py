"""Measure a running sandbox over HTTP: pages of 100 events, and batches of 50 writes.

    python bench/sandbox.py [--pages 1500] [--batches 100]

Starts a sandbox process of its own on a database in a temporary folder, with
the rate limit off, calls it with keep-alive, and prints one JSON object. The
planned figures are 300 pages a second and 30 ms for a batch.
"""

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PAGES_PER_SECOND = 300
MILLISECONDS_PER_BATCH = 30
EVENTS = 2_000


class Caller:
    """One keep-alive connection of an application."""

    def __init__(self, host: str, token: str = "") -> None:
        self._connection = http.client.HTTPConnection(host, timeout=30)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: object = None) -> bytes:
        """Return the body of a good answer."""
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content


@contextmanager
def serve() -> Iterator[str]:
    """Run a sandbox and yield its host and port."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "sandbox.sqlite"
        command = [sys.executable, "-m", "calsync.sandbox", "--port", "0", "--rate-limit", "off"]
        with subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--database", str(database)], stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                match = re.search(r"http://([\d.:]+)", line)
                if match is None:
                    raise RuntimeError(f"the sandbox did not start: {line}")
                yield match[1]
            finally:
                process.terminate()


def write_batches(caller: Caller, calendar_id: str, count: int) -> list[float]:
    """Upsert 50 events a batch and return the milliseconds of each batch."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251 - the real time is meant
    durations = []
    for number in range(count):
        entries = [
            write_entry(calendar_id, (number * 50 + index) % EVENTS, tomorrow)
            for index in range(50)
        ]
        begun = time.perf_counter()
        answer = caller.call("POST", "/v1/batch", {"batch": entries})
        durations.append(1_000 * (time.perf_counter() - begun))
        if answer.count(b"202") != 50:
            raise RuntimeError(answer[:300])
    return durations


def write_entry(calendar_id: str, number: int, day: datetime) -> dict[str, Any]:
    """Return one upsert of a batch."""
    start = day + timedelta(minutes=15 * number)
    return {
        "method": "POST",
        "relative_url": f"/v1/calendars/{calendar_id}/events",
        "data": {
            "event_id": f"bench-{number}",
            "summary": f"Meeting {number}",
            "description": "About the quarter, the one before, and the one after.",
            "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end": (start + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tzid": "Europe/London",
            "location": {"description": "Room 4"},
        },
    }


def read_pages(caller: Caller, count: int) -> int:
    """Read page after page, beginning again at the end, and return how many events came."""
    events = 0
    first = "/v1/events?tzid=Etc/UTC&only_managed=true"
    path = first
    for _ in range(count):
        body = caller.call("GET", path)
        events += body.count(b'"event_uid"')
        match = re.search(rb'"next_page": "http://[^/]+([^"]+)"', body[:300])
        path = match[1].decode() if match else first
    return events


def main() -> int:
    """Print the figures; end with 1 if they miss the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1_500)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with serve() as host:
        control = Caller(host)
        wanted = {"mailbox": "dana@google.example", "scope": "read_write"}
        tokens = json.loads(control.call("POST", "/_control/authorise", wanted))
        profile = tokens["userinfo"]["cronofy.data"]["profiles"][0]
        calendar_id = profile["profile_calendars"][1]["calendar_id"]
        callers = [Caller(host, tokens["access_token"]) for _ in range(options.threads)]
        durations = write_batches(callers[0], calendar_id, max(options.batches, EVENTS // 50))
        share = options.pages // options.threads
        begun = time.perf_counter()
        with ThreadPoolExecutor(options.threads) as pool:
            events = sum(pool.map(lambda caller: read_pages(caller, share), callers))
        seconds = time.perf_counter() - begun
    rate = share * options.threads / seconds
    middle = statistics.median(durations)
    figures = {
        "pages_per_second": round(rate),
        "events_per_page": round(events / (share * options.threads), 1),
        "batch_of_50_ms_median": round(middle, 1),
        "batch_of_50_ms_p95": round(statistics.quantiles(durations, n=20)[-1], 1),
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0 if rate >= PAGES_PER_SECOND and middle <= MILLISECONDS_PER_BATCH else 1


if __name__ == "__main__":
    sys.exit(main())
