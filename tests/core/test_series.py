"""Editing one, the following or all of a series: nothing done by hand is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed, Times
from calsync.core.recurrence import (
    Occurrence,
    Override,
    RuleError,
    RuleFault,
    expand,
    occurrences_with_overrides,
    parse_rule,
)
from calsync.core.series import (
    Series,
    edit_all,
    edit_this,
    follow_start,
    pair_keys,
    remove_this,
    split_following,
)
from tests.core.rules import LIMITS
from tests.core.rules import series as made_up

EVER = (datetime(2010, 1, 1, tzinfo=UTC), datetime(2400, 1, 1, tzinfo=UTC))
#: Where the made-up series below are cut: the first so many, however far apart.
MANY = 40


def timed(start: str, hours: int = 1, zone: str = "Europe/London") -> Timed:
    moment = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Timed(moment, moment + timedelta(hours=hours), zone)


def a_series(rule: str, start: str = "2026-03-02T09:00", *overrides: Override) -> Series:
    times = timed(start)
    return Series(times, parse_rule(rule, times), overrides)


def taking_place(
    series: Series, until: datetime = datetime(2027, 1, 1, tzinfo=UTC)
) -> list[Occurrence]:
    return occurrences_with_overrides(series.times, series.rule, series.overrides, EVER[0], until)


def keys(series: Series) -> list[str]:
    return [occurrence.key for occurrence in taking_place(series)]


def code_of(refused: pytest.ExceptionInfo[RuleError]) -> RuleFault:
    return refused.value.code


def test_one_occurrence_changes_alone():
    later = timed("2026-03-03T15:00")
    changed = edit_this(a_series("FREQ=DAILY;COUNT=3"), "2026-03-03T09:00", {"times": later})
    changed = edit_this(changed, "2026-03-03T09:00", {"subject": "Moved"})
    found = taking_place(changed)
    assert [each.times.start.hour for each in found] == [9, 15, 9]
    assert found[1].changes == {"subject": "Moved"}


def test_the_first_occurrence_can_be_removed():
    series = remove_this(a_series("FREQ=DAILY;COUNT=3"), "2026-03-02T09:00")
    assert [each.ordinal for each in taking_place(series)] == [1, 2]


def test_a_removed_occurrence_comes_back_when_it_is_changed():
    series = remove_this(a_series("FREQ=DAILY;COUNT=3"), "2026-03-03T09:00")
    assert len(keys(edit_this(series, "2026-03-03T09:00", {"subject": "Again"}))) == 3


def test_the_last_one_left_cannot_be_removed():
    series = a_series("FREQ=DAILY;COUNT=2")
    series = remove_this(series, "2026-03-02T09:00")
    with pytest.raises(RuleError) as refused:
        remove_this(series, "2026-03-03T09:00")
    assert code_of(refused) is RuleFault.EMPTY


def test_what_is_no_occurrence_cannot_be_edited():
    series = a_series("FREQ=WEEKLY")
    for key in ("2026-03-03T09:00", "2026-03-02T10:00", "2026-02-23T09:00", "", "x" * 99):
        for edit in (remove_this, split_following, lambda s, k: edit_this(s, k, {})):
            with pytest.raises(RuleError) as refused:
                edit(series, key)
            assert code_of(refused) is RuleFault.UNKNOWN_OCCURRENCE


def test_this_and_following_begins_where_the_head_ends():
    series = a_series(
        "FREQ=DAILY;COUNT=5",
        "2026-03-02T09:00",
        Override("2026-03-03T09:00", is_removed=True),
        Override("2026-03-05T09:00", changes={"subject": "Late"}),
    )
    head, tail = split_following(series, "2026-03-04T09:00")
    assert head.rule.text == "FREQ=DAILY;UNTIL=20260303T235959Z"
    assert tail.rule.text == "FREQ=DAILY;COUNT=3"
    assert tail.times == timed("2026-03-04T09:00")
    assert [each.key for each in head.overrides] == ["2026-03-03T09:00"]
    assert [each.key for each in tail.overrides] == ["2026-03-05T09:00"]


def test_a_split_keeps_the_count_where_the_first_is_beside_its_rule():
    series = a_series("FREQ=WEEKLY;COUNT=3;BYDAY=TU")
    head, tail = split_following(series, "2026-03-03T09:00")
    assert keys(head) == ["2026-03-02T09:00"]
    assert keys(tail) == ["2026-03-03T09:00", "2026-03-10T09:00", "2026-03-17T09:00"]


def test_this_and_following_of_the_first_is_all():
    with pytest.raises(RuleError) as refused:
        split_following(a_series("FREQ=DAILY"), "2026-03-02T09:00")
    assert code_of(refused) is RuleFault.EMPTY


def test_an_edit_of_all_pairs_by_place_and_keeps_what_it_did_not_touch():
    series = a_series(
        "FREQ=DAILY;COUNT=4",
        "2026-03-02T09:00",
        Override("2026-03-03T09:00", is_removed=True),
        Override(
            "2026-03-04T09:00", changes={"times": timed("2026-03-09T09:00"), "subject": "By hand"}
        ),
        Override("2026-03-05T09:00", changes={"times": timed("2026-03-09T11:00")}),
    )
    times = timed("2026-03-02T14:00")
    edited = edit_all(series, times, parse_rule("FREQ=WEEKLY;COUNT=4", times), {"times", "rule"})
    assert edited.overrides == (
        Override("2026-03-09T14:00", is_removed=True),
        Override("2026-03-16T14:00", changes={"subject": "By hand"}),
    )


def test_an_edit_of_the_words_leaves_moved_occurrences_where_they_are():
    moved = Override("2026-03-03T09:00", changes={"times": timed("2026-03-09T09:00")})
    series = a_series("FREQ=DAILY;COUNT=4", "2026-03-02T09:00", moved)
    assert edit_all(series, series.times, series.rule, {"subject"}) == series


def test_what_has_no_counterpart_after_an_edit_of_all_is_dropped():
    series = a_series(
        "FREQ=DAILY;COUNT=4", "2026-03-02T09:00", Override("2026-03-05T09:00", is_removed=True)
    )
    shorter = parse_rule("FREQ=DAILY;COUNT=2", series.times)
    assert edit_all(series, series.times, shorter, {"rule"}).overrides == ()


def test_an_edit_of_all_that_leaves_nothing_is_refused():
    series = remove_this(a_series("FREQ=DAILY;COUNT=2"), "2026-03-02T09:00")
    with pytest.raises(RuleError) as refused:
        edit_all(series, series.times, parse_rule("FREQ=DAILY;COUNT=1", series.times), {"rule"})
    assert code_of(refused) is RuleFault.EMPTY


@pytest.mark.parametrize(
    ("rule", "start", "moved_to", "becomes"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", "2026-03-03", "FREQ=WEEKLY;BYDAY=TU"),
        ("FREQ=WEEKLY;BYDAY=MO,TH", "2026-03-02", "2026-03-01", "FREQ=WEEKLY;BYDAY=WE,SU"),
        ("FREQ=WEEKLY", "2026-03-02", "2026-03-03", "FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=2", "2026-03-02", "2026-03-05", "FREQ=MONTHLY;BYMONTHDAY=5"),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-03-02", "2026-03-10", "FREQ=MONTHLY;BYDAY=2TU"),
        ("FREQ=MONTHLY;BYDAY=-1MO", "2026-03-30", "2026-03-31", "FREQ=MONTHLY;BYDAY=-1TU"),
        ("FREQ=MONTHLY;BYDAY=-1MO", "2026-03-30", "2026-04-01", "FREQ=MONTHLY;BYDAY=1WE"),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=2",
            "2026-03-02",
            "2026-04-05",
            "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=5",
        ),
        ("FREQ=DAILY;UNTIL=20260305", "2026-03-02", "2026-03-03", "FREQ=DAILY;UNTIL=20260306"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", "2026-03-02", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=DAILY;BYMONTH=3", "2026-03-02", "2026-03-03", "FREQ=DAILY;BYMONTH=3"),
    ],
)
def test_the_rule_follows_its_first_occurrence_to_another_day(rule, start, moved_to, becomes):
    old, new = (
        AllDay(date.fromisoformat(day), date.fromisoformat(day) + timedelta(days=1))
        for day in (start, moved_to)
    )
    assert follow_start(old, parse_rule(rule, old), new).text == becomes


def draw_series(data: st.DataObject) -> tuple[Series, list[Occurrence]]:
    """Make up a series of two to forty occurrences that can be edited at any of them."""
    times, text = data.draw(made_up())
    rule = parse_rule(text, times)
    found = list(islice(expand(times, rule, *EVER), MANY))
    assume(len(found) > 1)
    return Series(times, rule), found


def overridden(data: st.DataObject, series: Series, found: list[Occurrence]) -> Series:
    """Change some occurrences by hand, but never remove all."""
    chosen = data.draw(
        st.lists(st.sampled_from(found[1:]), max_size=5, unique_by=lambda each: each.key)
    )
    changes = [{}, {"subject": "By hand"}, {"subject": "Both", "times": AllDay(*A_DAY)}]
    overrides = [
        Override(each.key, not change, change)
        for each, change in ((each, data.draw(st.sampled_from(changes))) for each in chosen)
    ]
    return replace(series, overrides=tuple(overrides))


A_DAY = (date(2030, 1, 1), date(2030, 1, 2))


def is_on_the_clock(times: Times, key: str) -> bool:
    """Tell whether the zone of the times has the hour of the key on that day."""
    if isinstance(times, AllDay):
        return True
    shown = times.start.astimezone(ZoneInfo(times.zone)).replace(tzinfo=None, second=0)
    return shown == datetime.fromisoformat(key)


@LIMITS
@given(st.data())
def test_what_is_split_takes_place_as_before(data):
    series, found = draw_series(data)
    at = data.draw(st.sampled_from(found[1:]))
    assume(is_on_the_clock(at.times, at.key))
    series = overridden(data, series, found)
    head, tail = split_following(series, at.key)

    def seen(part: Series) -> list[tuple[str, Times, str]]:
        # Without ordinals: the tail counts from its own beginning.
        return [(o.key, o.times, str(o.changes)) for o in taking_place(part, until)]

    last = found[-1].times.end
    until = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=2)

    whole = seen(series)
    assert sorted(map(str, seen(head) + seen(tail))) == sorted(map(str, whole))
    assert all(key < at.key for key, _, _ in seen(head))
    assert parse_rule(tail.rule.text, tail.times) == tail.rule
    assert parse_rule(head.rule.text, head.times) == head.rule


@LIMITS
@given(st.data())
def test_an_edit_of_all_keeps_the_place_of_everything_done_by_hand(data):
    series, found = draw_series(data)
    series = overridden(data, series, found)
    new_times, text = data.draw(made_up())
    new_rule = parse_rule(text, new_times)
    try:
        edited = edit_all(series, new_times, new_rule, {"times", "rule"})
    except RuleError as refused:
        assert refused.code is RuleFault.EMPTY  # noqa: PT017
        reject_empty(series, new_times, new_rule)
        return
    old_places = {each.key: each.ordinal for each in found}
    new = islice(expand(new_times, new_rule, *EVER), MANY)
    new_keys = {each.ordinal: each.key for each in new}
    expected = {
        new_keys[old_places[each.key]]: (each.is_removed, "By hand")
        for each in series.overrides
        if old_places[each.key] in new_keys
    }
    assert {each.key for each in edited.overrides} == set(expected)
    for each in edited.overrides:
        assert each.is_removed == expected[each.key][0]
        assert "times" not in each.changes
        assert each.is_removed or "subject" in each.changes


def reject_empty(series: Series, times: Times, rule) -> None:
    """Check that only removed occurrences had a counterpart."""
    left = len(list(islice(expand(times, rule, *EVER), 60)))
    assert left <= sum(each.is_removed for each in series.overrides)


@LIMITS
@given(st.data())
def test_an_edit_of_nothing_changes_nothing(data):
    series, found = draw_series(data)
    series = overridden(data, series, found)
    assert edit_all(series, series.times, series.rule, set()) == series


@LIMITS
@given(made_up(), made_up(), st.data())
def test_an_edit_pairs_each_occurrence_with_the_one_of_its_number(
    one: tuple[Times, str], other: tuple[Times, str], data: st.DataObject
):
    old, new = (Series(times, parse_rule(text, times)) for times, text in (one, other))
    before, after = (
        [each.key for each in islice(expand(each.times, each.rule, *EVER), MANY)]
        for each in (old, new)
    )
    assume(before)
    asked = data.draw(st.sets(st.sampled_from(before)))
    paired = pair_keys(old, new, {*asked, "1999-01-01T00:00"})
    # Of those that come after the first so many, none has a number that was asked for.
    numbers = {key: at for at, key in enumerate(before)}
    wanted = {key: after[numbers[key]] for key in asked if numbers[key] < len(after)}
    assert paired == wanted


def test_what_does_not_repeat_is_paired_with_the_first_occurrence():
    series = a_series("FREQ=DAILY;COUNT=3")
    assert pair_keys(None, series, {""}) == {"": "2026-03-02T09:00"}
    assert pair_keys(series, None, {"2026-03-02T09:00", "2026-03-03T09:00"}) == {
        "2026-03-02T09:00": ""
    }
