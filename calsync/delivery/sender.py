"""Carries one message to an address that somebody else chose.

The host is looked up once, the answers are judged, and the connection goes to one of them:
a second look-up could give another answer (DNS rebinding). TLS is still checked against the
name. No redirect is followed, no proxy of the environment asked, no cookie kept, and no
error drags an address, a header or a body along.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from calsync.clock import Clock
from calsync.core.schedule import asked_delay
from calsync.delivery.addresses import (
    AddressFault,
    IpAddress,
    Resolver,
    UnfitAddress,
    check_url,
    resolve,
)
from calsync.delivery.channel import Channel, seconds_left
from calsync.delivery.failures import DeliveryFailed, EndpointGone, NotSendable, Reason
from calsync.errors import CalsyncError

#: Seconds to look up the host, to reach it, to wait for the next bytes, and for everything.
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
#: How much of an answer is read, only for the sender's sake: it is thrown away.
LARGEST_ANSWER = 16 * 1024

#: Something that connects as socket.create_connection does.
Connect = Callable[[tuple[str, int], float], socket.socket]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The endpoint took the message, with this status from 200 to 299."""

    status: int


class Sender:
    """The real network."""

    def __init__(
        self,
        clock: Clock,
        *,
        allow_private: bool = False,
        resolver: Resolver = socket.getaddrinfo,
        connect: Connect = socket.create_connection,
        trust: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._clock = clock
        self.allow_private = allow_private
        self._resolver = resolver
        self._connect = connect
        self._trust = trust or _trust_the_usual()
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._total_seconds = total_seconds

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Delivered:
        """Post ``body`` and return once it was taken.

        Raises EndpointGone for a 410, NotSendable where address or headers are of a form
        that is never sent, and DeliveryFailed for everything else: no status but 2xx is a
        success, a redirect's neither. The errors are raised outside the ``except``, so they
        have not even a hidden context.
        """
        outcome = self._attempt(url, headers, body)
        if isinstance(outcome, CalsyncError):
            raise outcome
        return outcome

    def _attempt(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> Delivered | CalsyncError:
        ends_at = self._clock.monotonic() + self._total_seconds
        try:
            check_url(url, allow_private=self.allow_private)
            target = urlsplit(url)
            addresses = self._look_up(target, ends_at)
            with self._open(target, addresses, ends_at) as sock:
                return self._post(sock, target, headers, body, ends_at)
        except UnfitAddress as unfit:
            return _unfit(unfit.code)
        except TimeoutError:
            return DeliveryFailed(Reason.TIMEOUT)
        except ssl.SSLError:
            return DeliveryFailed(Reason.TLS)
        except OSError:
            return DeliveryFailed(Reason.UNREACHABLE)
        except HTTPException:
            return DeliveryFailed(Reason.UNREADABLE)
        except ValueError:
            # A header with a line break in it: the text would quote it.
            return NotSendable(_NOT_SENDABLE)

    def _look_up(self, target: SplitResult, ends_at: float) -> tuple[IpAddress, ...]:
        """Return the host's addresses, in time: the look-up itself cannot be interrupted."""
        found: Future[tuple[IpAddress, ...]] = Future()

        def look_up() -> None:
            try:
                found.set_result(
                    resolve(
                        target.hostname or "",
                        _port(target),
                        allow_private=self.allow_private,
                        resolver=self._resolver,
                    )
                )
            except Exception as error:  # carried over to the caller, whatever it is
                found.set_exception(error)

        threading.Thread(target=look_up, name="look-up", daemon=True).start()
        return found.result(min(seconds_left(self._clock, ends_at), self._connect_seconds))

    def _open(
        self, target: SplitResult, addresses: Sequence[IpAddress], ends_at: float
    ) -> socket.socket:
        """Return a connection to the first of ``addresses`` that takes one, with TLS on it."""
        sock = self._reach(addresses, _port(target), ends_at)
        if target.scheme != "https":
            return sock
        try:
            sock.settimeout(min(seconds_left(self._clock, ends_at), self._connect_seconds))
            return self._trust.wrap_socket(sock, server_hostname=target.hostname)
        except BaseException:
            sock.close()
            raise

    def _reach(self, addresses: Sequence[IpAddress], port: int, ends_at: float) -> socket.socket:
        for address in addresses:
            patience = min(seconds_left(self._clock, ends_at), self._connect_seconds)
            try:
                return self._connect((str(address), port), patience)
            except OSError as error:
                fault = error
        raise fault

    def _post(
        self,
        sock: socket.socket,
        target: SplitResult,
        headers: Mapping[str, str],
        body: bytes,
        ends_at: float,
    ) -> Delivered | CalsyncError:
        connection = HTTPConnection(target.hostname or "")
        connection.sock = Channel(
            sock, self._clock, ends_at=ends_at, patience=self._read_seconds, largest=LARGEST_ANSWER
        )
        own = {"Host": target.netloc, "User-Agent": "calsync", "Connection": "close"}
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("POST", path, body=body, headers={**headers, **own})
        response = connection.getresponse()
        with response:
            outcome = self._judge(response)
            _drain(response)
        return outcome

    def _judge(self, response: HTTPResponse) -> Delivered | CalsyncError:
        """Return what the status means; it is what counts, whatever becomes of the rest."""
        if 200 <= response.status < 300:
            return Delivered(response.status)
        if response.status == 410:
            return EndpointGone("The endpoint wants no more messages (410).")
        wait = asked_delay(response.headers.get("Retry-After", ""), self._clock.now())
        return DeliveryFailed(Reason.STATUS, status=response.status, retry_after=wait)


_NOT_SENDABLE = "The message's address or a header has a form that is not sent."

#: What a name stands for may be another tomorrow; how an address is written may not.
_FOR_NOW = {
    AddressFault.UNKNOWN_HOST: Reason.UNKNOWN_HOST,
    AddressFault.PRIVATE: Reason.REFUSED_ADDRESS,
}


def _unfit(fault: AddressFault) -> CalsyncError:
    reason = _FOR_NOW.get(fault)
    return DeliveryFailed(reason) if reason else NotSendable(_NOT_SENDABLE)


@cache
def _trust_the_usual() -> ssl.SSLContext:
    """Trust what the machine trusts, and the usual authorities where it has no list.

    Reading them takes longer than making the rest of a process's tools, so all share it.
    """
    trust = ssl.create_default_context()
    trust.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return trust


def _port(target: SplitResult) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _drain(response: HTTPResponse) -> None:
    """Hear the endpoint out, within reason: hanging up early looks like a fault over there."""
    try:
        response.read(LARGEST_ANSWER)
    except (OSError, HTTPException, ValueError):
        return
