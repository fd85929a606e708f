"""When a repeating appointment takes place.

It repeats by the clock on the wall of its own zone, so its local time never moves with
daylight saving time, and neither does its local end: a night shift from 22:00 to 06:00 takes
an hour more or less twice a year. A local time that is skipped is moved forward by the gap,
its end with it; one that comes twice means the first (RFC 5545, 3.3.5).

The first occurrence is always the times of the series as they stand, even where the rule does
not fall on them; COUNT then counts only what the rule gives. So do the calendars we know and
recurring-ical-events, against which the tests compare.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import lru_cache
from itertools import chain, islice

from calsync.core.clockwork import Clockwork, get_zone, instant_of
from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.rule import (
    MOST_OCCURRENCES,
    Rule,
    RuleError,
    RuleFault,
    Weekday,
    read_rule,
    write_rule,
)
from calsync.core.rule_days import find_rule_day, list_days

__all__ = [
    "Occurrence",
    "Override",
    "Rule",
    "RuleError",
    "RuleFault",
    "View",
    "expand",
    "get_occurrence",
    "occurrences_with_overrides",
    "parse_rule",
]

#: The years a series may begin in; the calendar as we know it, with room for 400 more.
FIRST_YEAR, LAST_YEAR = 1800, 9000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a series takes place.

    ``ordinal`` counts from 0 in the rule, past and removed ones included. ``key`` is the
    start that the rule gave it, in the series' own zone, and stays when it is moved.
    ``changes`` are the fields changed by hand, times apart, which are in ``times``.
    """

    ordinal: int
    key: str
    times: Times
    changes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Override:
    """What was done by hand to the occurrence ``key``; ``changes["times"]`` are its new times."""

    key: str
    is_removed: bool = False
    changes: Mapping[str, object] = field(default_factory=dict)

    @property
    def times(self) -> Times | None:
        """Return the times it was moved to, or None where it takes place as the rule says."""
        times = self.changes.get("times")
        return times if isinstance(times, Timed | AllDay) else None


@lru_cache(maxsize=2048)
def parse_rule(text: str, times: Times) -> Rule:
    """Return the rule of a series whose first occurrence is ``times``.

    UNTIL may be a date (that day included), a local time of the series or an instant; for
    an all-day series its date counts. An end after 400 years is no end. Raises
    RuleError. What was read lately is not read again: an odd rule takes some work, and
    whoever saves an item asks several times.
    """
    if not FIRST_YEAR <= times.start.year <= LAST_YEAR:
        raise RuleError(RuleFault.OUT_OF_RANGE)
    clockwork = Clockwork(times)
    rule, until = read_rule(text)
    if rule.week_numbers and not rule.weekdays:
        # The standard takes the weekday from the first occurrence; said aloud, no reader
        # takes all seven days of the week.
        rule = replace(rule, weekdays=(Weekday(clockwork.first.weekday()),))
    if until is not None:
        rule = replace(rule, until=clockwork.find_last_day(until))
    if rule.until is not None and rule.until < clockwork.first:
        raise RuleError(RuleFault.UNTIL_BEFORE_START)
    if find_rule_day(rule, clockwork.first) is None:
        raise RuleError(RuleFault.NEVER_OCCURS)
    days = chain.from_iterable(list_days(rule, clockwork.first))
    if rule.until and next(islice(days, MOST_OCCURRENCES, None), None) is not None:
        raise RuleError(RuleFault.TOO_MANY)
    return with_text(rule, times)


def with_text(rule: Rule, times: Times) -> Rule:
    """Return ``rule`` with the normalised text that it has in a series of ``times``."""
    until = Clockwork(times).end_of(rule.until) if rule.until else None
    return replace(rule, text=write_rule(rule, until))


