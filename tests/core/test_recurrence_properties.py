"""Whatever the rule: we agree with recurring-ical-events, and local time stays put."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calsync.core import rule_days
from calsync.core.event import AllDay, Timed, Times
from calsync.core.recurrence import (
    Occurrence,
    Override,
    RuleError,
    expand,
    occurrences_with_overrides,
    parse_rule,
)
from tests.core.oracle import ask_oracle
from tests.core.rules import LIMITS, days, ranges, series


def is_skipped(occurrence: Occurrence) -> bool:
    """Tell whether the clocks of its zone skip the very time it should begin at."""
    if isinstance(occurrence.times, AllDay):
        return False
    shown = occurrence.times.start.astimezone(ZoneInfo(occurrence.times.zone))
    return shown.replace(tzinfo=None) != datetime.fromisoformat(occurrence.key)


def assert_same(ours: list[Occurrence], theirs: list[Times]) -> None:
    """Compare times, apart from the end of what begins in a skipped hour.

    The oracle leaves that end where the clock of that day has it, even before the start;
    we move it along with the start.
    """
    skipped = {each.times.start for each in ours if is_skipped(each)}
    assert [each.times.start if each.times.start in skipped else each.times for each in ours] == [
        each.start if each.start in skipped else each for each in theirs
    ]


@LIMITS
@given(st.data())
def test_a_series_takes_place_when_the_oracle_says(data):
    times, text = data.draw(series())
    start, end = data.draw(ranges(times))
    ours = list(expand(times, parse_rule(text, times), start, end))
    assert_same(ours, ask_oracle(times, text, start, end))


@LIMITS
@given(st.data())
def test_removed_and_moved_occurrences_are_where_the_oracle_says(data):
    times, text = data.draw(series())
    start, end = data.draw(ranges(times))
    rule = parse_rule(text, times)
    found = [each for each in expand(times, rule, start, end) if not is_skipped(each)]
    assume(found)
    chosen = data.draw(st.lists(st.sampled_from(found), max_size=4, unique_by=lambda o: o.key))
    overrides = [
        Override(each.key, is_removed=True)
        if data.draw(st.booleans())
        else Override(each.key, changes={"times": moved(each.times, data.draw(st.integers(-9, 9)))})
        for each in chosen
    ]
    ours = occurrences_with_overrides(times, rule, overrides, start, end)
    theirs = ask_oracle(times, text, start, end, overrides)
    by_hand = {each.key for each in overrides}
    skipped = {each.times.start for each in ours if each.key not in by_hand and is_skipped(each)}
    assert sorted(str(each.times.start) for each in ours) == sorted(
        str(each.start) for each in theirs
    )
    assert {each.times for each in ours if each.times.start not in skipped} == {
        each for each in theirs if each.start not in skipped
    }


def moved(times: Times, by: int) -> Times:
    if isinstance(times, AllDay):
        return AllDay(times.start + timedelta(days=by), times.end + timedelta(days=by + 10))
    shift = timedelta(hours=5 * by)
    return Timed(times.start + shift, times.end + shift + timedelta(minutes=30), times.zone)


@LIMITS
@given(st.data())
def test_local_time_never_moves_with_the_clocks(data):
    times, text = data.draw(series())
    assume(isinstance(times, Timed))
    start, end = data.draw(ranges(times))
    zone = ZoneInfo(times.zone)
    begins = times.start.astimezone(zone).time()
    for each in expand(times, parse_rule(text, times), start, end):
        assert datetime.fromisoformat(each.key).time() == begins
        assert is_skipped(each) or each.times.start.astimezone(zone).time() == begins


@LIMITS
@given(st.data())
def test_place_and_key_of_an_occurrence_do_not_depend_on_the_range(data):
    times, text = data.draw(series())
    rule = parse_rule(text, times)
    begins = datetime(times.start.year, times.start.month, times.start.day, tzinfo=UTC)
    ever = expand(times, rule, begins - timedelta(days=9), datetime(2400, 1, 1, tzinfo=UTC))
    known = {each.ordinal: each for each in islice(ever, 200)}
    assert list(known) == list(range(len(known)))
    start, end = data.draw(ranges(times))
    for each in expand(times, rule, start, end):
        if each.ordinal in known:
            assert known[each.ordinal] == each
        else:
            assert each.ordinal > max(known)


@LIMITS
@given(st.data())
def test_a_rule_says_the_same_when_its_text_is_read_again(data):
    times, text = data.draw(series())
    again = parse_rule(text, times)
    assert again.text == text
    assert parse_rule(f"rrule:{text.lower()}", times) == again


def test_the_oracle_notices_an_occurrence_too_many(monkeypatch):
    # The comparison above is worth something only if it can fail.
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    times = Timed(start, start + timedelta(hours=1), "Europe/London")
    span = (start, start + timedelta(days=30))
    rule = parse_rule("FREQ=DAILY;COUNT=5", times)
    theirs = ask_oracle(times, rule.text, *span)
    assert_same(list(expand(times, rule, *span)), theirs)
    between = rule_days._between
    monkeypatch.setattr(rule_days, "_between", lambda d, first, last: between(d, first + 1, last))
    with pytest.raises(AssertionError):
        assert_same(list(expand(times, rule, *span)), theirs)


def test_the_oracle_notices_an_hour(monkeypatch):
    start = datetime(2026, 3, 28, 9, tzinfo=UTC)
    times = Timed(start, start + timedelta(hours=1), "Europe/London")
    span = (start, start + timedelta(days=3))
    rule = parse_rule("FREQ=DAILY", times)
    late = [
        Occurrence(n, (start + n * timedelta(days=1)).isoformat()[:16], Timed(day, day, "Etc/UTC"))
        for n, day in enumerate(start + timedelta(days=n) for n in range(3))
    ]
    with pytest.raises(AssertionError):
        assert_same(late, ask_oracle(times, rule.text, *span))


@LIMITS
@given(st.text(alphabet="FREQ=DAILYBMOTHSUNKWZ;,-+0123456789", max_size=200), days)
def test_no_text_does_worse_than_a_reason(text, start):
    times = AllDay(start, start + timedelta(days=1))
    for value in (text, f"FREQ=DAILY;{text}", f"FREQ=YEARLY;BYYEARDAY={text}"):
        with suppress(RuleError):
            assert parse_rule(value, times).text


BOMBS = [
    "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2",
    "FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO;INTERVAL=999",
    "FREQ=DAILY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU,WE,TH,FR,SA,SU",
    "FREQ=DAILY;BYSETPOS=2;BYDAY=MO,TU,WE,TH,FR,SA,SU",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA;BYSETPOS=7",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    "FREQ=DAILY;UNTIL=24000101",
]


@pytest.mark.parametrize("text", BOMBS)
def test_a_bomb_costs_a_counted_number_of_steps(text, monkeypatch):
    first = date(2026, 3, 2)
    picked, judged = [], []
    pick, choose = rule_days._pick.__wrapped__, rule_days._days_of_year

    def count_pick(*kind):
        picked.append(kind)
        return pick(*kind)

    def count_year(rule, year):
        judged.append(year)
        return choose(rule, year)

    monkeypatch.setattr(rule_days, "_pick", count_pick)
    monkeypatch.setattr(rule_days, "_days_of_year", count_year)
    with pytest.raises(ValueError, match=r"never_occurs|too_many"):
        parse_rule(text, AllDay(first, first + timedelta(days=1)))
    # A hundred years, each looked at once, and once more for a week that crosses it.
    assert 1 <= len(judged) <= 2 * rule_days.PATIENCE
    assert len({kind[1:] for kind in picked}) <= 28


def test_twenty_years_of_days_are_counted_by_the_year(monkeypatch):
    start = datetime(2006, 3, 2, 9, tzinfo=UTC)
    times = Timed(start, start + timedelta(hours=1), "Europe/London")
    rule = parse_rule("FREQ=DAILY", times)
    struck = []
    monkeypatch.setattr(
        "calsync.core.recurrence.Clockwork.strike",
        lambda clockwork, day: struck.append(day) or ("", times),
    )
    week = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
    list(expand(times, rule, *week))
    assert len(struck) <= 7 + 7
