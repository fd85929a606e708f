from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.schedule import LONGEST_ASKED, asked_delay, retry_delay, webhook_delay

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NONE = timedelta(0)
JITTERS = st.floats(0, 1, exclude_max=True)
ASKED = st.none() | st.timedeltas(NONE, timedelta(days=30))


@given(st.integers(-5, 10**9), JITTERS, ASKED)
def test_a_retry_always_waits_and_always_comes(attempts, jitter, asked):
    delay = retry_delay(attempts, jitter, asked)
    assert NONE < delay <= max(timedelta(hours=1), asked or NONE)


@given(st.integers(1, 50), JITTERS)
def test_retries_grow_apart_up_to_an_hour(attempts, jitter):
    assert retry_delay(attempts, jitter) <= retry_delay(attempts + 1, jitter)
    assert retry_delay(50, jitter) >= timedelta(minutes=30)


@given(st.integers(1, 50), JITTERS, st.timedeltas(NONE, timedelta(days=30)))
def test_no_retry_comes_sooner_than_asked(attempts, jitter, asked):
    assert retry_delay(attempts, jitter, asked) >= asked


def test_the_first_retry_comes_within_ten_seconds():
    assert retry_delay(1, 0.0) == timedelta(seconds=5)
    assert retry_delay(1, 0.999) <= timedelta(seconds=10)


def test_what_failed_together_does_not_return_together():
    assert retry_delay(3, 0.1) < retry_delay(3, 0.9)
    assert webhook_delay(3, 0.1) < webhook_delay(3, 0.9)


def test_a_message_is_tried_ten_times_as_the_standard_spaces_it():
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    spacing = [webhook_delay(attempts, 0.0) for attempts in range(10)]
    assert spacing == [
        NONE,
        timedelta(seconds=5),
        5 * minute,
        30 * minute,
        *(n * hour for n in (2, 5, 10, 14, 20, 24)),
    ]
    assert sum(spacing, NONE) == timedelta(days=3, hours=3, minutes=35, seconds=5)


@given(st.integers(10, 10**9), JITTERS, ASKED)
def test_a_message_is_given_up_after_its_tenth_failure(attempts, jitter, asked):
    assert webhook_delay(attempts, jitter, asked) is None


@given(st.integers(1, 9), JITTERS, ASKED)
def test_a_message_waits_no_shorter_than_the_standard_and_the_endpoint_ask(attempts, jitter, asked):
    least = webhook_delay(attempts, 0.0)
    delay = webhook_delay(attempts, jitter, asked)
    assert max(least, asked or NONE) <= delay <= max(least * 1.2, asked or NONE)


@given(st.integers(0, 8), JITTERS)
def test_the_tries_of_a_message_grow_apart(attempts, jitter):
    assert webhook_delay(attempts, jitter) <= webhook_delay(attempts + 1, 0.0)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", NONE),
        ("Mon, 02 Mar 2026 09:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 09:05:00 -0000", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", NONE),
        ("999999999", LONGEST_ASKED),
        ("Mon, 02 Mar 2099 09:05:00 GMT", LONGEST_ASKED),
        ("", None),
        ("-5", None),
        ("1e9", None),
        ("9999999999", None),
        ("١٢", None),
        ("soon", None),
    ],
)
def test_the_endpoint_may_ask_for_patience_but_not_for_ever(header, wait):
    assert asked_delay(header, NOW) == wait


@given(st.text())
def test_no_header_breaks_the_schedule(header):
    wait = asked_delay(header, NOW)
    assert wait is None or NONE <= wait <= LONGEST_ASKED
