"""The provider: Cronofy behind the product's own door to the network.

It implements ``Http`` of the product's transport, so the product's client runs on it
unchanged; ``ports`` has the door that the token endpoints go through. It stands on a clock
and on chance that are handed in, and shares no code with the sandbox or the engine: what
all three have in common is docs/cronofy-api.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from calsync.clock import Clock
from calsync.cronofy.transport import Answer
from calsync.errors import Unreachable
from tests.simulation.asks import Ask
from tests.simulation.channels import Deliver
from tests.simulation.endpoints import answer, write_json
from tests.simulation.faults import Crash, Fault, FaultKind, FaultPlan
from tests.simulation.fortune import Fortune
from tests.simulation.moments import write_header
from tests.simulation.owner import Owner
from tests.simulation.refusals import Refusal
from tests.simulation.service import Service
from tests.simulation.snapshots import Shown, show
from tests.simulation.spoiling import HTML, spoil
from tests.simulation.temper import Temper
from tests.simulation.traffic import Logged, RateLimit, Traffic
from tests.simulation.world import make_world

API_URL = "https://api.cronofy.test"
CLIENT_ID, CLIENT_SECRET = "simulated-client", "simulated-secret"
_JSON = {"Content-Type": "application/json; charset=utf-8"}
K = FaultKind


class Provider:
    """A Cronofy in memory, for one application.

    ``switch`` is called before a call takes effect and again before its answer is handed
    over: there the simulator may let somebody else run. ``skew`` is by how many seconds
    this Cronofy's clock is ahead of the one handed in.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: object = 0,
        temper: Temper | None = None,
        draws: Mapping[str, float] | None = None,
        others: float | None = None,
        faults: FaultPlan | None = None,
        switch: Callable[[], None] = lambda: None,
    ) -> None:
        self.clock = clock
        self.skew = 0.0
        self.fortune = Fortune(seed, draws, others)
        self.faults = faults or FaultPlan()
        self.traffic = Traffic()
        self.rate_limit = RateLimit()
        self.switch = switch
        self.world = make_world(
            temper or Temper(),
            self.fortune,
            client_id=CLIENT_ID,
            secret=CLIENT_SECRET,
            api_url=API_URL,
        )
        self.owner = Owner(self.world, self.now)
        self.service = Service(self.world, self.now)

    def now(self) -> float:
        """Return this Cronofy's present in epoch seconds."""
        return self.clock.now().timestamp() + self.skew

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object | None = None,
    ) -> Answer:
        """Answer a call, or let it go wrong as the plan has it."""
        address, _, query = url.partition("?")
        path = address.removeprefix(API_URL)
        fault = self.faults.take(method, path)
        call = _Call(method, path, query, headers, json, fault, self.faults.number)
        self.switch()
        try:
            reply = self._before(call) or self._after(call, self._serve(call))
        except BaseException:
            call.status = 0
            self._note(call)
            raise
        call.status = reply.status
        self._note(call)
        self.switch()
        return reply

    def settle(self) -> None:
        """Apply the accepted writes whose time has come."""
        self.world.writing.settle(self.now())

    def deliver_due(self, deliver: Deliver) -> int:
        """Deliver the notifications that are due; return how many posts that were."""
        secrets = self.world.grants.secrets
        return self.world.channels.deliver_due(deliver, secrets, self.now)

    def next_due(self) -> float | None:
        """Return when, in this Cronofy's seconds, something will happen by itself."""
        due = (self.world.writing.next_due(), self.world.channels.next_due())
        return min((each for each in due if each is not None), default=None)

    def snapshot(self) -> tuple[Shown, ...]:
        """Return every event of every calendar as it is now, the deleted ones too."""
        self.settle()
        return tuple(
            show(kept)
            for shelf in self.world.accounts.shelves.values()
            for kept in sorted(shelf.events.values(), key=lambda kept: kept.number)
        )

    def living(self, calendar_id: str) -> Iterator[Shown]:
        """Yield the events of one calendar that are not deleted."""
        self.settle()
        shelf = self.world.accounts.shelves[calendar_id]
        return (show(kept) for kept in list(shelf.events.values()) if not kept.deleted)

    def _before(self, call: "_Call") -> Answer | None:
        """Let go wrong what does so before anything was done."""
        if call.fault is None:
            return None
        match call.fault.kind:
            case K.CRASH_BEFORE:
                raise Crash
            case K.TIMEOUT_BEFORE:
                self._time_out()
            case K.RESET_BEFORE:
                raise Unreachable("Cronofy cannot be reached.", maybe_sent=True)
            case K.NO_CONNECTION:
                raise Unreachable("Cronofy cannot be reached.", maybe_sent=False)
        return _refuse(call.fault)

    def _serve(self, call: "_Call") -> Answer:
        """Do what is asked and answer it."""
        now = self.now()
        self.world.writing.settle(now)
        try:
            if not self.rate_limit.admits(now, self._weight(call)):
                raise Refusal(429)
            status, body = self._answer(call, now)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        headers = _JSON
        if self.world.temper.dates_answers:
            headers = _JSON | {"Date": write_header(int(now))}
        return Answer(status, headers, write_json(body))

    def _answer(self, call: "_Call", now: float) -> tuple[int, object]:
        body = call.body if isinstance(call.body, dict) else {}
        if call.path == "/oauth/token":
            return 200, self.world.grants.answer(body, now)
        if call.path == "/oauth/token/revoke":
            self.world.grants.revoke(body)
            for account in self.world.accounts.accounts.values():
                self.world.end_grants(account)
            return 200, None
        bearer = call.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self.world.grants.find(bearer, now)
        call.sub = grant.account.sub
        query = parse_qs(call.query, keep_blank_values=True) if call.query else {}
        ask = Ask(call.method, call.path, query, body, grant, now)
        if call.fault is not None:
            ask.overlap = call.fault.kind is K.PAGES_OVERLAP
            ask.shuffle = call.fault.kind is K.PAGES_SHUFFLED
        return answer(self.world, ask)

    def _after(self, call: "_Call", reply: Answer) -> Answer:
        """Let go wrong what does so after everything was done."""
        if call.fault is None:
            return reply
        match call.fault.kind:
            case K.CRASH_AFTER:
                raise Crash
            case K.TIMEOUT_AFTER:
                self._time_out()
            case K.RESET_AFTER:
                raise Unreachable("Cronofy cannot be reached.", maybe_sent=True)
            case K.SERVER_ERROR_AFTER:
                return Answer(call.fault.choose((500, 502, 504)), _JSON, b"")
            case K.PAGES_OVERLAP | K.PAGES_SHUFFLED:
                return reply
        spoilt = spoil(call.fault, reply, self.now())
        if spoilt is None:
            self.faults.give_back(call.number)
            call.fault = None
        return spoilt or reply

    def _time_out(self) -> None:
        """Be silent for as long as the product's patience lasts."""
        self.clock.sleep(30.0)
        raise Unreachable("Cronofy did not answer in time.", maybe_sent=True)

    def _weight(self, call: "_Call") -> int:
        """Return how many calls this one counts for."""
        if self.world.temper.batch_counts_entries and call.path == "/v1/batch":
            return max(1, call.writes)
        return 1

    def _note(self, call: "_Call") -> None:
        fault = call.fault.kind.value if call.fault else ""
        self.traffic.note(
            Logged(self.now(), call.method, call.path, call.sub, call.status, call.writes, fault)
        )


