"""A connection that is used until its time is up, and read until enough was read.

The time-out of a socket counts from byte to byte: a receiver that sends one byte every nine
seconds would hold a thread for hours.
"""

import io
import socket
from typing import Any

from calsync.clock import Clock


class Channel:
    """What http.client needs of a socket: it ends at ``ends_at``, in the clock's seconds."""

    def __init__(
        self, sock: socket.socket, clock: Clock, *, ends_at: float, patience: float, largest: int
    ) -> None:
        self._sock = sock
        self._clock = clock
        self._ends_at = ends_at
        self._patience = patience
        self._left = largest

    def sendall(self, content: bytes) -> None:
        """Send everything, or raise TimeoutError."""
        rest = memoryview(content)
        while rest:
            self._wait_no_longer()
            rest = rest[self._sock.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what the other side says, as if it had ended once it is too much."""
        return io.BufferedReader(_Stream(self))

    def receive_into(self, buffer: Any) -> int:
        """Fill the buffer with what comes next; return 0 at the end or when enough was read."""
        wanted = min(len(buffer), self._left)
        if not wanted:
            return 0
        self._wait_no_longer()
        count = self._sock.recv_into(buffer, wanted)
        self._left -= count
        return count

    def close(self) -> None:
        """Do nothing: who opened the socket closes it, after the answer was read."""

    def _wait_no_longer(self) -> None:
        self._sock.settimeout(min(seconds_left(self._clock, self._ends_at), self._patience))


class _Stream(io.RawIOBase):
    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._channel.receive_into(buffer)


def seconds_left(clock: Clock, ends_at: float) -> float:
    """Return how much time is left, more than none; raise TimeoutError if there is none."""
    left = ends_at - clock.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
