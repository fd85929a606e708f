"""A server on loopback that says exactly the bytes it is told, as slowly as it is told."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Loopback:
    """Listens, notes what was asked, and answers each connection by ``answer``."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self.asked.append(_receive(connection))
                    self._answer(connection)
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def _receive(connection: socket.socket) -> bytes:
    """Return a whole request: its body may come in a packet of its own."""
    received = connection.recv(65536)
    # What does not begin with a method is no HTTP, and has no end to wait for.
    while received[:1].isalpha() and b"\r\n\r\n" not in received:
        received += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = received.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *([0-9]+)", head)
    length = int(found.group(1)) if found else 0
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body


@contextmanager
def loopback(answer: Callable[[socket.socket], None]) -> Iterator[Loopback]:
    """Serve until the block ends."""
    server = Loopback(answer)
    try:
        yield server
    finally:
        server.close()


def says(*parts: bytes, every: float = 0.0) -> Callable[[socket.socket], None]:
    """Return an answer that sends the parts, one every so many seconds."""
    pause = threading.Event()

    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            pause.wait(every)

    return answer


def whole(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a complete answer that closes the connection."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body
