"""The wire between the API and its callers: it counts what passes, and breaks on demand."""

import json
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from calsync.sandbox.faults import Fault, Faults
from calsync.sandbox.traffic import Traffic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

API_PATHS = ("/v1/", "/oauth/token")
#: Long enough for any client's patience.
_SILENCE = 30.0
_DROPS = {"timeout_before", "timeout_after", "reset_before", "reset_after"}
_REASONS = {429: "Too Many Requests", 401: "Unauthorized", 400: "Bad Request"}


class ConnectionReset(Exception):
    """Raised in the middle of an answer; the server then closes the socket."""


class Answer:
    """A whole answer of the API, kept back so that it can be spoilt."""

    def __init__(self, app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        chunks = app(environ, self._start)
        self.body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        del exc_info
        self.status, self.headers = status, headers
        return lambda _: None

    def send(self, start_response: "StartResponse") -> list[bytes]:
        """Send it as it is now."""
        headers = [pair for pair in self.headers if pair[0].lower() != "content-length"]
        start_response(self.status, [*headers, ("Content-Length", str(len(self.body)))])
        return [self.body]


class Breakage:
    """The API behind a wire that can break: wraps a WSGI application."""

    def __init__(self, app: "WSGIApplication", faults: Faults, traffic: Traffic) -> None:
        self._app = app
        self._faults = faults
        self._traffic = traffic
        self._breaks = {
            "rate_limited": self._refuse,
            "server_error": self._refuse,
            "unauthorised": self._refuse,
            "invalid_grant": self._refuse,
            "html_error": self._refuse,
            "slow": self._delay,
            "timeout_before": self._drop_before,
            "reset_before": self._drop_before,
            "timeout_after": self._drop_after,
            "reset_after": self._drop_after,
            "empty_read": self._spoil,
            "truncated_paging": self._spoil,
            "foreign_next_page": self._spoil,
            "invalid_json": self._spoil,
            "altered_answer": self._spoil,
        }
        self._kinds = set(self._breaks)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if not path.startswith(API_PATHS):
            return self._app(environ, start_response)
        call = self._traffic.note_call(method, path, environ.get("QUERY_STRING", ""))

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            call.status = int(status[:3])
            return start_response(status, headers, exc_info)

        fault = self._faults.take(self._kinds, method, path)
        if fault is None:
            return self._app(environ, start)
        call.fault = fault.kind
        # A call whose connection is dropped was never answered: its status stays 0.
        answering = start_response if fault.kind in _DROPS else start
        return self._breaks[fault.kind](fault, environ, answering)

    def _refuse(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer with an error instead of doing anything."""
        environ["wsgi.input"].read()
        status, headers, body = _refusals(fault)
        reason = _REASONS.get(status, "Error")
        headers = [*headers, ("Content-Length", str(len(body)))]
        start_response(f"{status} {reason}", headers)
        return [body]

    def _delay(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self._faults.wait(fault.seconds(2.0))
        return self._app(environ, start_response)

    def _drop_before(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Do nothing, be silent for a while where that is the fault, and reset."""
        if fault.kind == "timeout_before":
            self._faults.wait(fault.seconds(_SILENCE))
        return _reset_connection(environ, start_response, b"")

    def _drop_after(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Do everything, be silent for a while where that is the fault, and reset."""
        answer = Answer(self._app, environ)
        if fault.kind == "timeout_after":
            self._faults.wait(fault.seconds(_SILENCE))
            return _reset_connection(environ, start_response, b"")
        return _reset_connection(environ, start_response, answer.body[: len(answer.body) // 2])

    def _spoil(
        self, fault: Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Do everything and change the answer."""
        answer = Answer(self._app, environ)
        if not _spoil_answer(fault, answer):
            self._faults.give_back(fault)
        return answer.send(start_response)


def _refusals(fault: Fault) -> tuple[int, list[tuple[str, str]], bytes]:
    as_json = [("Content-Type", "application/json; charset=utf-8")]
    match fault.kind:
        case "rate_limited":
            after = fault.options.get("retry_after")
            extra = [] if after is None else [("Retry-After", str(after))]
            return 429, [*as_json, *extra], b'{"message": "Too many requests"}'
        case "unauthorised":
            return 401, as_json, b'{"message": "The access token is unknown"}'
        case "invalid_grant":
            return 400, as_json, b'{"error": "invalid_grant"}'
        case "html_error":
            page = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"
            status = int(fault.options.get("status", 502))
            return status, [("Content-Type", "text/html")], page
        case _:
            status = int(fault.options.get("status", 500))
            return status, as_json, b'{"message": "Something went wrong"}'


def _spoil_answer(fault: Fault, answer: Answer) -> bool:
    """Change the answer, and tell whether there was something to change."""
    if fault.kind == "invalid_json":
        answer.body = answer.body[: max(len(answer.body) // 2, 1)] or b"{"
        return True
    try:
        content = json.loads(answer.body)
    except ValueError:
        return False
    if fault.kind == "altered_answer":
        return _alter(fault, answer, content)
    pages = content.get("pages") if isinstance(content, dict) else None
    if pages is None:
        return False
    if fault.kind == "empty_read":
        content = {"pages": {"current": 1, "total": 1}, "events": []}
    elif "next_page" not in pages:
        return False
    elif fault.kind == "truncated_paging":
        del pages["next_page"]
    else:
        host = fault.options.get("host", "http://evil.example")
        pages["next_page"] = f"{host}/v1/events/pages/0123456789abcdef"
    answer.body = json.dumps(content).encode()
    return True


def _alter(fault: Fault, answer: Answer, content: Any) -> bool:
    """Merge what was asked for into the answer and its events; tell whether that was any."""
    given = content if isinstance(content, dict) else {}
    altered = _merge(given, fault.options.get("answer", {}))
    if "event" in fault.options:
        events = [_alter_event(fault, each) for each in given.get("events", ())]
        altered = _merge(altered, {"events": events})
    answer.body = json.dumps(altered).encode()
    return bool(altered != given)


def _alter_event(fault: Fault, event: dict[str, Any]) -> Any:
    is_meant = fault.options.get("uid") in (None, event.get("event_uid"))
    return _merge(event, fault.options["event"]) if is_meant else event


def _merge(target: Any, patch: Any) -> Any:
    """Return the target with the patch merged in, where null takes a key away (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged


def _reset_connection(
    environ: "WSGIEnvironment", start_response: "StartResponse", beginning: bytes
) -> Iterator[bytes]:
    """Send the beginning of an answer, then make the peer see a reset.

    With the linger time at zero, closing the socket sends RST instead of FIN.
    Waitress shows its channel through the check it puts into the environment;
    under another server the connection is merely closed too early.
    """
    check = environ.get("waitress.client_disconnected")
    channel = getattr(check, "__self__", None)
    if channel is not None and channel.socket is not None:
        linger = struct.pack("ii", 1, 0)
        channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(10_000_000))]
    )
    yield beginning or b" "
    raise ConnectionReset
