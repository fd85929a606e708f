"""Moving a series by one of its occurrences: whatever is moved, and wherever to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from calsync.core.clockwork import Clockwork
from calsync.core.event import AllDay, Timed, Times
from calsync.core.recurrence import Occurrence, Override, expand, parse_rule
from calsync.core.rule import RuleError
from calsync.core.series import Series, edit_all, edit_this, split_following
from calsync.core.series_moves import move_all, move_following, move_rule
from tests.core.rules import DAYS, LIMITS, days
from tests.core.rules import series as made_up
from tests.core.rules import times as any_times
from tests.core.test_series import (
    EVER,
    draw_series,
    is_on_the_clock,
    overridden,
    taking_place,
)

FEW = 12
#: Rules that follow their first occurrence to any day there is.
PLAIN = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;COUNT=9",
        "FREQ=WEEKLY;BYDAY={day}",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY={day}",
    ]
)


def wall_of(times: Times) -> tuple[str, timedelta]:
    """Return the time of day at which something starts, and how long it is by the clock."""
    if isinstance(times, AllDay):
        return "", times.end - times.start
    start, end = (m.astimezone(ZoneInfo(times.zone)).replace(tzinfo=None, fold=0)
                  for m in (times.start, times.end))  # fmt: skip
    return f"{start:%H:%M}", end - start


def first_of(series: Series, count: int = FEW) -> list[Occurrence]:
    return list(islice(expand(series.times, series.rule, *EVER), count))


def day_of(times: Times) -> date:
    return Clockwork(times).first


def is_plain(times: Times) -> bool:
    """Tell whether neither end is in an hour that comes twice, which no clock can say."""
    if isinstance(times, AllDay):
        return True
    zone = ZoneInfo(times.zone)
    return not any(m.astimezone(zone).fold for m in (times.start, times.end))


@LIMITS
@given(made_up(), st.integers(1, FEW), any_times)
def test_all_of_a_series_go_as_many_days_as_the_shown_one_and_take_its_clock(made, at, wanted):
    times, text = made
    shown = first_of(Series(times, parse_rule(text, times)), at)[-1].times
    assume(is_plain(wanted) and wanted != shown)
    moved = move_all(times, shown, wanted)
    assert type(moved) is type(wanted)
    assert day_of(moved) - day_of(times) == day_of(wanted) - day_of(shown)
    if isinstance(moved, AllDay):
        assert wall_of(moved) == wall_of(wanted)
        return
    assert moved.zone == wanted.zone
    # On a day whose clocks change, the hour may be skipped; on every other it is the one asked for.
    midnight = datetime.combine(day_of(moved), datetime.min.time())
    noon = [
        midnight.replace(tzinfo=ZoneInfo(moved.zone)) + timedelta(days=d) for d in (-1, 1, 2, 4)
    ]
    if len({moment.utcoffset() for moment in noon}) == 1:
        assert wall_of(moved) == wall_of(wanted)


@LIMITS
@given(made_up(), st.integers(1, FEW))
def test_all_of_a_series_stay_where_the_shown_one_does(made, at):
    times, text = made
    rule = parse_rule(text, times)
    shown = first_of(Series(times, rule), at)[-1].times
    assert move_all(times, shown, shown) == times
    assert move_rule(rule, times, times) == rule.text


@LIMITS
@given(made_up(), any_times)
def test_the_local_time_of_a_series_never_moves_with_the_clocks(made, wanted):
    times, text = made
    rule = parse_rule(text, times)
    assume(is_plain(wanted))
    moved = move_all(times, times, wanted)
    try:
        series = Series(moved, parse_rule(move_rule(rule, times, moved), moved))
    except RuleError:  # where the new days have none: it is refused at the field
        return
    clock = wall_of(moved)[0]
    for each in first_of(series, 40)[1:]:
        if isinstance(each.times, AllDay) or is_on_the_clock(each.times, each.key):
            assert wall_of(each.times)[0] == clock, each
        assert each.key[11:16] == clock


@LIMITS
@given(any_times, PLAIN, st.integers(1, FEW), st.integers(-3, 3))
def test_what_is_moved_by_days_takes_place_so_many_days_later(times, text, at, by):
    rule = parse_rule(text.format(day=DAYS[day_of(times).weekday()]), times)
    series = Series(times, rule)
    found = first_of(series)
    at = min(at, len(found))
    shown = found[at - 1]
    assume(is_on_the_clock(shown.times, shown.key))
    wanted = shifted(shown.times, timedelta(days=by))
    assume(wanted is not None)
    moved = move_all(times, shown.times, wanted)
    again = Series(moved, parse_rule(move_rule(rule, times, moved), moved))
    before = [date.fromisoformat(each.key[:10]) for each in found]
    after = [date.fromisoformat(each.key[:10]) for each in first_of(again, len(found))]
    assert after == [day + timedelta(days=by) for day in before]


def shifted(times: Times, by: timedelta) -> Times | None:
    """Return times so many days later by the clock, or None where the clocks say otherwise."""
    if isinstance(times, AllDay):
        return AllDay(times.start + by, times.end + by)
    zone = ZoneInfo(times.zone)
    walls = [m.astimezone(zone).replace(tzinfo=None, fold=0) + by for m in (times.start, times.end)]
    start, end = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls)
    backs = [m.astimezone(zone).replace(tzinfo=None, fold=0) for m in (start, end)]
    return Timed(start, end, times.zone) if backs == walls and start <= end else None


@LIMITS
@given(st.data())
def test_of_this_and_following_the_earlier_ones_stay_and_the_later_ones_go_along(data):
    series, found = draw_series(data)
    at = data.draw(st.sampled_from(found[1:]))
    assume(is_on_the_clock(at.times, at.key))
    by = timedelta(days=data.draw(st.integers(-3, 3)))
    wanted = shifted(at.times, by)
    assume(wanted is not None)
    head, tail = split_following(series, at.key)
    text = move_following(series, at.key, wanted)
    assert [o.times for o in taking_place(head, far(found))] == [
        o.times for o in found if o.ordinal < at.ordinal
    ]
    try:
        rule = parse_rule(text, wanted)
    except RuleError:  # where the new days have none: it is refused at the field
        return
    moved = edit_all(tail, wanted, rule, {"times", "rule"})
    assert moved.times == wanted
    assert (rule.count, rule.interval, rule.frequency) == (
        tail.rule.count, tail.rule.interval, tail.rule.frequency,
    )  # fmt: skip
    if not by:
        assert text == tail.rule.text


def far(found: list[Occurrence]) -> datetime:
    last = found[-1].times.end
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=2)


@LIMITS
@given(st.data())
def test_the_rule_goes_along_at_the_first_one_as_with_all(data):
    series, _ = draw_series(data)
    day = data.draw(days)
    wanted = AllDay(day, day + timedelta(days=1))
    key = first_of(series, 1)[0].key
    assert move_following(series, key, wanted) == move_rule(series.rule, series.times, wanted)


@LIMITS
@given(st.data())
def test_one_that_is_moved_alone_leaves_the_others_where_they_are(data):
    series, found = draw_series(data)
    series = overridden(data, series, found)
    at = data.draw(st.sampled_from(found))
    day = data.draw(days)
    wanted = AllDay(day, day + timedelta(days=1))
    moved = edit_this(series, at.key, {"times": wanted})
    others = [each for each in moved.overrides if each.key != at.key]
    assert others == [each for each in series.overrides if each.key != at.key]
    assert (moved.times, moved.rule) == (series.times, series.rule)
    [own] = [each for each in moved.overrides if each.key == at.key]
    before = next((each.changes for each in series.overrides if each.key == at.key), {})
    assert own == Override(at.key, changes={**before, "times": wanted})


@LIMITS
@given(st.data())
def test_what_was_done_by_hand_keeps_its_place_wherever_the_series_goes(data):
    series, found = draw_series(data)
    series = overridden(data, series, found)
    shown = data.draw(st.sampled_from(found)).times
    wanted = data.draw(any_times)
    assume(is_plain(wanted) and wanted != shown)
    moved = move_all(series.times, shown, wanted)
    try:
        rule = parse_rule(move_rule(series.rule, series.times, moved), moved)
        edited = edit_all(series, moved, rule, {"times"})
    except RuleError:  # nothing would be left, or take place: it is refused at the field
        return
    old = {each.key: each.ordinal for each in found}
    new = {each.key: each.ordinal for each in first_of(replace(edited, overrides=()), 40)}
    by_place = {old[each.key]: each for each in series.overrides}
    for each in edited.overrides:
        assume(each.key in new)
        was = by_place[new[each.key]]
        # Removed ones stay removed; changed ones keep what the move did not touch.
        assert each.is_removed == was.is_removed
        kept = {name: value for name, value in was.changes.items() if name != "times"}
        assert each.changes == kept
