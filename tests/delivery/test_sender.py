"""Sending over real connections on loopback, to receivers that mean well and that do not."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from calsync.clock import SystemClock
from calsync.delivery.addresses import resolve
from calsync.delivery.failures import DeliveryFailed, EndpointGone, NotSendable, Reason
from calsync.delivery.sender import Delivered, Sender
from tests.clocks import FakeClock
from tests.cronofy.loopback import loopback, says, whole
from tests.delivery.authority import Authority
from tests.delivery.receiver import NAME, Names, receiver

BODY = b'{"type":"item.created"}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}
HOME = Names("127.0.0.1")
PUBLIC = "93.184.215.14"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def make_sender(**options: object) -> Sender:
    usual = {"allow_private": True, "resolver": HOME}
    return Sender(options.pop("clock", SystemClock()), **{**usual, **options})


def make_hasty_sender(**options: object) -> Sender:
    """Return a sender that gives up after a second, where a receiver takes ten."""
    hasty = {"connect_seconds": 1.0, "read_seconds": 0.5, "total_seconds": 1.0}
    return make_sender(**{**hasty, **options})


def failure(url: str, sender: Sender | None = None, body: bytes = BODY) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        (sender or make_sender()).send(url, HEADERS, body)
    return raised.value


class Connections:
    """Notes where a connection would have gone to, and makes none."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []

    def __call__(self, address: tuple[str, int], _patience: float) -> socket.socket:
        self.made.append(address)
        raise ConnectionRefusedError


def test_a_message_arrives_as_it_was_built():
    with receiver() as psa:
        assert make_sender().send(psa.url, HEADERS, BODY) == Delivered(204)
        [message] = psa.received
    assert message.body == BODY
    assert message.path == "/hooks?token=canary-query"
    assert message.headers["host"] == f"{NAME}:{psa.port}"
    assert message.headers["webhook-id"] == "msg_1"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["connection"] == "close"


def test_an_address_without_a_path_gets_the_root():
    with receiver() as psa:
        make_sender().send(f"http://{NAME}:{psa.port}", HEADERS, BODY)
        make_sender().send(f"http://{NAME}:{psa.port}?a=1", HEADERS, BODY)
        assert [message.path for message in psa.received] == ["/", "/?a=1"]


# TLS


def test_the_certificate_is_checked_for_the_name_though_the_connection_goes_to_a_number(authority):
    with receiver(authority.serve(NAME)) as psa:
        sent = make_sender(trust=authority.trust()).send(psa.url, HEADERS, BODY)
        assert sent == Delivered(204)
        assert psa.names == [NAME]
        assert psa.received[0].headers["host"] == f"{NAME}:{psa.port}"


def test_an_address_of_numbers_is_checked_by_its_number(authority):
    with receiver(authority.serve("127.0.0.1")) as psa:
        url = f"https://127.0.0.1:{psa.port}/"
        assert make_sender(trust=authority.trust()).send(url, HEADERS, BODY) == Delivered(204)


@pytest.mark.parametrize("names", [("other.example",), ("127.0.0.1",)])
def test_a_certificate_of_another_name_is_not_believed(authority, names):
    with receiver(authority.serve(*names)) as psa:
        assert failure(psa.url, make_sender(trust=authority.trust())).reason is Reason.TLS
        assert psa.received == []


def test_an_expired_certificate_is_not_believed(authority):
    with receiver(authority.serve(NAME, lifetime=timedelta(days=-1))) as psa:
        assert failure(psa.url, make_sender(trust=authority.trust())).reason is Reason.TLS
        assert psa.received == []


def test_an_authority_that_nobody_knows_is_not_believed(authority):
    with receiver(authority.serve(NAME)) as psa:
        assert failure(psa.url).reason is Reason.TLS
        assert psa.received == []


def test_the_usual_authorities_are_known():
    assert make_sender()._trust.cert_store_stats()["x509_ca"] > 50
    assert make_sender()._trust.verify_mode is ssl.CERT_REQUIRED
    assert make_sender()._trust.check_hostname


# Where a message goes


def test_a_name_that_changes_its_mind_cannot_lead_us_home():
    names, connections = Names(PUBLIC, "127.0.0.1"), Connections()
    sender = make_sender(allow_private=False, resolver=names, connect=connections)
    assert failure(f"https://{NAME}/", sender).reason is Reason.UNREACHABLE
    assert names.asked == [NAME]
    assert connections.made == [(PUBLIC, 443)]


def test_a_sender_that_looks_twice_would_be_led_home(monkeypatch):
    """The attack is real: whoever checks a name and then uses it falls for it."""
    with receiver() as psa:
        names = Names(PUBLIC, "127.0.0.1")
        resolve(NAME, psa.port, allow_private=False, resolver=names)
        monkeypatch.setattr(socket, "getaddrinfo", names)
        requests.post(psa.url, data=BODY, timeout=5)
        assert len(psa.received) == 1
        assert names.asked == [NAME, NAME]


