"""A rule as a form can show it and a sentence can say it."""

from dataclasses import dataclass
from datetime import date

from calsync.core.clockwork import Clockwork
from calsync.core.event import Times
from calsync.core.rule import Frequency, Rule, Weekday, write_rule
from calsync.core.rule_days import with_implied_days


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """What a page offers to choose of a rule.

    Weekly: ``weekdays``, Monday is 0. Monthly: either ``month_day`` (-1 is the last) or
    ``nth`` and ``weekday`` (-1 is the last). Yearly: the same with ``month``. ``until`` is
    the last day, included. Where ``is_simple`` is False the rule says more than this, so
    that it can be shown as text only, and not be built from a form.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: int | None = None
    weekday: int | None = None
    month: int | None = None
    count: int | None = None
    until: date | None = None
    week_start: int = 0
    is_simple: bool = True


def summarise(rule: Rule, times: Times) -> RuleSummary:
    """Return the summary of a rule, with what it takes from the first occurrence."""
    full = with_implied_days(rule, Clockwork(times).first)
    frequency = full.frequency
    if frequency is Frequency.DAILY and full.weekdays and full.interval == 1:
        # "Every day from Monday to Friday" is weekly on these days.
        frequency = Frequency.WEEKLY
    weekly = frequency is Frequency.WEEKLY
    nth = full.weekdays[0] if full.weekdays and not weekly else None
    return RuleSummary(
        frequency=frequency,
        interval=full.interval,
        weekdays=tuple(day.day for day in full.weekdays) if weekly else (),
        month_day=full.month_days[0] if full.month_days else None,
        nth=nth.nth if nth else None,
        weekday=nth.day if nth else None,
        month=full.months[0] if full.months else None,
        count=full.count,
        until=full.until,
        week_start=full.week_start,
        is_simple=_is_simple(full, frequency),
    )


def build_rule(summary: RuleSummary) -> str:
    """Return the RRULE value of a simple summary, to be judged by ``parse_rule``.

    UNTIL is a date in it, whatever the series: the last day, included.
    """
    if not summary.is_simple:
        raise ValueError("this rule says more than its summary")
    weekdays = [Weekday(day) for day in summary.weekdays]
    if summary.nth is not None and summary.weekday is not None:
        weekdays = [Weekday(summary.weekday, summary.nth)]
    rule = Rule(
        frequency=summary.frequency,
        interval=summary.interval,
        count=summary.count,
        months=(summary.month,) if summary.month is not None else (),
        month_days=(summary.month_day,) if summary.month_day is not None else (),
        weekdays=tuple(sorted(weekdays)),
        week_start=summary.week_start,
    )
    return write_rule(rule, summary.until)


def _is_simple(rule: Rule, frequency: Frequency) -> bool:
    if rule.week_numbers or rule.year_days or rule.positions:
        return False
    match frequency:
        case Frequency.DAILY:
            return not (rule.months or rule.month_days or rule.weekdays)
        case Frequency.WEEKLY:
            return not (rule.months or rule.month_days)
        case Frequency.MONTHLY:
            return not rule.months and _is_one_day(rule)
        case Frequency.YEARLY:
            return len(rule.months) == 1 and _is_one_day(rule)


def _is_one_day(rule: Rule) -> bool:
    """Tell whether a rule names exactly one day of its month."""
    return len(rule.month_days + rule.weekdays) == 1 and all(day.nth for day in rule.weekdays)
