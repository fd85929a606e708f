"""While Cronofy is away nobody waits for it, and one call now and then finds out."""

from datetime import timedelta
from socket import socket

import pytest

from calsync.cronofy.breaker import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MOST_FAILURES,
    Breaker,
)
from calsync.cronofy.transport import Answer, Transport
from calsync.errors import Unreachable, UnreadableAnswer
from calsync.metrics import CRONOFY_AWAY
from tests.cronofy.loopback import loopback, says
from tests.cronofy.stage import FakeClock

BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int = MOST_FAILURES) -> None:
    for _ in range(times):
        breaker.note(is_there=False)


def is_refused(breaker: Breaker) -> bool:
    try:
        breaker.ask()
    except Unreachable:
        return True
    return False


def test_who_is_refused_knows_when_to_come_again_and_that_nothing_was_sent(breaker: Breaker):
    fail(breaker)
    with pytest.raises(Unreachable) as refusal:
        breaker.ask()
    assert refusal.value.maybe_sent is False
    assert refusal.value.retry_after == timedelta(seconds=FIRST_PAUSE_SECONDS)


def test_a_few_failures_refuse_nobody(breaker: Breaker):
    fail(breaker, MOST_FAILURES - 1)
    assert not is_refused(breaker)


def test_an_answer_in_between_starts_the_count_anew(breaker: Breaker):
    fail(breaker, MOST_FAILURES - 1)
    breaker.note(is_there=True)
    fail(breaker, MOST_FAILURES - 1)
    assert not is_refused(breaker)


def test_one_failure_after_the_other_refuses_everybody_for_a_while(
    breaker: Breaker, clock: FakeClock
):
    fail(breaker)
    assert is_refused(breaker)
    clock.seconds += FIRST_PAUSE_SECONDS - 0.1
    assert is_refused(breaker)


def test_after_the_pause_one_call_finds_out_for_all(breaker: Breaker, clock: FakeClock):
    fail(breaker)
    clock.seconds += FIRST_PAUSE_SECONDS
    assert [is_refused(breaker) for _ in range(3)] == [False, True, True]
    breaker.note(is_there=True)
    assert not is_refused(breaker)


def test_each_try_in_vain_makes_the_pause_longer_up_to_a_minute(breaker: Breaker, clock: FakeClock):
    fail(breaker)
    pauses = []
    for _ in range(6):
        began = clock.seconds
        while is_refused(breaker):
            clock.seconds += 1
        pauses.append(clock.seconds - began)
        breaker.note(is_there=False)
    assert pauses == [5, 10, 20, 40, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


def test_calls_that_were_under_way_when_it_went_away_make_the_pause_no_longer(
    breaker: Breaker, clock: FakeClock
):
    fail(breaker, 2 * MOST_FAILURES)
    clock.seconds += FIRST_PAUSE_SECONDS
    assert not is_refused(breaker)


def test_who_tries_and_never_comes_back_keeps_nobody_out_for_good(
    breaker: Breaker, clock: FakeClock
):
    fail(breaker)
    clock.seconds += FIRST_PAUSE_SECONDS
    assert not is_refused(breaker)
    clock.seconds += FIRST_PAUSE_SECONDS
    assert not is_refused(breaker)


def test_whoever_operates_it_sees_that_cronofy_is_away(
    breaker: Breaker, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level("WARNING"):
        fail(breaker)
        assert CRONOFY_AWAY._value.get() == 1
        breaker.note(is_there=True)
        breaker.note(is_there=True)
    assert CRONOFY_AWAY._value.get() == 0
    assert [record.getMessage() for record in caplog.records] == ["cronofy away", "cronofy back"]


def test_who_answers_what_nobody_can_read_is_there(clock: FakeClock):
    transport = Transport(clock)

    def call(_ends_at: float) -> Answer:
        raise UnreadableAnswer("It is too long.")

    for _ in range(2 * MOST_FAILURES):
        with pytest.raises(UnreadableAnswer):
            transport.guard(call)


def test_after_a_long_outage_an_answer_that_nobody_can_read_ends_it(clock: FakeClock):
    transport = Transport(clock)

    def fail_once(_ends_at: float) -> Answer:
        raise Unreachable("Cronofy cannot be reached.", maybe_sent=False)

    def be_odd(_ends_at: float) -> Answer:
        raise UnreadableAnswer("It is too long.")

    for _ in range(MOST_FAILURES):
        with pytest.raises(Unreachable):
            transport.guard(fail_once)
    clock.seconds += FIRST_PAUSE_SECONDS
    for _ in range(2):
        with pytest.raises(UnreadableAnswer):
            transport.guard(be_odd)


def test_a_host_that_only_fails_is_left_alone_until_it_answers(clock: FakeClock):
    transport, said = Transport(clock, connect=1.0, read=1.0), [BUSY]

    def answer(connection: socket) -> None:
        says(said[0])(connection)

    with loopback(answer) as server:

        def call() -> int:
            return transport.send("GET", server.url, headers={}).status

        assert [call() for _ in range(MOST_FAILURES)] == [503] * MOST_FAILURES
        for _ in range(5):
            with pytest.raises(Unreachable):
                call()
        assert len(server.asked) == MOST_FAILURES
        clock.seconds += FIRST_PAUSE_SECONDS
        said[0] = FINE
        assert [call() for _ in range(3)] == [200] * 3
