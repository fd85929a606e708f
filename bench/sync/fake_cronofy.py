"""Cronofy's batch and its reads, in memory: served fast, so that only its callers cost.

    python -m bench.sync.fake_cronofy

Prints its port. Time stands where ``/_set`` puts it; without that it is the machine's own.
It asks for no token, and of a query it knows ``last_modified`` and ``calendar_ids[]``.
"""

import json
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

Event = dict[str, Any]


@dataclass
class Calendar:
    """The events of one calendar, and the order in which they were last changed."""

    events: dict[str, Event] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def put(self, name: str, changed: Event, now: str) -> None:
        """Make an event or change it."""
        event = self.events.get(name) or {"created": now, "event_uid": f"evt_{name}", **_PLAIN}
        self.events[name] = {**event, **changed, "updated": now}
        self.changes.append((now, name))

    def since(self, moment: str | None) -> list[Event]:
        """Return what was changed at a moment or later, each event once."""
        if moment is None:
            return list(self.events.values())
        first = bisect_left(self.changes, (moment, ""))
        names = dict.fromkeys(name for _, name in self.changes[first:])
        return [self.events[name] for name in names]


_PLAIN: Event = {
    "deleted": False,
    "participation_status": "accepted",
    "attendees": [],
    "transparency": "opaque",
    "status": "confirmed",
    "categories": [],
    "recurring": False,
    "event_private": False,
    "options": {"delete": True, "update": True, "change_participation_status": False},
}


@dataclass
class Rate:
    """How many calls are let through in a second and in a minute, ``scale`` times as fast."""

    per_second: int
    per_minute: int
    scale: float
    granted: deque[float] = field(default_factory=deque)

    def refusal(self, now: float) -> float | None:
        """Return after how many seconds to come again, None where the call is let through."""
        while self.granted and self.granted[0] <= now - 60 / self.scale:
            self.granted.popleft()
        waits = [0.0]
        if len(self.granted) >= self.per_minute:
            waits.append(self.granted[-self.per_minute] + 60 / self.scale - now)
        if len(self.granted) >= self.per_second:
            waits.append(self.granted[-self.per_second] + 1 / self.scale - now)
        if max(waits) > 0:
            return max(waits) * self.scale
        self.granted.append(now)
        return None


