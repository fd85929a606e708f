"""A PSA on loopback that notes what it was sent."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: The name that the tests call it by; ``resolve_to`` says where it lives.
NAME = "psa.example"


@dataclass(frozen=True)
class Received:
    """One message as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers every message with ``status`` and ``headers``."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.names: list[str | None] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if tls:
            tls.sni_callback = lambda _sock, name, _context: self.names.append(name)
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{NAME}:{self.port}/hooks?token=canary-query"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the tests' output clean."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up: that is what the test is about."""


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Serve until the block ends."""
    serving = Receiver(tls)
    try:
        yield serving
    finally:
        serving.close()


class Names:
    """A name server: gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: str | tuple[str, ...]) -> None:
        self.asked: list[str] = []
        self._answers = [(a,) if isinstance(a, str) else a for a in answers]

    def __call__(
        self, host: str, port: int, *_: object, **__: object
    ) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
        self.asked.append(host)
        addresses = self._answers[min(len(self.asked), len(self._answers)) - 1]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]
