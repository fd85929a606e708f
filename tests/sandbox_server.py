"""A sandbox that runs inside the test process, on a port of its own."""

import logging
import sqlite3
import tempfile
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import requests
from waitress import create_server, wasyncore

from calsync.sandbox.app import create_sandbox
from calsync.sandbox.world import get_world

THREADS = 12


class RunningSandbox:
    """A served sandbox: real HTTP on loopback, its own database, no rate limit.

    ``stop()`` ends it; as a context manager it ends by itself.
    """

    client_id = "sandbox-client"
    client_secret = "sandbox-secret"

    def __init__(self, *, rate_limit: bool = False) -> None:
        # A connection that is reset on purpose would be logged as a failure.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        database = Path(self._folder.name) / "sandbox.sqlite"
        self.app = create_sandbox(database, rate_limit=rate_limit)
        self.world = get_world(self.app)
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            self.app, map=self._sockets, host="127.0.0.1", port=0, threads=THREADS
        )
        self._stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self._server.effective_port}"
        self._session = requests.Session()
        # Not asking for a proxy is a quarter of what a call costs here.
        self._session.trust_env = False
        self._planted_on: date | None = None
        self._seeds = sqlite3.connect(":memory:", check_same_thread=False)
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()

    def __enter__(self) -> "RunningSandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Return to the seeds and to the settings of the beginning."""
        if self._planted_on != datetime.now(UTC).date():
            self._plant()
            return
        self.world.forget()
        store = self.world.store
        with store._writing:
            self._seeds.backup(store._connect())
        store._load_settings()

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call a control endpoint (``path`` without ``/_control``) and return its JSON."""
        answer = self._session.request(method, f"{self.url}/_control{path}", json=json, timeout=10)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def authorise(
        self,
        mailbox: str = "dana@google.example",
        scope: str = "read_events create_event delete_event",
        *,
        linked_to: str | None = None,
    ) -> dict[str, Any]:
        """Return the whole token answer of a fresh authorisation, without a browser.

        ``linked_to`` is a ``sub`` that the mailbox's profile joins.
        """
        body = {"mailbox": mailbox, "scope": scope, "linked_to": linked_to}
        tokens: dict[str, Any] = self.control("POST", "/authorise", body)
        return tokens

    def calendars(self, mailbox: str = "dana@google.example") -> dict[str, str]:
        """Return the mailbox's calendar ids by name: Calendar, Work, Personal, Holidays ..."""
        for each in self.control("GET", "/state")["mailboxes"]:
            if each["address"] == mailbox:
                return {row["calendar_name"]: row["calendar_id"] for row in each["calendars"]}
        raise LookupError(mailbox)

    def fault(self, kind: str, **options: Any) -> int:
        """Turn a fault on and return its id."""
        number: int = self.control("POST", "/faults", {"fault": kind, **options})["id"]
        return number

    def fired(self, number: int) -> int:
        """Return how often a fault has struck."""
        faults = self.control("GET", "/state")["faults"]
        return int(next(each["fired"] for each in faults if each["id"] == number))

    def stop(self) -> None:
        """End the server and its threads, and remove the database."""
        self.world.faults.clear()
        self._session.close()
        self._stopped.set()
        self._server.pull_trigger()
        self._thread.join(5)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets)
        self.world.close()
        self._seeds.close()
        self._folder.cleanup()

    def _plant(self) -> None:
        """Sow the seeds, and keep a copy for the rest of the day that they stand around."""
        self.control("PATCH", "/settings", DEFAULT_SETTINGS)
        self._planted_on = datetime.now(UTC).date()
        self.control("POST", "/reset")
        store = self.world.store
        with store._writing:
            store._connect().backup(self._seeds)

    def _serve(self) -> None:
        while not self._stopped.is_set():
            wasyncore.loop(timeout=1, map=self._sockets, count=1)


DEFAULT_SETTINGS = {
    "rate_limit": False,
    "page_size": 100,
    "page_lifetime": 600.0,
    "lag": 0.0,
    "token_lifetime": 3600,
    "retry_scale": 1.0,
    "clock_shift": 0.0,
    "client_secrets": ["sandbox-secret"],
}
