"""The door to the network, against a server that really misbehaves."""

import gzip
import logging
import socket
import threading
import time

import pytest
import requests

from calsync.clock import SystemClock
from calsync.cronofy.transport import Answer, Transport
from calsync.errors import PermanentError, Unreachable, UnreadableAnswer
from tests.cronofy.loopback import loopback, says, whole
from tests.cronofy.stage import everything_said

CANARY = "canary-token"
HEADERS = {"Authorization": f"Bearer {CANARY}"}


def quick(**options: float) -> Transport:
    options = {"connect": 1.0, "read": 0.5, "total": 1.0, **options}
    return Transport(SystemClock(), **options)


def fetch(url: str, transport: Transport | None = None) -> Answer:
    return (transport or quick()).send("GET", f"{url}/v1/x?page=canary", headers=HEADERS)


def refused(url: str, error: type[Exception], transport: Transport | None = None) -> Exception:
    """Return the error of a call that fails, having seen that it gives nothing away."""
    with pytest.raises(error) as raised:
        fetch(url, transport)
    assert "canary" not in "".join(str(part) for part in raised.value.args)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    # The line of this test that made the call is in the traceback, the values are not.
    assert CANARY not in everything_said(raised.value)
    return raised.value


def test_an_answer_comes_whole():
    with loopback(says(whole(b'{"a": 1}', headers="Retry-After: 3\r\n"))) as server:
        answer = fetch(server.url)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (200, b'{"a": 1}', "3")
    assert f"Bearer {CANARY}".encode() in server.asked[0]


def test_a_body_is_sent_as_json():
    with loopback(says(whole(b""))) as server:
        quick().send("DELETE", f"{server.url}/v1/x", headers=HEADERS, json={"a": "ü"})
    assert server.asked[0].endswith(b'{"a": "\\u00fc"}')
    assert b"application/json" in server.asked[0]


def test_a_packed_answer_is_unpacked():
    packed = whole(gzip.compress(b"{}"), headers="Content-Encoding: gzip\r\n")
    with loopback(says(packed)) as server:
        assert fetch(server.url).body == b"{}"


def test_an_answer_in_chunks_comes_whole():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with loopback(says(head, b"2\r\n{}\r\n", b"0\r\n\r\n", every=0.05)) as server:
        assert fetch(server.url).body == b"{}"


def test_a_redirect_is_an_answer_and_not_a_way():
    elsewhere = whole(b"", status="302 Found", headers="Location: http://169.254.169.254/\r\n")
    with loopback(says(elsewhere)) as server:
        assert fetch(server.url).status == 302
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
    ],
    ids=["headers", "body", "chunk size", "chunk"],
)
def test_an_answer_that_drips_is_cut_off_in_time(first):
    began = time.monotonic()
    with loopback(says(first, *[b"1"] * 40, every=0.1)) as server:
        error = refused(server.url, Unreachable)
        assert time.monotonic() - began < 2
    assert "in time" in str(error)
    assert error.maybe_sent


def test_an_answer_that_never_begins_is_given_up_after_the_read_time():
    began = time.monotonic()
    with loopback(says(b"", every=3)) as server:
        refused(server.url, Unreachable)
        assert 0.4 < time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"x" * 5000),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 5000,
        whole(gzip.compress(b"x" * 5_000_000), headers="Content-Encoding: gzip\r\n"),
    ],
    ids=["told", "endless", "bomb"],
)
def test_an_answer_that_is_too_large_is_not_read_on(answer):
    with loopback(says(answer)) as server:
        refused(server.url, UnreadableAnswer, quick(largest=4096))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        whole(b"no gzip", headers="Content-Encoding: gzip\r\n"),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    ],
    ids=["nothing", "no http", "cut short", "bad chunk", "bad gzip", "many headers"],
)
def test_an_answer_cut_short_or_garbled_is_no_answer(answer):
    with loopback(says(answer)) as server:
        assert refused(server.url, Unreachable).maybe_sent


def test_a_connection_that_is_reset_is_no_answer():
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with loopback(reset) as server:
        refused(server.url, Unreachable)


def test_a_host_that_does_not_listen_got_nothing():
    with loopback(says(b"")) as server:
        url = server.url
    assert refused(url, Unreachable).maybe_sent is False


def test_plain_http_where_tls_was_asked_for_is_refused():
    with loopback(says(whole(b"{}"))) as server:
        error = refused(server.url.replace("http:", "https:"), Unreachable)
    assert "TLS" in str(error)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "x", "http://[::1", "http://a b/"]
)
def test_an_address_that_is_none_of_http_is_refused(url):
    refused(url, PermanentError)


@pytest.mark.parametrize("token", ["canary-token\r\nX: y", "canary-token\N{SNOWMAN}"])
def test_a_token_that_fits_in_no_header_is_not_quoted(token):
    with loopback(says(whole(b"{}"))) as server, pytest.raises(PermanentError) as raised:
        quick().send("GET", server.url, headers={"Authorization": f"Bearer {token}"})
    assert CANARY not in everything_said(raised.value)
    assert server.asked in ([], [b""])


def test_a_netrc_never_replaces_our_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password evil\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with loopback(says(whole(b"{}"))) as server:
        fetch(server.url)
    assert f"Bearer {CANARY}".encode() in server.asked[0]


def test_the_proxy_of_a_company_is_used(monkeypatch):
    with loopback(says(whole(b"{}"))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        assert fetch("http://api.cronofy.invalid").body == b"{}"
    assert proxy.asked[0].startswith(b"GET http://api.cronofy.invalid/v1/x?page=canary")


def test_a_cookie_is_never_kept_for_the_next_tenant():
    with loopback(says(whole(b"{}", headers="Set-Cookie: a=b\r\n"))) as server:
        transport = quick()
        fetch(server.url, transport)
        fetch(server.url, transport)
    assert b"a=b" not in server.asked[1]


def test_every_thread_has_a_session_of_its_own():
    transport = quick()
    sessions: list[requests.Session] = []
    threads = [
        threading.Thread(target=lambda: sessions.append(transport._session())) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, sessions))) == 3
    assert transport._session() is transport._session()


def test_no_log_line_holds_a_token_or_an_address(caplog):
    caplog.set_level(logging.DEBUG)
    with loopback(says(whole(b"{}"))) as server:
        fetch(server.url)
        refused(server.url.replace("http:", "https:"), Unreachable)
    assert "canary" not in caplog.text


def test_an_answer_hides_what_it_holds():
    assert "canary" not in repr(Answer(200, {"X": "canary"}, b"canary"))
