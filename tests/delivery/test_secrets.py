"""An address's query, a secret, a signature and a body appear in no error and no log line."""

import logging
import socket
import ssl

import pytest

from calsync.clock import SystemClock
from calsync.delivery.sender import Sender
from calsync.errors import CalsyncError
from tests.cronofy.loopback import loopback, says, whole
from tests.cronofy.stage import everything_said
from tests.delivery.receiver import NAME, Names

CANARY = "canary"
QUERY = "/hooks/canary-path?token=canary-query"
HEADERS = {"webhook-signature": "v1,canary-signature"}
BODY = b'{"subject":"canary-title"}'

ANSWERS = {
    "a redirect": whole(b"", status="302 Found", headers="Location: http://x/canary\r\n"),
    "a refusal": whole(b"canary-body", status="400 canary-reason", headers="X: canary\r\n"),
    "a fault": whole(b"canary-body", status="503 canary", headers="Retry-After: canary\r\n"),
    "gone": whole(b"canary-body", status="410 canary-reason"),
    "no answer": b"",
    "no HTTP": b"canary\r\n\r\n",
    "a head too long": b"HTTP/1.1 200 OK\r\n" + b"canary: canary\r\n" * 200 + b"\r\n",
}


def blame(kind: type[Exception]) -> object:
    def fail(*_: object, **__: object) -> object:
        raise kind(CANARY)

    return fail


def make_sender(**options: object) -> Sender:
    usual = {"allow_private": True, "resolver": Names("127.0.0.1"), "read_seconds": 1.0}
    return Sender(SystemClock(), **{**usual, **options})


def error_of(sender: Sender, url: str, headers: dict[str, str] = HEADERS) -> CalsyncError:
    with pytest.raises(CalsyncError) as raised:
        sender.send(url, headers, BODY)
    return raised.value


def assert_silent(error: CalsyncError, caplog: pytest.LogCaptureFixture) -> None:
    assert error.__cause__ is error.__context__ is None
    assert CANARY not in everything_said(error)
    assert CANARY not in "\n".join(repr(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_of_any_kind_gives_nothing_away(answer, caplog):
    caplog.set_level(logging.DEBUG)
    with loopback(says(ANSWERS[answer])) as server:
        error = error_of(make_sender(), server.url + QUERY)
        # All of it was on its way, and could have been told.
        for part in (QUERY, HEADERS["webhook-signature"]):
            assert part.encode() in server.asked[0]
    assert_silent(error, caplog)


@pytest.mark.parametrize(
    "kind", [OSError, TimeoutError, ConnectionResetError, ssl.SSLError, socket.gaierror, ValueError]
)
@pytest.mark.parametrize("place", ["connect", "resolver"])
def test_a_fault_on_the_way_gives_nothing_away(kind, place, caplog):
    caplog.set_level(logging.DEBUG)
    error = error_of(make_sender(**{place: blame(kind)}), f"http://{NAME}{QUERY}")
    assert_silent(error, caplog)


@pytest.mark.parametrize(
    "url",
    [
        f"https://canary@{NAME}/",
        "https://[canary/",
        "https://canary:canary/",
        f"https://{NAME}/\ncanary",
        "https://127.0.0.1.canary./",
        "canary:canary",
    ],
)
def test_an_unfit_address_is_not_quoted(url, caplog):
    caplog.set_level(logging.DEBUG)
    assert_silent(error_of(make_sender(), url), caplog)


@pytest.mark.parametrize("text", ["canary\r\nX: 1", "canary\n", "canary \N{SNOWMAN}"])
def test_a_header_that_cannot_be_sent_is_not_quoted(text, caplog):
    caplog.set_level(logging.DEBUG)
    with loopback(says(whole(b""))) as server:
        error = error_of(make_sender(), server.url, {"webhook-id": text})
        assert b"canary" not in b"".join(server.asked)
    assert_silent(error, caplog)


def test_the_canary_would_be_seen(caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AssertionError):
        assert_silent(CalsyncError(CANARY), caplog)
    chained = CalsyncError("harmless")
    chained.__context__ = ValueError(CANARY)
    with pytest.raises(AssertionError):
        assert_silent(chained, caplog)
    logging.getLogger("calsync.delivery").debug(CANARY)
    with pytest.raises(AssertionError):
        assert_silent(CalsyncError("harmless"), caplog)