def test_no_name_is_looked_up_behind_the_resolvers_back(monkeypatch):
    asked: list[object] = []
    real = socket.getaddrinfo

    def look_up(host: object, *rest: object, **options: object) -> object:
        asked.append(host)
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with receiver() as psa:
        make_sender().send(psa.url, HEADERS, BODY)
    assert NAME not in asked
    socket.getaddrinfo("localhost", 80)
    assert "localhost" in asked  # it would have been seen


def test_a_name_is_looked_up_anew_for_every_message():
    names = Names("127.0.0.1", PUBLIC)
    connections = Connections()
    with receiver() as psa:
        make_sender(resolver=names).send(psa.url, HEADERS, BODY)
        failure(psa.url, make_sender(resolver=names, connect=connections))
    assert connections.made == [(PUBLIC, psa.port)]


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1"])
def test_a_name_that_points_inside_gets_no_connection(inside):
    connections = Connections()
    names = Names((PUBLIC, inside))
    sender = make_sender(allow_private=False, resolver=names, connect=connections)
    assert failure(f"https://{NAME}/", sender).reason is Reason.REFUSED_ADDRESS
    assert connections.made == []


def test_an_address_that_became_unfit_is_not_sent_to():
    names, connections = Names(PUBLIC), Connections()
    sender = make_sender(allow_private=False, resolver=names, connect=connections)
    with pytest.raises(NotSendable, match="form"):
        sender.send(f"http://{NAME}/", HEADERS, BODY)
    assert names.asked == connections.made == []


def test_the_next_answer_is_tried_where_the_first_does_not_listen():
    with receiver() as psa:
        sender = make_sender(resolver=Names(("127.0.0.2", "127.0.0.1")), connect=only_home)
        assert sender.send(psa.url, HEADERS, BODY) == Delivered(204)
        assert len(psa.received) == 1


def only_home(address: tuple[str, int], patience: float) -> socket.socket:
    if address[0] != "127.0.0.1":
        raise ConnectionRefusedError
    return socket.create_connection(address, patience)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_not_a_way(status):
    with receiver() as psa, receiver() as elsewhere:
        psa.status = status
        for way in ("http://169.254.169.254/latest/meta-data/", elsewhere.url):
            psa.headers = {"Location": way}
            assert failure(psa.url).status == status
        assert len(psa.received) == 2
        assert elsewhere.received == []


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    with receiver() as proxy, receiver() as psa:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            for spelled in (name, name.upper()):
                monkeypatch.setenv(spelled, f"http://127.0.0.1:{proxy.port}")
        make_sender().send(psa.url, HEADERS, BODY)
        assert proxy.received == []
        requests.post(psa.url, data=BODY, timeout=5)
        assert len(proxy.received) == 1  # whoever asks the environment is led there
        assert len(psa.received) == 1


def test_no_cookie_is_kept():
    with receiver() as psa:
        psa.headers = {"Set-Cookie": "a=1; Path=/"}
        sender = make_sender()
        sender.send(psa.url, HEADERS, BODY)
        sender.send(psa.url, HEADERS, BODY)
        assert ["cookie" in message.headers for message in psa.received] == [False, False]


# What the answer means


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_success(status):
    with receiver() as psa:
        psa.status = status
        assert make_sender().send(psa.url, HEADERS, BODY) == Delivered(status)


@pytest.mark.parametrize("status", [304, 400, 401, 404, 408, 422, 429, 500, 502, 503, 504, 599])
def test_every_other_status_is_tried_again(status):
    with receiver() as psa:
        psa.status = status
        error = failure(psa.url)
    assert (error.reason, error.status, error.retry_after) == (Reason.STATUS, status, None)
    assert str(error) == f"The endpoint answered {status}."


def test_an_endpoint_that_is_gone_is_not_tried_again():
    with receiver() as psa:
        psa.status = 410
        with pytest.raises(EndpointGone):
            make_sender().send(psa.url, HEADERS, BODY)


@pytest.mark.parametrize("asked", ["120", "Mon, 02 Mar 2026 09:02:00 GMT"])
def test_an_endpoint_may_ask_for_patience(asked):
    with receiver() as psa:
        psa.status, psa.headers = 429, {"Retry-After": asked}
        error = failure(psa.url, make_sender(clock=FakeClock()))
    assert error.retry_after == timedelta(minutes=2)


# Endpoints that misbehave


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", Reason.UNREACHABLE),
        (b"SSH-2.0-OpenSSH\r\n", Reason.UNREADABLE),
        (b"HTTP/1.1 abc\r\n\r\n", Reason.UNREADABLE),
        (b"x" * 100_000, Reason.UNREADABLE),
        (b"HTTP/1.1 200 OK\r\n" + b"".join(b"A: 1\r\n" for _ in range(200)), Reason.UNREADABLE),
    ],
)
def test_an_answer_that_is_none_is_a_failure(answer, reason):
    with loopback(says(answer)) as server:
        assert failure(server.url).reason is reason


def test_nobody_listening_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert failure(f"http://{NAME}:{port}/").reason is Reason.UNREACHABLE


