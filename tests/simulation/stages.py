"""A stage: one of two Cronofys with Dana's mailbox, and the product's own client before it.

The provider is here, the sandbox in ``sandbox_stage``; the contract is held against both.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from calsync.core.event import Event
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.oauth import CronofyOAuth, TokenPair
from calsync.cronofy.queries import EventQuery
from calsync.cronofy.transport import Transport
from tests.clocks import FakeClock
from tests.simulation.mailboxes import Profile
from tests.simulation.ports import ProviderTransport, make_oauth
from tests.simulation.provider import API_URL, CLIENT_SECRET, Provider
from tests.simulation.temper import Temper

SCOPE = "read_events create_event delete_event"
EVERYTHING = EventQuery(include_managed=True, include_deleted=True, include_moved=True)
#: Far more than Cronofy lets through: here its own limit is what is tried.
UNLIMITED = {"per_second": 100_000, "per_minute": 1_000_000}


@dataclass(frozen=True)
class Heard:
    """A notification as it arrived."""

    body: bytes
    signature: str

    @property
    def kind(self) -> str:
        return str(json.loads(self.body)["notification"]["type"])


class Stage(Protocol):
    """What a test of the contract can do, to either of them."""

    work: str
    personal: str
    profile_id: str
    hook: str
    #: When the test began: its days are counted from then, even if midnight passes.
    began: datetime

    def client(self, scope: str = SCOPE) -> CronofyClient: ...
    def oauth(self, secret: str = "") -> CronofyOAuth: ...
    def consent(self) -> str: ...
    def now(self) -> datetime: ...
    def move_clock(self, seconds: float) -> None: ...
    def create(
        self, title: str, start: Any, end: Any, calendar_id: str = "", **fields: Any
    ) -> str: ...
    def edit(self, uid: str, **changes: Any) -> None: ...
    def delete(self, uid: str) -> None: ...
    def move(self, uid: str, calendar_id: str) -> str: ...
    def create_series(self, title: str, start: Any, end: Any, times: int) -> str: ...
    def delete_series(self, series: str) -> None: ...
    def set_calendar(self, calendar_id: str, **rights: Any) -> None: ...
    def disconnect(self, *, noticed: bool = True) -> None: ...
    def reconnect(self) -> None: ...
    def set_initial_sync(self, *, required: bool) -> None: ...
    def expire_pages(self) -> None: ...
    def expire_tokens(self) -> None: ...
    def limit_rate(self) -> None: ...
    def use_secrets(self, *secrets: str) -> None: ...
    def answer_hooks(self, status: int) -> None: ...
    def heard(self, *kinds: str) -> list[Heard]: ...
    def wait_until(self, is_so: Callable[[], bool]) -> None: ...


class Tokens:
    """The tokens of a consent, renewed at the token endpoint."""

    def __init__(self, oauth: CronofyOAuth, answer: dict[str, Any]) -> None:
        self.oauth = oauth
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.pair = TokenPair(answer["access_token"], answer["refresh_token"], now)
        self._lock = threading.Lock()

    def current(self) -> str:
        return self.pair.access_token

    def renew(self, stale: str) -> str:
        with self._lock:
            if stale == self.pair.access_token:
                self.pair = self.oauth.refresh(self.pair.refresh_token)
            return self.pair.access_token


class ProviderStage:
    """The provider, on a clock that only tests move."""

    hook = "https://calsync.test/hooks/cronofy/secret"

    def __init__(
        self,
        *,
        page_size: int = 100,
        lag: float = 0.0,
        temper: Temper | None = None,
        **options: Any,
    ) -> None:
        lags = {"lagging": 1.0, "longest_lag": lag} if lag else {}
        self.clock = FakeClock()
        self.provider = Provider(
            self.clock, temper=temper or Temper(page_size=page_size, **lags), **options
        )
        self.began = self.clock.now()
        self.owner, self.service = self.provider.owner, self.provider.service
        self.profile: Profile = self.service.add_mailbox()
        self.profile_id = self.profile.profile_id
        self.work, self.personal = (shelf.calendar_id for shelf in self.profile.shelves)
        self._limiter = Limiter(self.clock, **UNLIMITED)
        self._status = 200
        self._heard: list[Heard] = []

    def client(self, scope: str = SCOPE) -> CronofyClient:
        tokens = Tokens(self.oauth(), self.service.authorise(self.profile_id, scope))
        transport = ProviderTransport(self.provider, self.clock)
        return make_client(API_URL, transport, self._limiter, tokens, self.clock)

    def oauth(self, secret: str = "") -> CronofyOAuth:
        secret = secret or CLIENT_SECRET
        return make_oauth(self.provider, self.clock, self._limiter, secret=secret)

    def consent(self) -> str:
        return self.service.consent(self.profile_id)

    def now(self) -> datetime:
        return self.clock.now()

    def move_clock(self, seconds: float) -> None:
        self.clock.move(timedelta(seconds=seconds))

    def create(self, title: str, start: Any, end: Any, calendar_id: str = "", **fields: Any) -> str:
        return self.owner.create_event(calendar_id or self.work, title, start, end, **fields)

    def edit(self, uid: str, **changes: Any) -> None:
        self.owner.edit_event(uid, **changes)

    def delete(self, uid: str) -> None:
        self.owner.delete_event(uid)

    def move(self, uid: str, calendar_id: str) -> str:
        return self.owner.move_event(uid, calendar_id)

    def create_series(self, title: str, start: Any, end: Any, times: int) -> str:
        return self.owner.create_series(self.work, title, start, end, times=times)

    def delete_series(self, series: str) -> None:
        self.owner.delete_series(series)

    def set_calendar(self, calendar_id: str, **rights: Any) -> None:
        if "permission" in rights:
            self.service.set_permission(calendar_id, rights["permission"])
        if "readonly" in rights:
            self.service.set_readonly(calendar_id, readonly=rights["readonly"])
        if rights.get("deleted"):
            self.service.delete_calendar(calendar_id)

    def disconnect(self, *, noticed: bool = True) -> None:
        self.service.disconnect(self.profile_id, noticed=noticed)

    def reconnect(self) -> None:
        self.service.reconnect(self.profile_id)

    def set_initial_sync(self, *, required: bool) -> None:
        if required:
            self.service.require_initial_sync(self.profile_id)
        else:
            self.service.finish_initial_sync(self.profile_id)

    def expire_pages(self) -> None:
        self.service.expire_pages()

    def expire_tokens(self) -> None:
        self.service.expire_tokens()

    def limit_rate(self) -> None:
        self.provider.rate_limit.on = True

    def use_secrets(self, *secrets: str) -> None:
        self.provider.world.grants.secrets[:] = secrets

    def answer_hooks(self, status: int) -> None:
        self._status = status

    def heard(self, *kinds: str) -> list[Heard]:
        """Return what has arrived, having seen that it was exactly of these kinds."""
        self.provider.deliver_due(self._deliver)
        assert sorted(each.kind for each in self._heard) == sorted(kinds)
        return self._heard

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        self.provider.deliver_due(self._deliver)
        assert is_so()

    def _deliver(self, url: str, headers: dict[str, str], body: bytes) -> int:
        assert url == self.hook
        self._heard.append(Heard(body, headers["Cronofy-HMAC-SHA256"]))
        return self._status


def make_client(
    url: str, transport: Transport, limiter: Limiter, tokens: Tokens, clock: Any
) -> CronofyClient:
    """Return the product's client with little patience: a refusal is to be seen."""
    return CronofyClient(
        url,
        transport,
        limiter,
        tokens,
        clock,
        lane=Lane.USER,
        tenant="acme",
        jitter=lambda: 0.0,
        patience=1.0,
    )


def read(client: CronofyClient, query: EventQuery = EVERYTHING) -> list[Event]:
    """Return all events of a read, having seen that every one could be read."""
    found = [event for page in client.read_events(query) for event in page.events]
    assert all(isinstance(event, Event) for event in found)
    return found


def by_title(events: list[Event]) -> dict[str, Event]:
    """Return events by their titles, having seen that no two are alike."""
    found = {event.title: event for event in events}
    assert len(found) == len(events)
    return found
