"""The days of the calendar: what stands where, and that nothing is lost."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed
from calsync.core.grid import (
    AGENDA_DAYS,
    MOST_IN_MONTH,
    DayCell,
    GridEntry,
    Placed,
    View,
    build_agenda,
    build_month,
    find_bounds,
    find_covered,
    list_days,
    place_in_days,
    step,
)
from tests.core.grid_entries import ENTRIES, LONDON, ZONES, make_all_day, make_timed, utc

MONDAY, SUNDAY = 0, 6
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def show(cells: list[DayCell]) -> list[list[str]]:
    """Return the titles of each day, with a dash for a slot that is kept free."""
    return [
        [placed.entry.title if placed else "-" for placed in cell.slots]
        + ([f"{cell.more} more"] if cell.more else [])
        for cell in cells
    ]


@given(ENTRIES, DAYS, st.sampled_from(ZONES), st.integers(0, 6))
def test_every_entry_of_the_month_is_in_its_days_or_counted(
    entries: list[GridEntry], day: date, zone: ZoneInfo, first_weekday: int
):
    for week in build_month(entries, day, zone, first_weekday):
        for cell in week:
            wanted = {
                entry.item_id
                for entry in entries
                if find_covered(entry, zone)[0] <= cell.day <= find_covered(entry, zone)[1]
            }
            shown = [placed.entry.item_id for placed in cell.slots if placed]
            assert {entry.item_id for entry in cell.entries} == wanted
            assert set(shown) <= wanted
            assert len(shown) == len(set(shown)) <= MOST_IN_MONTH
            assert len(shown) + cell.more == len(wanted)


@given(ENTRIES, DAYS, st.sampled_from(ZONES))
def test_an_entry_of_several_days_keeps_its_slot_for_the_whole_week(
    entries: list[GridEntry], day: date, zone: ZoneInfo
):
    for week in build_month(entries, day, zone, MONDAY):
        slots: dict[str, set[int]] = {}
        for cell in week:
            for number, placed in enumerate(cell.slots):
                if placed:
                    slots.setdefault(placed.entry.item_id, set()).add(number)
        assert all(len(used) == 1 for used in slots.values())


@given(ENTRIES, DAYS, st.randoms())
def test_the_order_does_not_depend_on_how_entries_arrive(
    entries: list[GridEntry], day: date, chance: object
):
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert build_month(entries, day, LONDON, MONDAY) == build_month(shuffled, day, LONDON, MONDAY)


@given(DAYS, st.integers(0, 6))
def test_a_month_has_whole_weeks_and_every_day_of_it(day: date, first_weekday: int):
    days = list_days(View.MONTH, day, first_weekday)
    assert len(days) % 7 == 0
    assert days[0].weekday() == first_weekday
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    last = step(View.MONTH, day, 1) - timedelta(days=1)
    assert last in days[-7:]
    assert day.replace(day=1) in days[:7]


@pytest.mark.parametrize("view", View)
@given(day=DAYS)
def test_next_and_previous_lead_past_each_other(view: View, day: date):
    forward = step(view, day, 1)
    assert forward > day
    back = step(view, forward, -1)
    assert back == (day.replace(day=1) if view is View.MONTH else day)


def test_months_end_where_they_should():
    assert step(View.MONTH, date(2026, 1, 31), 1) == date(2026, 2, 1)
    assert step(View.MONTH, date(2026, 3, 31), -1) == date(2026, 2, 1)
    february = list_days(View.MONTH, date(2027, 2, 10), MONDAY)
    assert len(february) == 28


def test_a_week_begins_when_the_reader_is_used_to():
    wednesday = date(2026, 11, 25)
    assert list_days(View.WEEK, wednesday, MONDAY)[0] == date(2026, 11, 23)
    assert list_days(View.WEEK, wednesday, SUNDAY)[0] == date(2026, 11, 22)


def test_the_agenda_looks_a_fortnight_ahead():
    assert len(list_days(View.AGENDA, date(2026, 11, 24), MONDAY)) == AGENDA_DAYS


def test_bars_line_up_and_single_entries_fill_the_gaps():
    days = [date(2026, 11, day) for day in (23, 24, 25)]
    entries = [
        make_timed("standup", utc(24, 9), utc(24, 10)),
        make_all_day("fair", 24, 26),
        make_all_day("holiday", 23, 25),
    ]
    assert show(place_in_days(entries, days, LONDON, 3)) == [
        ["holiday"],
        ["holiday", "fair", "standup"],
        ["-", "fair"],
    ]


def test_the_fourth_entry_of_a_day_is_counted():
    entries = [make_timed(f"at {hour}", utc(24, hour), utc(24, hour + 1)) for hour in range(9, 14)]
    (cell,) = place_in_days(entries, [date(2026, 11, 24)], LONDON, MOST_IN_MONTH)
    assert show([cell]) == [["at 9", "at 10", "at 11", "2 more"]]
    assert len(cell.entries) == 5


def test_a_bar_says_how_far_it_reaches_and_where_it_goes_on():
    days = [date(2026, 11, day) for day in (23, 24, 25)]
    cells = place_in_days([make_all_day("away", 20, 25)], days, LONDON, 3)
    first, second = (cell.slots[0] for cell in cells[:2])
    assert first == Placed(first.entry, days=2, is_begin=False, is_end=False)  # type: ignore[union-attr]
    assert second == Placed(first.entry, days=0, is_begin=False, is_end=True)  # type: ignore[union-attr]
    assert cells[2].slots == ()


def test_a_night_is_on_both_its_days():
    night = make_timed("night", utc(24, 22), utc(25, 6))
    assert find_covered(night, LONDON) == (date(2026, 11, 24), date(2026, 11, 25))


def test_what_ends_at_midnight_is_not_on_the_next_day():
    evening = make_timed("evening", utc(24, 20), utc(25, 0))
    assert find_covered(evening, LONDON) == (date(2026, 11, 24), date(2026, 11, 24))


def test_the_day_is_that_of_the_viewer_but_for_whole_days():
    tokyo = ZoneInfo("Asia/Tokyo")
    evening = make_timed("evening", utc(24, 20), utc(24, 21))
    assert find_covered(evening, tokyo) == (date(2026, 11, 25), date(2026, 11, 25))
    assert find_covered(make_all_day("off", 24, 25), tokyo)[0] == date(2026, 11, 24)


def test_the_agenda_leaves_out_empty_days():
    entries = [make_timed("one", utc(24, 9), utc(24, 10)), make_all_day("two", 26, 28)]
    days = list_days(View.AGENDA, date(2026, 11, 24), MONDAY)
    agenda = build_agenda(entries, days, LONDON)
    assert [(cell.day.day, [entry.title for entry in cell.entries]) for cell in agenda] == [
        (24, ["one"]),
        (26, ["two"]),
        (27, ["two"]),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(zone: str, day: date, hours: float):
    start, end = find_bounds([day], ZoneInfo(zone))
    assert end - start == timedelta(hours=hours)


def test_the_title_of_an_entry_stays_out_of_its_repr():
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    for times in (Timed(moment, moment), AllDay(date(2026, 11, 24), date(2026, 11, 25))):
        assert "canary" not in repr(GridEntry("1", None, "task", "canary", times, "open"))
