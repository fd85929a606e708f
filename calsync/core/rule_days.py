"""On which days a rule falls, however odd the rule, in few and countable steps.

python-dateutil cannot be stopped while it looks for the next day of a rule that has none
left: it walks day by day to the year 9999. Here a rule is looked up in tables instead. What
a rule picks from a year depends only on the weekday of New Year and on leap years, so there
are 28 kinds of years, and the calendar repeats after 400 of them. Days are proleptic
ordinals, as in ``date.toordinal``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import groupby, islice
from typing import TypeVar

from calsync.core.rule import Frequency, Rule, Weekday

#: How many years of a series there are: after these the calendar begins anew.
YEARS = 400
#: How many of them may pass before the first day that the rule itself gives.
PATIENCE = 100

_Days = frozenset[int]
_NO_DAYS: _Days = frozenset()
_Name = TypeVar("_Name")


@dataclass(frozen=True, slots=True)
class YearTable:
    """The days of one kind of year, counted from 0, by everything a rule can name them by."""

    months: tuple[int, ...]
    by_month: dict[int, _Days]
    by_year_day: dict[int, _Days]
    by_month_day: dict[int, _Days]
    by_weekday: dict[int, _Days]
    by_nth_in_month: dict[Weekday, _Days]
    by_nth_in_year: dict[Weekday, _Days]


def list_days(rule: Rule, first: date) -> Iterator[list[int]]:
    """Yield, about year by year, the days of a series that begins on ``first``.

    ``first`` is always the first of them. If the rule does not fall on it, it is one more
    than the rule has: so do the calendars, and recurring-ical-events.
    """
    left = rule.count
    last = rule.until.toordinal() if rule.until else None
    begins = first.toordinal()
    has_begun = False
    for year, picked in _list_rule_days(rule, first):
        days = _between(picked, begins, last)[:left]
        left = None if left is None else left - len(days)
        if days:
            yield days if has_begun or days[0] == begins else [begins, *days]
            has_begun = True
        if left == 0 or (last is not None and date(year, 12, 31).toordinal() >= last):
            break
    if not has_begun:
        yield [begins]


def find_rule_day(rule: Rule, first: date) -> int | None:
    """Return the first day that a rule itself gives, its end aside, from ``first`` on.

    None if there is none within a lifetime.
    """
    begins = first.toordinal()
    for _, picked in islice(_list_rule_days(rule, first), PATIENCE):
        if days := _between(picked, begins, None):
            return days[0]
    return None


def _list_rule_days(rule: Rule, first: date) -> Iterator[tuple[int, list[int]]]:
    """Yield years with what the rule picks from each, whether before ``first`` or after."""
    rule = with_implied_days(rule, first)
    anchor = _period_of(rule, first.year)(first.toordinal())
    # A year early: the week of the first occurrence may have begun in the year before.
    for year in range(first.year - 1, first.year + YEARS):
        period = _period_of(rule, year)
        days = _days_of_year(rule, year)
        if rule.positions and rule.frequency is Frequency.WEEKLY:
            days = _whole_weeks(rule, year, days, period)
        if rule.interval > 1:
            days = [day for day in days if not (period(day) - anchor) % rule.interval]
        yield year, _pick_positions(rule, days, period) if rule.positions else days


def with_implied_days(rule: Rule, first: date) -> Rule:
    """Return the rule with what RFC 5545 takes from the first occurrence."""
    if rule.names_days:
        return rule
    match rule.frequency:
        case Frequency.DAILY:
            return rule
        case Frequency.WEEKLY:
            return replace(rule, weekdays=(Weekday(first.weekday()),))
        case Frequency.MONTHLY:
            return replace(rule, month_days=(first.day,))
        case Frequency.YEARLY:
            months = rule.months or (first.month,)
            return replace(rule, months=months, month_days=(first.day,))


def _period_of(rule: Rule, year: int) -> Callable[[int], int]:
    """Return what numbers the period of the rule that a day of ``year`` lies in."""
    match rule.frequency:
        case Frequency.DAILY:
            return lambda day: day
        case Frequency.WEEKLY:
            # Day 1 is a Monday.
            return lambda day: (day - 1 - rule.week_start) // 7
        case Frequency.MONTHLY:
            months = _table(*_kind_of(year)).months
            new_year = date(year, 1, 1).toordinal()
            return lambda day: year * 12 + months[day - new_year]
        case Frequency.YEARLY:
            return lambda _: year


def _days_of_year(rule: Rule, year: int) -> list[int]:
    new_year = date(year, 1, 1).toordinal()
    return [new_year + day for day in _pick(rule, *_kind_of(year))]


def _whole_weeks(rule: Rule, year: int, days: list[int], period: Callable[[int], int]) -> list[int]:
    """Return the days of the weeks that begin in a year: a week is judged as a whole."""
    before = period(date(year - 1, 12, 31).toordinal())
    last = period(date(year, 12, 31).toordinal())
    following = [day for day in _days_of_year(rule, year + 1)[:6] if period(day) == last]
    return [day for day in days if period(day) != before] + following


def _pick_positions(rule: Rule, days: list[int], period: Callable[[int], int]) -> list[int]:
    """Return the days at the wanted positions of each period."""
    picked: list[int] = []
    for _, group in groupby(days, period):
        choice = list(group)
        there = [position for position in rule.positions if abs(position) <= len(choice)]
        picked += sorted({choice[n - 1 if n > 0 else n] for n in there})
    return picked


def _between(days: list[int], first: int, last: int | None) -> list[int]:
    if days and days[0] >= first and (last is None or days[-1] <= last):
        return days
    return [day for day in days if day >= first and (last is None or day <= last)]


def _kind_of(year: int) -> tuple[int, bool, bool]:
    new_year = date(year, 1, 1)
    return (
        new_year.weekday(),
        (date(year, 12, 31) - new_year).days == 365,
        (new_year - date(year - 1, 1, 1)).days == 366,
    )


@lru_cache(maxsize=512)
def _pick(rule: Rule, weekday: int, leap: bool, after_leap: bool) -> tuple[int, ...]:
    """Return the days of one kind of year that pass every part of the rule, periods aside."""
    table = _table(weekday, leap, after_leap)
    nth = table.by_nth_in_year
    if rule.frequency is Frequency.MONTHLY or rule.months:
        nth = table.by_nth_in_month
    picked = _union(table.by_month, rule.months or range(1, 13))
    if rule.year_days:
        picked &= _union(table.by_year_day, rule.year_days)
    if rule.month_days:
        picked &= _union(table.by_month_day, rule.month_days)
    if rule.weekdays:
        picked &= _union(table.by_weekday, [day.day for day in rule.weekdays if not day.nth]) | (
            _union(nth, [day for day in rule.weekdays if day.nth])
        )
    if rule.week_numbers:
        picked &= _days_of_weeks(rule, weekday, leap, after_leap)
    return tuple(sorted(picked))


def _union(days: Mapping[_Name, _Days], names: Iterable[_Name]) -> _Days:
    return _NO_DAYS.union(*(days.get(name, _NO_DAYS) for name in names))


@lru_cache(maxsize=28)
def _table(weekday: int, leap: bool, after_leap: bool) -> YearTable:  # noqa: ARG001
    """Return the table of one kind of year, made from any year of that kind."""
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    length = sum(lengths)
    months: list[int] = []
    by_month_day: dict[int, set[int]] = defaultdict(set)
    in_month: dict[Weekday, set[int]] = defaultdict(set)
    in_year: dict[Weekday, set[int]] = defaultdict(set)
    for month, days in enumerate(lengths, start=1):
        for month_day in range(1, days + 1):
            day = len(months)
            months.append(month)
            _add(by_month_day, (month_day, month_day - days - 1), day)
            name = (weekday + day) % 7
            _add(in_month, _name_nth(name, month_day - 1, days), day)
            _add(in_year, _name_nth(name, day, length), day)
    days_of_year = range(length)
    return YearTable(
        months=tuple(months),
        by_month={n: frozenset(d for d in days_of_year if months[d] == n) for n in range(1, 13)},
        by_year_day={n: frozenset({d}) for d in days_of_year for n in (d + 1, d - length)},
        by_month_day=_freeze(by_month_day),
        by_weekday={n: frozenset(range((n - weekday) % 7, length, 7)) for n in range(7)},
        by_nth_in_month=_freeze(in_month),
        by_nth_in_year=_freeze(in_year),
    )


def _name_nth(weekday: int, before: int, length: int) -> tuple[Weekday, Weekday]:
    """Return what a weekday is called that has so many days before it, from either end."""
    after = length - 1 - before
    return Weekday(weekday, before // 7 + 1), Weekday(weekday, -(after // 7) - 1)


def _add(days: dict[_Name, set[int]], names: Iterable[_Name], day: int) -> None:
    for name in names:
        days[name].add(day)


def _freeze(days: Mapping[_Name, set[int]]) -> dict[_Name, _Days]:
    return {name: frozenset(members) for name, members in days.items()}


def _days_of_weeks(rule: Rule, weekday: int, leap: bool, after_leap: bool) -> _Days:
    """Return the days whose week has one of the wanted numbers, from either end of its year.

    A week belongs to the year that has four of its days (RFC 5545, 3.3.10), so the first
    days of a year may be in the last week of the year before, and its last ones in week 1.
    """
    length = 366 if leap else 365
    previous = 366 if after_leap else 365
    wanted = frozenset(rule.week_numbers)
    picked = set()
    for day in range(length):
        fourth = day - (weekday + day - rule.week_start) % 7 + 3
        if fourth < 0:
            fourth, of_year = fourth + previous, previous
        elif fourth >= length:
            # Whether the next year is a leap year cannot matter: this one was, or week 1 is 1.
            fourth, of_year = fourth - length, 365
        else:
            of_year = length
        number = fourth // 7 + 1
        from_end = -((of_year - 1 - fourth) // 7) - 1
        if number in wanted or from_end in wanted:
            picked.add(day)
    return frozenset(picked)
