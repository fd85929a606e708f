"""The one door to the network.

What goes through it is bounded in time and size, follows no redirect, verifies TLS, and
leaves no address, header or body in an error: the exceptions of requests carry the whole
request, so none of them is ever chained to ours.
"""

import json as jsonlib
import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol

import requests
import urllib3.exceptions

from calsync.clock import Clock
from calsync.cronofy.breaker import Breaker
from calsync.cronofy.deadline import DeadlineAdapter, DeadlinePassed
from calsync.errors import CronofyError, PermanentError, Unreachable, UnreadableAnswer

#: Seconds to reach the host, to wait for the next bytes, and for the whole call.
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0
#: What an answer may weigh once unpacked; a page of events is a few hundred kilobytes.
LARGEST_ANSWER = 16 * 1024 * 1024

_CHUNK = 64 * 1024
#: From this status on it is the server that is at fault.
_SERVER_ERROR = 500

# At DEBUG urllib3 prints the path of every call, and the path of a further page is a token.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, headers of any case, and the bytes of the body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Http(Protocol):
    """Something that carries one request to its host and brings the answer back."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object | None = None,
    ) -> Answer:
        """Return the answer, whatever its status; raise Unreachable where none came."""


class Transport:
    """The real network, by requests, with one session per thread."""

    def __init__(
        self,
        clock: Clock,
        *,
        connect: float = CONNECT_SECONDS,
        read: float = READ_SECONDS,
        total: float = TOTAL_SECONDS,
        largest: int = LARGEST_ANSWER,
    ) -> None:
        self.clock = clock
        self.timeout = (connect, read)
        self.total = total
        self.largest = largest
        self._threads = threading.local()
        self._breaker = Breaker(clock)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object | None = None,
    ) -> Answer:
        """Return the answer, whatever its status, a redirect's too.

        Raises Unreachable where none came in time, UnreadableAnswer where it was larger
        than allowed, PermanentError where the request could not even be built.
        """
        body = None if json is None else jsonlib.dumps(json).encode()
        sent = dict(headers)
        if body is not None:
            sent["Content-Type"] = "application/json; charset=utf-8"
        return self.guard(
            lambda ends_at: self.read(
                self._session().request(
                    method,
                    url,
                    headers=sent,
                    data=body,
                    auth=_keep_headers,
                    timeout=self.timeout,
                    allow_redirects=False,
                    stream=True,
                ),
                ends_at,
            )
        )

    def harden(self, session: requests.Session) -> None:
        """Give a session our deadline, and a jar that keeps no cookie of any tenant.

        The environment stays trusted, for the proxies and the certificates of companies;
        what it may not do is read ``.netrc``, which every request prevents by bringing
        its own ``auth``.
        """
        adapter = DeadlineAdapter(self.clock, self.total)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def guard(self, call: Callable[[float], Answer]) -> Answer:
        """Return what ``call`` gives, or raise an error of ours that drags nothing along.

        ``call`` is told when it has to be done, in the seconds of the clock. The error is
        raised outside the ``except``, so it has not even a hidden context. While Cronofy
        is away nothing is called.
        """
        self._breaker.ask()
        outcome: Answer | CronofyError
        try:
            outcome = call(self.clock.monotonic() + self.total)
        except CronofyError as error:
            # Whoever answers what nobody can read is there all the same.
            self._breaker.note(is_there=not isinstance(error, Unreachable))
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            outcome = _translated(error)
        except (ValueError, TypeError):
            # A header with a line break, an address that is none: the text would quote it.
            outcome = PermanentError(_NOT_BUILT)
        if isinstance(outcome, Unreachable):
            self._breaker.note(is_there=False)
        if isinstance(outcome, CronofyError):
            raise outcome
        self._breaker.note(is_there=outcome.status < _SERVER_ERROR)
        return outcome

    def read(self, response: requests.Response, ends_at: float) -> Answer:
        """Return the whole answer, or raise as soon as it is too large or too late."""
        with response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self.largest:
                    raise UnreadableAnswer(f"The answer is larger than {self.largest} bytes.")
                if self.clock.monotonic() > ends_at:
                    raise Unreachable(_TOO_SLOW, maybe_sent=True)
            return Answer(response.status_code, response.headers, bytes(body))

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            self.harden(session)
        return session


_NOT_BUILT = "The request to Cronofy could not be built."
_TOO_SLOW = "Cronofy did not answer in time."


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing: its being there keeps requests from looking into ``.netrc``."""
    return request


def _translated(error: Exception) -> CronofyError:
    """Make an error of ours out of one of the network's; nothing of its text is kept."""
    maybe_sent = not _surely_unsent(error)
    if isinstance(error, requests.exceptions.SSLError | ssl.SSLError):
        return Unreachable("No trustworthy TLS connection to Cronofy.", maybe_sent=maybe_sent)
    if isinstance(error, ValueError):
        return PermanentError(_NOT_BUILT)
    if isinstance(error, requests.Timeout | DeadlinePassed | TimeoutError) or _timed_out(error):
        return Unreachable(_TOO_SLOW, maybe_sent=maybe_sent)
    if isinstance(error, requests.exceptions.ProxyError):
        return Unreachable("The proxy did not let us through to Cronofy.", maybe_sent=maybe_sent)
    return Unreachable("Cronofy cannot be reached.", maybe_sent=maybe_sent)


def _surely_unsent(error: Exception) -> bool:
    """Tell whether the connection was never made, so that nothing can have been sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    return any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in _causes(error))


def _timed_out(error: Exception) -> bool:
    kinds = (TimeoutError, urllib3.exceptions.TimeoutError)
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _causes(error: Exception) -> list[object]:
    """List what requests wrapped: the error of urllib3, and that one's reason."""
    inner = error.args[0] if error.args else None
    return [inner, getattr(inner, "reason", None), getattr(inner, "original_error", None)]
