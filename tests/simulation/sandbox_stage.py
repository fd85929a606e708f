"""The sandbox as a stage of the contract."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from calsync.clock import SystemClock
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Limiter
from calsync.cronofy.oauth import CronofyOAuth
from calsync.cronofy.transport import Transport
from tests.sandbox.callers import Hook, wait_until
from tests.sandbox_server import DEFAULT_SETTINGS, RunningSandbox
from tests.simulation.stages import SCOPE, UNLIMITED, Heard, Tokens, make_client

_NUMBERS = itertools.count(1)


class SandboxStage:
    """The sandbox, over real HTTP; its clock is the machine's, shifted.

    Each stage has a mailbox of its own: to plant all seeds anew would take ten times as long.
    """

    def __init__(
        self, sandbox: RunningSandbox, hook: Hook, *, page_size: int = 100, lag: float = 0.0
    ) -> None:
        self.sandbox = sandbox
        self._hook = hook
        self.hook = hook.url
        settings = DEFAULT_SETTINGS | {"page_size": page_size, "lag": lag}
        sandbox.control("PATCH", "/settings", settings)
        self._address = f"dana-{next(_NUMBERS)}@google.example"
        body = {"address": self._address, "service": "google"}
        mailbox = sandbox.control("POST", "/mailboxes", body)["mailbox"]
        self.profile_id = mailbox["profile_id"]
        ids = {each["calendar_name"]: each["calendar_id"] for each in mailbox["calendars"]}
        self.work, self.personal = ids["Work"], ids["Personal"]
        self._shift = 0.0
        self.began = self.now()

    def client(self, scope: str = SCOPE) -> CronofyClient:
        clock = SystemClock()
        tokens = Tokens(self.oauth(), self.sandbox.authorise(self._address, scope))
        limiter = Limiter(clock, **UNLIMITED)
        return make_client(self.sandbox.url, Transport(clock), limiter, tokens, clock)

    def oauth(self, secret: str = "") -> CronofyOAuth:
        ours = (self.sandbox.client_id, secret or self.sandbox.client_secret)
        urls = (self.sandbox.url, self.sandbox.url, "http://127.0.0.1/callback")
        return CronofyOAuth(*ours, *urls, SystemClock())

    def consent(self) -> str:
        body = {"mailbox": self._address, "code_only": True}
        return str(self.sandbox.control("POST", "/authorise", body)["code"])

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=self._shift)

    def move_clock(self, seconds: float) -> None:
        self._shift += seconds
        self.sandbox.control("POST", "/clock", {"shift": self._shift})

    def create(self, title: str, start: Any, end: Any, calendar_id: str = "", **fields: Any) -> str:
        body = {"calendar_id": calendar_id or self.work, "tzid": fields.pop("zone", "Etc/UTC")}
        body |= _wire({"title": title, "start": start, "end": end, **fields})
        return str(self.sandbox.control("POST", "/events", body)["event_uid"])

    def edit(self, uid: str, **changes: Any) -> None:
        self.sandbox.control("PATCH", f"/events/{uid}", _wire(changes))

    def delete(self, uid: str) -> None:
        self.sandbox.control("DELETE", f"/events/{uid}")

    def move(self, uid: str, calendar_id: str) -> str:
        moved = self.sandbox.control("PATCH", f"/events/{uid}", {"calendar_id": calendar_id})
        return str(moved["event_uid"])

    def create_series(self, title: str, start: Any, end: Any, times: int) -> str:
        body = {"calendar_id": self.work, "tzid": "Europe/London"}
        body |= _wire({"title": title, "start": start, "end": end})
        body["repeats"] = f"FREQ=WEEKLY;COUNT={times}"
        return str(self.sandbox.control("POST", "/events", body)["series_identifier"])

    def delete_series(self, series: str) -> None:
        self.sandbox.control("DELETE", f"/series/{series}")

    def set_calendar(self, calendar_id: str, **rights: Any) -> None:
        if "permission" in rights:
            rights["permission_level"] = rights.pop("permission")
        self.sandbox.control("PATCH", f"/calendars/{calendar_id}", rights)

    def disconnect(self, *, noticed: bool = True) -> None:
        path = f"/profiles/{self.profile_id}/disconnect"
        self.sandbox.control("POST", path, {"noticed": noticed})

    def reconnect(self) -> None:
        self.sandbox.control("POST", f"/profiles/{self.profile_id}/reconnect")

    def set_initial_sync(self, *, required: bool) -> None:
        path = f"/profiles/{self.profile_id}/initial_sync"
        self.sandbox.control("POST", path, {"required": required})

    def expire_pages(self) -> None:
        self.sandbox.control("POST", "/pages/expire")

    def expire_tokens(self) -> None:
        self.sandbox.control("POST", "/tokens/expire", {})

    def limit_rate(self) -> None:
        self.sandbox.control("PATCH", "/settings", {"rate_limit": True})

    def use_secrets(self, *secrets: str) -> None:
        self.sandbox.control("PATCH", "/settings", {"client_secrets": list(secrets)})

    def answer_hooks(self, status: int) -> None:
        self._hook.status = status

    def heard(self, *kinds: str) -> list[Heard]:
        self._hook.wait_for(*kinds)
        return [
            Heard(body, headers["Cronofy-HMAC-SHA256"]) for body, headers in self._hook.received
        ]

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        wait_until(is_so)


_WIRE: dict[str, Callable[[Any], dict[str, Any]]] = {
    "title": lambda value: {"summary": value},
    "text": lambda value: {"description": value},
    "place": lambda value: {"location": {"description": value}},
    "private": lambda value: {"event_private": value},
    "free": lambda value: {"transparency": "transparent" if value else "opaque"},
    "guests": lambda value: {
        "attendees": [{"email": each, "status": "needs_action"} for each in value]
    },
}


def _wire(fields: dict[str, Any]) -> dict[str, Any]:
    """Return an owner's fields as the sandbox's control endpoints name them."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, datetime):
            body[name] = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        elif isinstance(value, date):
            body[name] = value.isoformat()
        else:
            body |= _WIRE.get(name, lambda value, name=name: {name: value})(value)
    return body