def hold(connection: socket.socket) -> None:
    """Say nothing until the other side hangs up."""
    connection.settimeout(10)
    while connection.recv(65536):
        pass


@pytest.mark.parametrize("first", [b"H", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_an_answer_that_drips_is_cut_off_in_time(first):
    began = time.monotonic()
    with loopback(says(first, *[b"a"] * 100, every=0.1)) as server:
        assert failure(server.url, make_hasty_sender()).reason is Reason.TIMEOUT
        assert 0.8 < time.monotonic() - began < 5


def test_an_answer_that_never_begins_is_given_up_after_the_read_time():
    began = time.monotonic()
    with loopback(hold) as server:
        sender = make_hasty_sender(total_seconds=30.0)
        assert failure(server.url, sender).reason is Reason.TIMEOUT
        assert 0.4 < time.monotonic() - began < 8


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_message_that_was_taken_is_not_sent_again_for_a_body_that_drips(first):
    began = time.monotonic()
    with loopback(says(first, *[b"1"] * 100, every=0.1)) as server:
        assert make_hasty_sender().send(server.url, HEADERS, BODY) == Delivered(200)
        assert 0.8 < time.monotonic() - began < 5


class Flood:
    """Answers with up to a gigabyte, and notes how much of it was taken."""

    def __init__(self, head: bytes) -> None:
        self.taken = 0
        self._head = head

    def __call__(self, connection: socket.socket) -> None:
        connection.settimeout(2)
        connection.sendall(self._head)
        block = b"x" * 65536
        while self.taken < 2**30:
            self.taken += connection.send(block)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
    ],
    ids=["told", "endless", "one chunk", "header"],
)
def test_a_gigabyte_of_answer_is_not_read(head):
    flood, read = Flood(head), Counted()
    with loopback(flood) as server:
        outcome = outcome_of(lambda: make_sender(connect=read).send(server.url, HEADERS, BODY))
    assert outcome in (Delivered(200), Reason.UNREADABLE)
    assert 0 < read.count <= 16 * 1024
    assert flood.taken < 2**24  # what the kernel's buffers hold


class Counted:
    """Connects, and counts what is read."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, address: tuple[str, int], patience: float) -> socket.socket:
        counted = self

        class Socket(socket.socket):
            def recv_into(self, *arguments: object) -> int:
                got = super().recv_into(*arguments)
                counted.count += got
                return got

        plain = socket.create_connection(address, patience)
        return Socket(fileno=plain.detach())


def outcome_of(call: Callable[[], Delivered]) -> Delivered | Reason:
    try:
        return call()
    except DeliveryFailed as failed:
        return failed.reason


def test_a_receiver_that_does_not_listen_to_the_end_is_given_up():
    began = time.monotonic()
    done = threading.Event()
    with loopback(lambda _connection: bool(done.wait(10))) as server:
        error = failure(server.url, make_hasty_sender(), body=b"x" * 2**26)
        done.set()
    assert error.reason is Reason.TIMEOUT
    assert time.monotonic() - began < 5


def test_a_receiver_that_never_greets_is_given_up(authority):
    began = time.monotonic()
    with loopback(hold) as server:
        url = server.url.replace("http:", "https:")
        sender = make_hasty_sender(trust=authority.trust())
        assert failure(url, sender).reason is Reason.TIMEOUT
    assert time.monotonic() - began < 5


def test_a_receiver_that_speaks_no_tls_is_a_failure(authority):
    with loopback(says(whole(b"ok"))) as server:
        url = server.url.replace("http:", "https:")
        assert failure(url, make_sender(trust=authority.trust())).reason is Reason.TLS


def test_a_name_server_that_hangs_is_given_up():
    done = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        done.wait(10)
        return []

    began = time.monotonic()
    assert failure(f"http://{NAME}/", make_hasty_sender(resolver=hang)).reason is Reason.TIMEOUT
    assert time.monotonic() - began < 5
    done.set()


def test_addresses_that_swallow_everything_do_not_add_up_beyond_the_deadline():
    def swallow(_address: tuple[str, int], patience: float) -> socket.socket:
        time.sleep(patience)
        raise TimeoutError

    names = Names(tuple(f"10.0.0.{n}" for n in range(1, 30)))
    sender = make_hasty_sender(resolver=names, connect=swallow, connect_seconds=0.3)
    began = time.monotonic()
    assert failure(f"http://{NAME}/", sender).reason is Reason.TIMEOUT
    assert time.monotonic() - began < 5


def test_one_receiver_serves_many_threads():
    with receiver() as psa:
        sender = make_sender()
        threads = [
            threading.Thread(target=sender.send, args=(psa.url, HEADERS, b"%d" % n))
            for n in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert {message.body for message in psa.received} == {b"%d" % n for n in range(16)}


def test_the_deadlines_are_those_that_are_promised():
    sender = Sender(SystemClock())
    promised = (sender._connect_seconds, sender._read_seconds, sender._total_seconds)
    assert promised == (5.0, 10.0, 15.0)
    assert not sender.allow_private