class World:
    """All that is there."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.page, self.latency = 100, 0.0
        self.reset()

    def reset(self) -> None:
        """Forget every event and every count."""
        self.calendars: dict[str, Calendar] = defaultdict(Calendar)
        self.counts: Counter[str] = Counter()
        self.further: dict[str, tuple[list[Event], int]] = {}
        self.numbers = count()
        self.now: datetime | None = None
        self.rate: Rate | None = None

    @property
    def present(self) -> datetime:
        """Give the time, to the second."""
        return (self.now or datetime.now(UTC)).replace(microsecond=0)  # noqa: TID251

    def batch(self, entries: list[Event]) -> Event:
        """Take writes, at most 50."""
        now = _write(self.present)
        for entry in entries:
            body = entry["data"]
            calendar = self.calendars[entry["relative_url"].split("/")[3]]
            name = body.get("event_id") or body["event_uid"].removeprefix("evt_")
            if entry["method"] == "DELETE":
                body = {"deleted": True}
            calendar.put(name, _as_stored(body, entry["relative_url"].split("/")[3]), now)
        return {"batch": [{"status": 202}] * len(entries)}

    def read(self, query: dict[str, list[str]], host: str) -> Event:
        """Return the first page of a read."""
        since = query.get("last_modified", [None])[0]
        names = query.get("calendar_ids[]") or list(self.calendars)
        found = [event for name in names for event in self.calendars[name].since(since)]
        return self.show(found, 0, host)

    def show(self, found: list[Event], at: int, host: str) -> Event:
        """Return a page of a read, with the address of the next one."""
        total = max(1, -(-len(found) // self.page))
        pages: Event = {"current": at + 1, "total": total}
        if at + 1 < total:
            token = f"p{next(self.numbers)}"
            self.further[token] = found, at + 1
            pages["next_page"] = f"http://{host}/v1/events/pages/{token}"
        return {"pages": pages, "events": found[at * self.page : (at + 1) * self.page]}

    def seed(self, calendar_id: str, amount: int, first: int, title: str) -> None:
        """Let the owner make or change so many events of their own."""
        day = self.present.replace(hour=8, minute=0, second=0)
        for number in range(first, first + amount):
            start = day + timedelta(days=1 + number // 90 % 150, minutes=10 * (number % 90))
            body = {
                "summary": title.format(number),
                "description": f"Agenda item {number} and a short line of text",
                "location": {"description": f"Room {number % 40}"},
                "start": _write(start),
                "end": _write(start + timedelta(minutes=30)),
                "tzid": "Europe/London",
            }
            stored = _as_stored(body, calendar_id)
            self.calendars[calendar_id].put(f"own{number}", stored, _write(self.present))

    def rename(self, calendar_id: str, names: list[str], title: str) -> None:
        """Let the owner give events another title."""
        for name in names:
            self.calendars[calendar_id].put(name, {"summary": title}, _write(self.present))


def _as_stored(body: Event, calendar_id: str) -> Event:
    """Return what of a body is kept, as a read with localised times shows it."""
    stored = {**body, "calendar_id": calendar_id}
    zone = stored.pop("tzid", "Etc/UTC")
    stored.pop("reminders", None)
    for end in ("start", "end"):
        if isinstance(stored.get(end), str):
            stored[end] = {"time": stored[end], "tzid": zone}
    return stored


def _write(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


WORLD = World()


class Answerer(BaseHTTPRequestHandler):
    """Answers one connection after another call of it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a read."""
        self._serve(None)

    def do_POST(self) -> None:
        """Answer a write, or a word from the bench."""
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: Any) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/_"):
            with WORLD.lock:
                return self._answer(200, _obey(address.path, body))
        if WORLD.latency:
            time.sleep(WORLD.latency)  # noqa: TID251 - the real time is meant
        with WORLD.lock:
            kind = "write" if address.path == "/v1/batch" else "read"
            wait = WORLD.rate and WORLD.rate.refusal(time.monotonic())  # noqa: TID251 - as above
            if wait is not None:
                WORLD.counts["refused"] += 1
                return self._answer(429, {}, {"Retry-After": str(wait)})
            WORLD.counts[kind] += 1
            query = parse_qs(address.query)
            for calendar_id in query.get("calendar_ids[]", ()):
                WORLD.counts[f"read of {calendar_id}"] += 1
            host = self.headers["Host"]
            if kind == "write":
                return self._answer(207, WORLD.batch(body["batch"]))
            if address.path.startswith("/v1/events/pages/"):
                return self._answer(200, WORLD.show(*WORLD.further.pop(address.path[17:]), host))
            return self._answer(200, WORLD.read(query, host))

    def _answer(self, status: int, body: Any, more: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        date = format_datetime(WORLD.present, usegmt=True)
        headers = {"Date": date, "Content-Length": str(len(content)), **(more or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        start = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{lines}\r\n"
        self.wfile.write(start.encode() + content)


def _obey(path: str, body: Any) -> Any:
    match path:
        case "/_reset":
            WORLD.reset()
        case "/_set":
            now, rate = body.pop("now", None), body.pop("rate", None)
            WORLD.now = datetime.fromisoformat(now) if now else WORLD.now
            WORLD.rate = Rate(**rate) if rate else WORLD.rate
            WORLD.page = body.get("page", WORLD.page)
            WORLD.latency = body.get("latency", WORLD.latency)
        case "/_seed":
            WORLD.seed(**body)
        case "/_rename":
            WORLD.rename(**body)
        case "/_titles":
            events = WORLD.calendars[body["calendar_id"]].events
            return {name: each.get("summary") for name, each in events.items()}
        case "/_counts":
            counts, WORLD.counts = dict(WORLD.counts), Counter()
            return counts
    return {}


class Server(ThreadingHTTPServer):
    """Takes many calls at once."""

    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Answerer)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
