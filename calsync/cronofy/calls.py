"""One call to Cronofy, with the patience that it deserves.

A call waits for its turn, carries a token, has the token renewed once if Cronofy refuses
it, and is repeated a few times where that may help and can do no harm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from calsync.clock import Clock
from calsync.cronofy.failures import is_success, translate
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.transport import Answer, Http
from calsync.errors import (
    CronofyError,
    ProfileLocked,
    RateLimited,
    TemporaryError,
    Unreachable,
)
from calsync.logs import Log
from calsync.metrics import CALL_SECONDS, CALLS

#: How often a call is made at most before its error is handed up.
ATTEMPTS = 4
#: A repetition waits a random part of this many seconds, doubled each time, up to a limit.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
#: How long everybody waits after a 429 that does not say how long; doubled each time.
FIRST_BACK_OFF = 2.0

#: How many seconds a caller of each lane waits for its turn, or between two attempts.
PATIENCE = {Lane.USER: 10.0, Lane.PUSH: 30.0, Lane.POLL: 90.0, Lane.BACKFILL: 300.0}
#: As what a call is counted that was not answered.
NO_ANSWER = "none"

log = Log("calsync.cronofy")


class TokenSource(Protocol):
    """Where a client gets the access token of its account."""

    def current(self) -> str:
        """Return the access token. Raises AccessRevoked where there is none."""

    def renew(self, stale: str) -> str:
        """Return another token than ``stale``, which Cronofy has just refused."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of Cronofy. ``name`` is for logs and errors.

    ``repeatable`` is False where a second time would do something twice.
    """

    name: str
    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: object | None = field(default=None, repr=False)
    repeatable: bool = True


class Caller:
    """Makes calls for one account of one tenant."""

    def __init__(
        self,
        api_url: str,
        transport: Http,
        limiter: Limiter,
        tokens: TokenSource,
        clock: Clock,
        *,
        lane: Lane,
        tenant: str,
        jitter: Callable[[], float],
        patience: float | None = None,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self.clock = clock
        self._transport = transport
        self._limiter = limiter
        self._tokens = tokens
        self._lane = lane
        self._tenant = tenant
        self._jitter = jitter
        self._patience = PATIENCE[lane] if patience is None else patience

    def make(self, call: Call) -> Answer:
        """Return the answer of a call that Cronofy did or accepted; raise for any other.

        Where one attempt may have been carried out, a later one that surely was not changes
        nothing about that: the error is the one of the former.
        """
        attempt = 0
        maybe_done: CronofyError | None = None
        gives_up_at = self.clock.monotonic() + self._patience
        while True:
            try:
                outcome = self._attempt(call)
            except TemporaryError as error:
                raise maybe_done or error from None
            if isinstance(outcome, Answer):
                return outcome
            maybe_done = _graver(outcome, maybe_done)
            attempt += 1
            pause = self._pause_before_next(call, outcome, attempt)
            if pause is None or self.clock.monotonic() + pause > gives_up_at:
                raise maybe_done or outcome
            log.info("call repeated", call=call.name, attempt=attempt, error=_kind(outcome))
            self.clock.sleep(pause)
            # A process that was stopped meanwhile would write what was decided long ago.
            if self.clock.monotonic() > gives_up_at:
                raise maybe_done or outcome

    def _attempt(self, call: Call) -> Answer | CronofyError:
        token = self._tokens.current()
        outcome = self._send(call, token)
        if isinstance(outcome, Answer) and outcome.status == 401:
            outcome = self._send(call, self._tokens.renew(token))
        if isinstance(outcome, CronofyError) or is_success(outcome.status):
            return outcome
        return translate(call.name, outcome, self.clock.now())

    def _send(self, call: Call, token: str) -> Answer | CronofyError:
        """Return the answer of whatever status, or the error of the way there."""
        self._limiter.acquire(self._lane, self._tenant, max_wait=self._patience)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        began = self.clock.monotonic()
        outcome: Answer | CronofyError
        try:
            outcome = self._transport.send(
                call.method, self._address(call), headers=headers, json=call.body
            )
        except CronofyError as error:
            outcome = error
        code = str(outcome.status) if isinstance(outcome, Answer) else NO_ANSWER
        CALLS.labels(call.name, code).inc()
        CALL_SECONDS.observe(self.clock.monotonic() - began)
        return outcome

    def _address(self, call: Call) -> str:
        query = f"?{urlencode(call.query)}" if call.query else ""
        return f"{self.api_url}{call.path}{query}"

    def _pause_before_next(self, call: Call, error: CronofyError, attempt: int) -> float | None:
        """Return the seconds to wait before another attempt, or None if this was the last.

        After a 429 it is the limiter that makes everybody wait, not each caller by itself.
        """
        wait = _asked_wait(error)
        if isinstance(error, RateLimited):
            back_off = FIRST_BACK_OFF * 2 ** (attempt - 1) if wait is None else wait
            self._limiter.back_off(back_off)
            return 0.0 if attempt < ATTEMPTS and back_off <= self._patience else None
        if attempt >= ATTEMPTS or not _may_repeat(call, error):
            return None
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
        pause = self._jitter() * longest + (wait or 0.0)
        return pause if pause <= self._patience else None


def _graver(error: CronofyError, maybe_done: CronofyError | None) -> CronofyError | None:
    """Return which of two attempts in a row may have been carried out, None where neither."""
    if not isinstance(error, TemporaryError):
        return None
    is_surely_undone = isinstance(error, RateLimited | ProfileLocked) or (
        isinstance(error, Unreachable) and not error.maybe_sent
    )
    return maybe_done if is_surely_undone else error


def _may_repeat(call: Call, error: CronofyError) -> bool:
    """Tell whether another attempt may help and cannot do something twice."""
    if not isinstance(error, TemporaryError) or isinstance(error, ProfileLocked):
        return False
    return call.repeatable or (isinstance(error, Unreachable) and not error.maybe_sent)


def _asked_wait(error: CronofyError) -> float | None:
    wait: timedelta | None = getattr(error, "retry_after", None)
    return None if wait is None else wait.total_seconds()


def _kind(error: CronofyError) -> str:
    return type(error).__name__