@dataclass(slots=True)
class _Call:
    """One call on its way through the provider."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    fault: Fault | None
    #: Of the boundary; others may be crossed before the answer is there.
    number: int
    sub: str = ""
    status: int = 0

    @property
    def writes(self) -> int:
        """How many events it wants to write."""
        if self.path == "/v1/batch" and isinstance(self.body, dict):
            return len(self.body.get("batch") or ())
        return int(self.method != "GET" and self.path.endswith("/events"))


def _refuse(fault: Fault) -> Answer | None:
    """Return the answer that is given instead of doing anything, if the fault is of that kind."""
    match fault.kind:
        case K.SERVER_ERROR:
            return Answer(fault.choose((500, 502, 503, 504)), _JSON, b'{"message":"fault"}')
        case K.RATE_LIMITED:
            wait = fault.choose((None, "1", "5", "30", "0"))
            return Answer(429, _JSON | ({"Retry-After": wait} if wait else {}), b"")
        case K.UNAUTHORISED:
            return Answer(401, _JSON, b"")
        case K.HTML_PAGE:
            return Answer(fault.choose((502, 503, 500)), {"Content-Type": "text/html"}, HTML)
        case K.PAGE_LOST:
            return Answer(fault.choose((404, 500)), _JSON, b"")
    return None
