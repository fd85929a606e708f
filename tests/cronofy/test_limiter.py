"""One limit for the whole application, people first and tenants in turn."""

import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calsync.clock import SystemClock
from calsync.cronofy.limiter import Lane, Limiter
from calsync.errors import RateLimited
from tests.cronofy.stage import FakeClock


def most_within(window: float, moments: list[float]) -> int:
    """Count the calls of the fullest window of that many seconds."""
    return max((sum(1 for m in moments if s <= m <= s + window) for s in moments), default=0)


steps = st.lists(
    st.tuples(st.sampled_from(Lane), st.sampled_from("abc"), st.floats(0, 3), st.integers(1, 40)),
    max_size=40,
)


@given(steps)
@settings(deadline=None, max_examples=60)
def test_no_window_ever_holds_more_calls_than_allowed(steps):
    clock = FakeClock()
    limiter = Limiter(clock)
    moments = []
    for lane, tenant, pause, calls in steps:
        clock.seconds += pause
        for _ in range(calls):
            limiter.acquire(lane, tenant, max_wait=1000)
            moments.append(clock.seconds)
    assert most_within(1.0, moments) <= 50
    assert most_within(60.0, moments) <= 500


@given(
    st.integers(1, 5),
    st.integers(1, 20),
    st.lists(st.one_of(st.floats(0, 0.2), st.floats(0, 40)), max_size=60),
)
@settings(deadline=None)
def test_small_limits_hold_as_well(per_second, per_minute, pauses):
    clock = FakeClock()
    limiter = Limiter(clock, per_second=per_second, per_minute=per_minute)
    moments = []
    for pause in pauses:
        clock.seconds += pause
        limiter.acquire(Lane.USER, "a", max_wait=1000)
        moments.append(clock.seconds)
    assert most_within(1.0, moments) <= per_second
    assert most_within(60.0, moments) <= per_minute


def test_the_first_calls_do_not_wait():
    clock = FakeClock()
    limiter = Limiter(clock)
    for _ in range(50):
        limiter.acquire(Lane.USER, "a", max_wait=0)
    assert clock.slept == []


def test_the_limit_is_used_and_not_just_kept():
    clock = FakeClock()
    limiter = Limiter(clock)
    for _ in range(1500):
        limiter.acquire(Lane.USER, "a", max_wait=100)
    assert clock.seconds < 135


def test_whoever_would_wait_too_long_is_told_at_once():
    clock = FakeClock()
    limiter = Limiter(clock, per_minute=1)
    limiter.acquire(Lane.USER, "a", max_wait=0)
    with pytest.raises(RateLimited) as raised:
        limiter.acquire(Lane.USER, "a", max_wait=10)
    assert clock.slept == []
    assert 50 < raised.value.retry_after.total_seconds() < 70
    assert not limiter.waiting


def test_a_backfill_leaves_a_share_of_the_minute_to_people():
    clock = FakeClock()
    limiter = Limiter(clock)
    for _ in range(350):
        limiter.acquire(Lane.BACKFILL, "a", max_wait=30)
    with pytest.raises(RateLimited):
        limiter.acquire(Lane.BACKFILL, "a", max_wait=10)
    before = clock.seconds
    for _ in range(50):
        limiter.acquire(Lane.USER, "b", max_wait=2)
    assert clock.seconds - before < 2


def test_a_pause_is_for_everybody_and_ends():
    clock = FakeClock()
    limiter = Limiter(clock)
    limiter.back_off(15)
    limiter.back_off(3)
    for lane in Lane:
        with pytest.raises(RateLimited):
            limiter.acquire(lane, "a", max_wait=10)
    limiter.acquire(Lane.BACKFILL, "a", max_wait=20)
    assert clock.seconds == pytest.approx(15)


class Turnstile:
    """Lets threads queue up behind a pause, and notes in which order they get through."""

    def __init__(self) -> None:
        self.limiter = Limiter(SystemClock())
        self.order: list[tuple[Lane, str]] = []
        self.threads: list[threading.Thread] = []
        self.lock = threading.Lock()
        self.limiter.back_off(0.4)

    def enter(self, lane: Lane, tenant: str) -> None:
        def wait() -> None:
            self.limiter.acquire(lane, tenant, max_wait=30)
            with self.lock:
                self.order.append((lane, tenant))

        thread = threading.Thread(target=wait)
        thread.start()
        self.threads.append(thread)

    def open(self) -> list[tuple[Lane, str]]:
        for thread in self.threads:
            thread.join()
        return self.order


@pytest.fixture
def slow(monkeypatch):
    """One call at a time, so that the order shows."""
    monkeypatch.setattr("calsync.cronofy.limiter._SECOND", 0.05)
    turnstile = Turnstile()
    turnstile.limiter.per_second = 1
    return turnstile


def test_people_go_before_sweeps_that_came_earlier(slow):
    for lane in (Lane.BACKFILL, Lane.POLL, Lane.PUSH, Lane.USER):
        for _ in range(2):
            slow.enter(lane, "a")
    assert [lane for lane, _ in slow.open()] == sorted([*Lane, *Lane])


def test_tenants_take_turns_however_much_one_of_them_asks(slow):
    for _ in range(6):
        slow.enter(Lane.POLL, "greedy")
    slow.enter(Lane.POLL, "modest")
    order = [tenant for _, tenant in slow.open()]
    assert order.index("modest") <= 1
    assert Counter(order) == {"greedy": 6, "modest": 1}


def test_eight_threads_share_one_limit():
    clock = FakeClock()
    limiter = Limiter(clock)
    moments: list[float] = []
    lock = threading.Lock()
    start = threading.Barrier(8)

    def work(tenant: str) -> None:
        start.wait()
        for _ in range(100):
            limiter.acquire(Lane.POLL, tenant, max_wait=10_000)

    class Watched(type(limiter._granted)):
        def append(self, moment: float) -> None:
            with lock:
                moments.append(moment)
            super().append(moment)

    limiter._granted = Watched(limiter._granted)
    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(moments) == 800
    assert most_within(1.0, moments) <= 50
    assert most_within(60.0, moments) <= 500


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Limiter(FakeClock(), per_second=0)
