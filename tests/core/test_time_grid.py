"""The hours of the calendar: lanes, rows, and the days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.event import Timed
from calsync.core.grid import GridEntry, View, find_covered, list_days
from calsync.core.time_grid import (
    LEAST_ROWS,
    MOST_LANES,
    Block,
    TimeGrid,
    build_time_grid,
    is_on_top,
)
from tests.core.grid_entries import ENTRIES, LONDON, ZONES, make_all_day, make_timed, utc

TUESDAY = date(2026, 11, 24)
WEEKS = st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25)])


def build(entries: list[GridEntry], *days: date, zone: ZoneInfo = LONDON) -> TimeGrid:
    return build_time_grid(entries, days or [TUESDAY], zone, most_on_top=5)


def local(zone: ZoneInfo, day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    wall = datetime(day.year, day.month, day.day, hour, minute, fold=fold, tzinfo=zone)
    return wall.astimezone(UTC)


def say_times(grid: TimeGrid, block: Block) -> tuple[str, str]:
    """Return the wall times of a block's first and last quarter."""
    rows = grid.rows[block.first_row], grid.rows[block.end_row - 1]
    first, last = (f"{row.minute // 60:02}:{row.minute % 60:02}" + "*" * row.fold for row in rows)
    return first, last


@given(ENTRIES, WEEKS, st.sampled_from(ZONES))
def test_no_two_entries_share_a_lane_at_the_same_time(
    entries: list[GridEntry], day: date, zone: ZoneInfo
):
    grid = build(entries, *list_days(View.WEEK, day, 0), zone=zone)
    for column in grid.columns:
        for one, other in combinations(column.blocks, 2):
            if one.lane == other.lane:
                assert one.end_row <= other.first_row or other.end_row <= one.first_row


@given(ENTRIES, WEEKS, st.sampled_from(ZONES))
def test_every_entry_of_a_day_is_drawn_or_counted(
    entries: list[GridEntry], day: date, zone: ZoneInfo
):
    grid = build(entries, *list_days(View.WEEK, day, 0), zone=zone)
    for column in grid.columns:
        wanted = sum(
            1
            for entry in entries
            if find_covered(entry, zone)[0] <= column.day <= find_covered(entry, zone)[1]
        )
        on_top = sum(1 for placed in column.top.slots if placed) + column.top.more
        drawn = len({block.entry.item_id for block in column.blocks})
        assert drawn == len(column.blocks)
        assert on_top + drawn + sum(more.count for more in column.more) == wanted


@given(ENTRIES, WEEKS, st.sampled_from(ZONES))
def test_every_block_is_inside_the_rows_and_its_lanes(
    entries: list[GridEntry], day: date, zone: ZoneInfo
):
    grid = build(entries, *list_days(View.WEEK, day, 0), zone=zone)
    for column in grid.columns:
        for block in column.blocks:
            assert 0 <= block.first_row < block.end_row <= len(grid.rows)
            assert block.end_row - block.first_row >= LEAST_ROWS
            assert 0 <= block.lane < min(block.lanes, MOST_LANES)
            assert block.lanes <= MOST_LANES + 1
        for more in column.more:
            assert 0 <= more.first_row < more.end_row <= len(grid.rows)


@given(ENTRIES, WEEKS, st.sampled_from(ZONES))
def test_a_timed_entry_begins_in_the_row_of_its_own_wall_time(
    entries: list[GridEntry], day: date, zone: ZoneInfo
):
    grid = build(entries, *list_days(View.WEEK, day, 0), zone=zone)
    for column in grid.columns:
        for block in column.blocks:
            row, times = grid.rows[block.first_row], block.entry.times
            assert isinstance(times, Timed)
            wall = times.start.astimezone(zone)
            if block.is_begin and row.minute < 23 * 60 + 30:
                assert row.minute <= wall.hour * 60 + wall.minute < row.minute + 15
                assert block.first_row not in column.skipped


@given(ENTRIES, WEEKS, st.randoms())
def test_the_order_does_not_depend_on_how_entries_arrive(
    entries: list[GridEntry], day: date, chance: object
):
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    days = list_days(View.WEEK, day, 0)
    assert build(entries, *days) == build(shuffled, *days)


