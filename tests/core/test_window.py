"""Cronofy's window, and the ranges of Retrieve."""

from datetime import UTC, date, datetime, timedelta

import pytest

from calsync.core.event import AllDay, Timed
from calsync.core.recurrence import View
from calsync.core.window import (
    DAYS_AHEAD,
    DAYS_BACK,
    FutureRange,
    PastRange,
    Window,
    retrieve_view,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WINDOW = Window(NOW)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = NOW.date()


def timed(start: datetime, length: timedelta = HOUR) -> Timed:
    return Timed(start, start + length)


def test_no_read_asks_for_more_than_cronofy_gives() -> None:
    assert (WINDOW.start_on, WINDOW.end_on) == (date(2026, 1, 19), date(2026, 9, 19))
    assert (TODAY - WINDOW.start_on).days == DAYS_BACK == 42
    assert (WINDOW.end_on - TODAY).days == DAYS_AHEAD == 201


def test_the_days_of_the_window_are_those_of_utc() -> None:
    late = datetime.fromisoformat("2026-03-02T23:30:00-05:00")
    assert Window(late).start_on == date(2026, 1, 20)


@pytest.mark.parametrize(
    ("times", "is_shown"),
    [
        (timed(WINDOW.start - HOUR), False),
        (timed(WINDOW.start - HOUR, HOUR + timedelta(seconds=1)), True),
        (timed(WINDOW.start, timedelta()), True),
        (timed(WINDOW.end - timedelta(seconds=1)), True),
        (timed(WINDOW.end), False),
        (timed(WINDOW.start - DAY, timedelta(days=400)), True),
        (AllDay(WINDOW.start_on - DAY, WINDOW.start_on), False),
        (AllDay(WINDOW.start_on - DAY, WINDOW.start_on + DAY), True),
        (AllDay(WINDOW.end_on - DAY, WINDOW.end_on), True),
        (AllDay(WINDOW.end_on, WINDOW.end_on + DAY), False),
    ],
)
def test_what_does_not_touch_the_window_is_not_looked_for_in_it(
    times: Timed | AllDay, *, is_shown: bool
) -> None:
    assert WINDOW.shows(times) is is_shown


def test_send_takes_along_what_lies_years_ahead_and_nothing_older_than_the_window() -> None:
    assert WINDOW.is_ahead(timed(NOW + timedelta(days=4_000)))
    assert WINDOW.is_ahead(timed(WINDOW.start))
    assert not WINDOW.is_ahead(timed(WINDOW.start - DAY))


@pytest.mark.parametrize(
    ("choice", "first"),
    [
        ("none", "2026-03-31"),
        ("1w", "2026-03-24"),
        ("2w", "2026-03-17"),
        ("1m", "2026-02-28"),
        ("6w", "2026-02-17"),
    ],
)
def test_a_past_range_begins_on_the_day_its_name_says(choice: str, first: str) -> None:
    assert PastRange(choice).start_on(date(2026, 3, 31)).isoformat() == first


@pytest.mark.parametrize(
    ("choice", "last"),
    [
        ("none", "2026-11-30"),
        ("1w", "2026-12-07"),
        ("2w", "2026-12-14"),
        ("1m", "2026-12-30"),
        ("3m", "2027-02-28"),
        ("6m", "2027-05-30"),
    ],
)
def test_a_future_range_ends_on_the_day_its_name_says(choice: str, last: str) -> None:
    assert FutureRange(choice).last_on(date(2026, 11, 30)).isoformat() == last


def test_no_choice_reaches_beyond_what_cronofy_keeps() -> None:
    for number in range(366):
        today = date(2027, 8, 1) + number * DAY
        assert min(each.start_on(today) for each in PastRange) >= today - DAYS_BACK * DAY
        assert max(each.last_on(today) for each in FutureRange) < today + DAYS_AHEAD * DAY


def test_retrieve_goes_from_midnight_to_midnight_where_the_user_is() -> None:
    view = retrieve_view(PastRange.ONE_WEEK, FutureRange.ONE_MONTH, NOW, "America/New_York")
    assert view == View(
        datetime.fromisoformat("2026-02-23T05:00+00:00"),
        datetime.fromisoformat("2026-04-03T04:00+00:00"),
        "America/New_York",
    )


def test_past_and_future_items_meet_at_this_moment() -> None:
    before, after = timed(NOW - 2 * HOUR), timed(NOW + HOUR)
    now = timed(NOW - HOUR, 2 * HOUR)
    today = AllDay(TODAY, TODAY + DAY)
    past = retrieve_view(PastRange.ONE_WEEK, FutureRange.NONE, NOW, "Europe/London")
    future = retrieve_view(PastRange.NONE, FutureRange.ONE_WEEK, NOW, "Europe/London")
    assert past is not None
    assert future is not None
    assert [past.shows(times) for times in (before, now, today, after)] == [True, True, True, False]
    assert [future.shows(times) for times in (before, now, today, after)] == [
        False,
        True,
        True,
        True,
    ]


def test_nothing_past_and_nothing_ahead_retrieves_nothing() -> None:
    assert retrieve_view(PastRange.NONE, FutureRange.NONE, NOW, "Europe/London") is None
