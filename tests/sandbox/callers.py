"""An application that calls the sandbox, and a receiver of what the sandbox sends."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from tests.sandbox_server import RunningSandbox

WAIT = 10.0


class Caller:
    """An application with the tokens of one authorisation."""

    def __init__(self, sandbox: RunningSandbox, tokens: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.tokens = tokens
        self.sub = tokens["sub"]
        self.profile_id = tokens["linking_profile"]["profile_id"]
        self.calendars = sandbox.calendars(tokens["linking_profile"]["profile_name"])
        self.calendar_id = self.calendars["Work"]

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the API with the access token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        url = path if path.startswith("http") else f"{self.sandbox.url}/v1{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    def read(self, **params: Any) -> list[dict[str, Any]]:
        """Return the events of all pages of a read in this test's calendar."""
        params = {"tzid": "Etc/UTC", "calendar_ids[]": [self.calendar_id], **params}
        answer = self.call("GET", "/events", params=params)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        events: list[dict[str, Any]] = body["events"]
        while "next_page" in body["pages"]:
            body = self.call("GET", body["pages"]["next_page"]).json()
            events.extend(body["events"])
        return events

    def summaries(self, **params: Any) -> list[str]:
        """Return the summaries of a read, by their start."""
        return [event["summary"] for event in self.read(**params)]

    def upsert(self, event_id: str = "e1", **fields: Any) -> requests.Response:
        """Upsert a managed event, tomorrow for an hour unless the fields say more."""
        return self.write("POST", {"event_id": event_id, **event(**fields)})

    def write(self, method: str, body: dict[str, Any], calendar_id: str = "") -> requests.Response:
        """Send a write to this test's calendar, or to another."""
        path = f"/calendars/{calendar_id or self.calendar_id}/events"
        return self.call(method, path, json=body)

    def owner_makes(self, calendar: str = "", **fields: Any) -> str:
        """Let the owner make an event and return its uid."""
        calendar_id = self.calendars[calendar] if calendar else self.calendar_id
        body = {"calendar_id": calendar_id, **event(**fields)}
        uid: str = self.sandbox.control("POST", "/events", body)["event_uid"]
        return uid


class Hook:
    """A web server that keeps what is posted to it; its answers' status can be set."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, dict[str, str]]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.received.append((body, dict(self.headers)))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> "Hook":
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def kinds(self) -> list[str]:
        """Return the types of the notifications received, in order."""
        return [note["type"] for note in self.notifications()]

    def notifications(self) -> list[dict[str, Any]]:
        """Return the ``notification`` parts received."""
        import json

        return [json.loads(body)["notification"] for body, _ in list(self.received)]

    def wait_for(self, *kinds: str) -> None:
        """Return as soon as exactly these notifications have come, in any order."""
        wait_until(lambda: sorted(self.kinds()) == sorted(kinds), self.kinds)


def wait_until(is_so: Callable[[], bool], describe: Callable[[], object] = str) -> None:
    """Return as soon as something is so; fail after some seconds."""
    deadline = time.monotonic() + WAIT
    while not is_so():
        assert time.monotonic() < deadline, describe()
        time.sleep(0.01)


def event(**fields: Any) -> dict[str, Any]:
    """Return the fields of an event tomorrow, 9 to 10 in UTC, with what is given instead."""
    body = {"summary": "Meeting", "start": at(1, 9), "end": at(1, 10), **fields}
    return {name: value for name, value in body.items() if value is not MISSING}


#: Given as a field, it leaves the field out.
MISSING = object()


def day(days: int) -> str:
    """Return the Date so many days from today in UTC."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


def at(days: int, hour: int = 9) -> str:
    """Return the Time at this hour in UTC, so many days from today."""
    return f"{day(days)}T{hour:02}:00:00Z"