def expand(
    times: Times, rule: Rule, start: datetime, end: datetime, zone: str = NO_ZONE
) -> Iterator[Occurrence]:
    """Yield in order the occurrences that touch the time from ``start`` up to ``end``.

    Both are aware instants. ``zone`` is where the viewer is: an all-day occurrence lasts
    from midnight to midnight there. Ordinals and keys do not depend on the range.
    """
    clockwork = Clockwork(times)
    view = View(start, end, zone)
    after, before = clockwork.days_around(start, end)
    for ordinal, day in _list_numbered(rule, clockwork.first, after, before):
        occurrence = Occurrence(ordinal, *clockwork.strike(day))
        if view.shows(occurrence.times):
            yield occurrence


def occurrences_with_overrides(
    times: Times,
    rule: Rule,
    overrides: Iterable[Override],
    start: datetime,
    end: datetime,
    zone: str = NO_ZONE,
) -> list[Occurrence]:
    """Return what really takes place in a range: removed ones left out, moved ones moved.

    An override whose key is none of the series does nothing.
    """
    by_key = {override.key: override for override in overrides}
    view = View(start, end, zone)
    moved = [
        occurrence
        for occurrence in find_occurrences(times, rule, _keys_moved_into(view, by_key.values()))
        if not by_key[occurrence.key].is_removed
    ]
    staying = [
        occurrence
        for occurrence in expand(times, rule, start, end, zone)
        if occurrence.key not in by_key
        or not (by_key[occurrence.key].is_removed or by_key[occurrence.key].times)
    ]
    found = [override_occurrence(each, by_key.get(each.key)) for each in moved + staying]
    return sorted(found, key=lambda each: (each.times.start.isoformat(), each.ordinal))


def override_occurrence(occurrence: Occurrence, override: Override | None) -> Occurrence:
    """Return the occurrence as it is after what was done to it by hand."""
    if override is None:
        return occurrence
    changes = {name: value for name, value in override.changes.items() if name != "times"}
    return replace(occurrence, times=override.times or occurrence.times, changes=changes)


def find_occurrences(times: Times, rule: Rule, keys: Iterable[str]) -> Iterator[Occurrence]:
    """Yield, in order, the occurrences that have one of the keys, as the rule gives them."""
    clockwork = Clockwork(times)
    wanted = set(keys)
    days = set(filter(None, map(_day_of_key, wanted)))
    if not days:
        return
    for ordinal, day in _list_numbered(rule, clockwork.first, min(days), max(days)):
        if day in days:
            occurrence = Occurrence(ordinal, *clockwork.strike(day))
            if occurrence.key in wanted:
                yield occurrence


def get_occurrence(times: Times, rule: Rule, key: str) -> Occurrence:
    """Return the occurrence that has the key; raises RuleError where there is none."""
    for occurrence in find_occurrences(times, rule, [key]):
        return occurrence
    raise RuleError(RuleFault.UNKNOWN_OCCURRENCE)


@dataclass(frozen=True, slots=True)
class View:
    """A range of instants, and the zone that says when a day is there."""

    start: datetime
    end: datetime
    zone: str

    def shows(self, times: Times) -> bool:
        """Tell whether times touch the range; what takes no time is there when it starts."""
        if self.start >= self.end:
            return False
        if isinstance(times, Timed):
            return times.start < self.end and (times.end > self.start or times.start >= self.start)
        zone = get_zone(self.zone)
        return instant_of(times.start, time(), zone) < self.end and (
            instant_of(times.end, time(), zone) > self.start
        )


def _list_numbered(rule: Rule, first: date, after: int, before: int) -> Iterator[tuple[int, int]]:
    """Yield ordinal and day of what lies from day ``after`` to ``before``, counting the rest."""
    counted = 0
    for days in list_days(rule, first):
        if days and days[-1] >= after:
            begin = bisect_left(days, after)
            for ordinal, day in enumerate(days[begin:], start=counted + begin):
                if day > before:
                    return
                yield ordinal, day
        counted += len(days)


def _keys_moved_into(view: View, overrides: Iterable[Override]) -> list[str]:
    return [each.key for each in overrides if each.times and view.shows(each.times)]


def _day_of_key(key: str) -> int | None:
    try:
        return date.fromisoformat(key[:10]).toordinal()
    except ValueError:
        return None
