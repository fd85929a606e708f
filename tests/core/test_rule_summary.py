"""What a form shows of a rule, and the rule that comes out of the form."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed
from calsync.core.recurrence import expand, parse_rule
from calsync.core.rule import Frequency
from calsync.core.rule_summary import RuleSummary, build_rule, summarise
from tests.core.rules import LIMITS, series

MONDAY = AllDay(date(2026, 3, 2), date(2026, 3, 3))

# fmt: off
SIMPLE = [
    ("FREQ=DAILY", RuleSummary(Frequency.DAILY)),
    ("FREQ=DAILY;INTERVAL=3;COUNT=5", RuleSummary(Frequency.DAILY, 3, count=5)),
    ("FREQ=WEEKLY", RuleSummary(Frequency.WEEKLY, weekdays=(0,))),
    ("FREQ=DAILY;BYDAY=MO,TU", RuleSummary(Frequency.WEEKLY, weekdays=(0, 1))),
    ("FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20260401",
     RuleSummary(Frequency.WEEKLY, weekdays=(0, 4), until=date(2026, 4, 1))),
    ("FREQ=MONTHLY", RuleSummary(Frequency.MONTHLY, month_day=2)),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", RuleSummary(Frequency.MONTHLY, month_day=-1)),
    ("FREQ=MONTHLY;BYDAY=1MO", RuleSummary(Frequency.MONTHLY, nth=1, weekday=0)),
    ("FREQ=MONTHLY;BYDAY=-1FR", RuleSummary(Frequency.MONTHLY, nth=-1, weekday=4)),
    ("FREQ=YEARLY", RuleSummary(Frequency.YEARLY, month=3, month_day=2)),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=1MO",
     RuleSummary(Frequency.YEARLY, month=3, nth=1, weekday=0)),
]
ODD = [
    "FREQ=DAILY;BYMONTH=3", "FREQ=DAILY;BYDAY=MO;INTERVAL=2", "FREQ=WEEKLY;BYMONTH=3",
    "FREQ=MONTHLY;BYMONTHDAY=1,2", "FREQ=MONTHLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1",
    "FREQ=MONTHLY;BYDAY=1MO,2TU", "FREQ=YEARLY;BYDAY=1MO", "FREQ=YEARLY;BYMONTH=3,4",
    "FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYYEARDAY=100", "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=2",
]
# fmt: on


@pytest.mark.parametrize(("text", "summary"), SIMPLE, ids=[text for text, _ in SIMPLE])
def test_a_form_shows_a_simple_rule(text, summary):
    assert summarise(parse_rule(text, MONDAY), MONDAY) == summary


@pytest.mark.parametrize("text", ODD)
def test_a_form_admits_that_a_rule_says_more(text):
    summary = summarise(parse_rule(text, MONDAY), MONDAY)
    assert not summary.is_simple
    with pytest.raises(ValueError, match="more than its summary"):
        build_rule(summary)


def test_the_last_day_chosen_in_a_form_is_included():
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    times = Timed(nine, nine, "America/New_York")
    text = build_rule(RuleSummary(Frequency.DAILY, until=date(2026, 3, 4)))
    rule = parse_rule(text, times)
    assert len(list(expand(times, rule, nine, nine + timedelta(days=9)))) == 3
    assert rule.until == date(2026, 3, 4)


def test_a_nonsense_number_of_a_form_is_refused_and_not_forgotten():
    for summary in (RuleSummary(Frequency.DAILY, 0), RuleSummary(Frequency.DAILY, count=0)):
        with pytest.raises(ValueError, match="out_of_range"):
            parse_rule(build_rule(summary), MONDAY)


@LIMITS
@given(st.data())
def test_a_simple_rule_takes_place_as_before_when_a_form_is_saved_unchanged(data):
    times, text = data.draw(series())
    rule = parse_rule(text, times)
    summary = summarise(rule, times)
    assume(summary.is_simple)
    again = parse_rule(build_rule(summary), times)
    ever = (datetime(2010, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))
    before, after = (list(islice(expand(times, each, *ever), 30)) for each in (rule, again))
    assert before == after
    assert summarise(again, times) == summary