def test_an_empty_day_shows_the_working_day():
    grid = build([])
    assert [grid.rows[0].minute, grid.rows[-1].minute] == [7 * 60, 19 * 60 - 15]
    assert [grid.rows[number].minute // 60 for number in grid.labelled] == list(range(7, 19))


def test_the_hours_widen_for_what_lies_outside():
    early = make_timed("early", utc(24, 5, 40), utc(24, 6))
    grid = build([early, make_timed("late", utc(24, 21), utc(24, 21, 10))])
    assert [grid.rows[0].minute, grid.rows[-1].minute] == [5 * 60, 22 * 60 - 15]


def test_a_night_is_cut_at_midnight():
    grid = build([make_timed("night", utc(24, 22), utc(25, 6))], TUESDAY, date(2026, 11, 25))
    (evening,), (morning,) = (column.blocks for column in grid.columns)
    assert say_times(grid, evening) == ("22:00", "23:45")
    assert say_times(grid, morning) == ("00:00", "05:45")
    assert (evening.is_begin, evening.is_end) == (True, False)
    assert (morning.is_begin, morning.is_end) == (False, True)


def test_what_takes_a_day_or_longer_stands_on_top():
    assert is_on_top(make_all_day("off", 24, 25))
    assert is_on_top(make_timed("on call", utc(24, 8), utc(25, 8)))
    assert not is_on_top(make_timed("night", utc(24, 8), utc(25, 7)))


def test_a_moment_is_half_an_hour_high_and_stays_on_its_day():
    grid = build([make_timed("now", utc(24, 23, 59), utc(24, 23, 59))])
    (block,) = grid.columns[0].blocks
    assert say_times(grid, block) == ("23:30", "23:45")


def test_neighbours_do_not_overlap():
    first = make_timed("a", utc(24, 9), utc(24, 10))
    grid = build([first, make_timed("b", utc(24, 10), utc(24, 11))])
    assert [(block.lane, block.lanes) for block in grid.columns[0].blocks] == [(0, 1), (0, 1)]


def test_from_the_sixth_lane_on_entries_are_counted():
    many = [make_timed(f"{n}", utc(24, 9), utc(24, 10)) for n in range(7)]
    (column,) = build([*many, make_timed("alone", utc(24, 15), utc(24, 16))]).columns
    crowd = [block for block in column.blocks if block.lanes > 1]
    assert [(block.lane, block.lanes) for block in crowd] == [(n, 6) for n in range(5)]
    (more,) = column.more
    assert (more.count, more.first_row, more.end_row) == (2, 8, 12)
    assert [block.entry.title for block in column.blocks if block.lanes == 1] == ["alone"]


#: A zone, the day on which its clock goes back, the stretch that is repeated, the day on which
#: it goes forward, and the stretch that is missing; stretches in minutes.
CHANGES = [
    ("Europe/London", date(2026, 10, 25), (60, 120), date(2026, 3, 29), (60, 120)),
    ("America/New_York", date(2026, 11, 1), (60, 120), date(2026, 3, 8), (120, 180)),
    ("Australia/Lord_Howe", date(2026, 4, 5), (90, 120), date(2026, 10, 4), (120, 150)),
]
Stretch = tuple[int, int]


@pytest.mark.parametrize(("name", "day", "stretch"), [change[:3] for change in CHANGES])
def test_the_repeated_time_is_there_and_labelled_twice(name: str, day: date, stretch: Stretch):
    zone = ZoneInfo(name)
    midnight = make_timed("m", local(zone, day, 0), local(zone, day, 0, 30))
    grid = build([midnight], day, zone=zone)
    assert [row.minute for row in grid.rows if row.fold] == list(range(*stretch, 15))
    labels = [grid.rows[number] for number in grid.labelled]
    twice = [row for row in labels if row.minute == stretch[0]]
    assert [row.fold for row in twice] == [0, 1]
    assert twice[0].zone_name != twice[1].zone_name
    assert grid.columns[0].skipped == frozenset()


@pytest.mark.parametrize(("name", "day", "stretch"), [change[:3] for change in CHANGES])
def test_half_an_hour_over_the_change_takes_rows_of_both_runs(
    name: str, day: date, stretch: Stretch
):
    zone = ZoneInfo(name)
    start = local(zone, day, 1, 45)
    grid = build([make_timed("call", start, start + timedelta(minutes=30))], day, zone=zone)
    (block,) = grid.columns[0].blocks
    assert block.end_row - block.first_row == 2
    begin = f"{stretch[0] // 60:02}:{stretch[0] % 60:02}"
    assert say_times(grid, block) == ("01:45", f"{begin}*")


@pytest.mark.parametrize(
    ("name", "day", "stretch"), [(change[0], *change[3:]) for change in CHANGES]
)
def test_the_missing_time_is_marked_on_its_day_only(name: str, day: date, stretch: Stretch):
    zone = ZoneInfo(name)
    day_before = day - timedelta(days=1)
    early = make_timed("m", local(zone, day_before, 0), local(zone, day_before, 1))
    before, change = build([early], day_before, day, zone=zone).columns
    assert before.skipped == frozenset()
    assert sorted(change.skipped) == [minute // 15 for minute in range(*stretch, 15)]


def test_days_beside_the_change_leave_the_repeated_rows_empty():
    sunday, saturday = date(2026, 10, 25), date(2026, 10, 24)
    early = make_timed("early", local(LONDON, saturday, 1), local(LONDON, saturday, 2))
    grid = build([early], saturday, sunday)
    before, change = grid.columns
    assert len(before.skipped) == 4
    assert change.skipped == frozenset()
    assert say_times(grid, before.blocks[0]) == ("01:00", "01:45")


def test_a_day_that_a_place_left_out_has_no_hours():
    apia = ZoneInfo("Pacific/Apia")
    (column,) = build([], date(2011, 12, 30), zone=apia).columns
    assert len(column.skipped) == 12 * 4
