"""Connections that end when their time is up.

A time-out of requests counts from byte to byte: a server that sends one byte every 29
seconds holds a thread for ever. These connections know when the whole exchange has to be
over, headers included, and give each wait no more than what is left.
"""

import http.client
import io
import socket
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from calsync.clock import Clock


class DeadlinePassed(TimeoutError):
    """The exchange was not over in time."""


class DeadlineAdapter(HTTPAdapter):
    """Carries requests over connections that are cut ``total`` seconds after sending."""

    def __init__(self, clock: Clock, total: float) -> None:
        self._pools = _pools(clock, total)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """Return the pools of connections through one proxy."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _Deadline:
    """What both kinds of connection do: note the end of each exchange."""

    clock: Clock
    total: float
    ends_at = 0.0

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.ends_at = self.clock.monotonic() + self.total
        super().request(*args, **kwargs)  # type: ignore[misc]

    def getresponse(self) -> Any:
        self.response_class = partial(_Response, clock=self.clock, ends_at=self.ends_at)
        try:
            return super().getresponse()  # type: ignore[misc]
        finally:
            # A proxy's answer to a later reconnect is not bound by this exchange's end.
            del self.response_class


class _Response(http.client.HTTPResponse):
    """An answer that is read through a stream with a deadline."""

    def __init__(
        self, sock: socket.socket, *args: Any, clock: Clock, ends_at: float, **kwargs: Any
    ) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        raw = sock.makefile("rb", buffering=0)
        self.fp = io.BufferedReader(_DeadlineStream(sock, raw, clock, ends_at))


class _DeadlineStream(io.RawIOBase):
    """The bytes of a socket, for as long as there is time."""

    def __init__(
        self, sock: socket.socket, raw: io.RawIOBase, clock: Clock, ends_at: float
    ) -> None:
        self._sock = sock
        self._raw = raw
        self._clock = clock
        self._ends_at = ends_at
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends_at - self._clock.monotonic()
        if left <= 0:
            raise DeadlinePassed
        self._sock.settimeout(left if self._patience is None else min(left, self._patience))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def _pools(clock: Clock, total: float) -> dict[str, type[HTTPConnectionPool]]:
    """Make the classes of urllib3 anew, with a clock and a deadline in them."""
    facts = {"clock": clock, "total": total}
    plain = type("DeadlineHTTPConnection", (_Deadline, HTTPConnection), facts)
    secure = type("DeadlineHTTPSConnection", (_Deadline, HTTPSConnection), facts)
    return {
        "http": type("DeadlineHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("DeadlineHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
