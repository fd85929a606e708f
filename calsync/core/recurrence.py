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
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from zoneinfo import ZoneInfo

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.rule import (
    MOST_OCCURRENCES,
    Rule,
    RuleError,
    RuleFault,
    Until,
    Weekday,
    read_rule,
    write_rule,
)
from calsync.core.rule_days import YEARS, list_days, occurs

__all__ = [
    "Occurrence",
    "Override",
    "Rule",
    "RuleError",
    "RuleFault",
    "expand",
    "get_occurrence",
    "occurrences_with_overrides",
    "parse_rule",
]

#: The years a series may begin in; the calendar as we know it, with room for YEARS more.
FIRST_YEAR, LAST_YEAR = 1800, 9000

_DAY = timedelta(days=1)


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


def parse_rule(text: str, times: Times) -> Rule:
    """Return the rule of a series whose first occurrence is ``times``.

    UNTIL may be a date (that day included), a local time of the series or an instant; for
    an all-day series its date counts. An end after ``YEARS`` years is no end. Raises
    RuleError.
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
    if not occurs(rule, clockwork.first):
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
        occurrence = clockwork.occurrence(ordinal, day)
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
    days = sorted(filter(None, map(_day_of_key, wanted)))
    if not days:
        return
    for ordinal, day in _list_numbered(rule, clockwork.first, days[0], days[-1]):
        if day in days:
            occurrence = clockwork.occurrence(ordinal, day)
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
        return _at(times.start, time(), zone) < self.end and (
            _at(times.end, time(), zone) > self.start
        )


class Clockwork:
    """Turns the days of a series into its occurrences, by the wall clock of its zone."""

    __slots__ = ("_clock", "_length", "_times", "_zone", "first")

    def __init__(self, times: Times) -> None:
        self._times = times
        if isinstance(times, Timed):
            self._zone = get_zone(times.zone)
            wall = times.start.astimezone(self._zone).replace(tzinfo=None)
            until = times.end.astimezone(self._zone).replace(tzinfo=None)
            self.first = wall.date()
            self._clock = wall.time()
            # From the first 01:45 to the second 01:15 of one night is half an hour.
            self._length = until - wall if until >= wall else times.end - times.start
        else:
            self._zone = get_zone(NO_ZONE)
            self.first = times.start
            self._clock = time()
            self._length = times.end - times.start

    def occurrence(self, ordinal: int, day: int) -> Occurrence:
        """Return the occurrence of a day."""
        on = date.fromordinal(day)
        if isinstance(self._times, AllDay):
            return Occurrence(ordinal, on.isoformat(), AllDay(on, on + self._length))
        # The first one is as it stands: it may be the second 01:30 of its night.
        times = self._times if on == self.first else self._times_on(on, self._times.zone)
        wall = datetime.combine(on, self._clock).isoformat()
        return Occurrence(ordinal, wall if self._clock.second else wall[:16], times)

    def _times_on(self, on: date, zone: str) -> Timed:
        start = _at(on, self._clock, self._zone)
        # By way of UTC, a skipped time has become the one that really is on the clock.
        wall = start.astimezone(self._zone).replace(tzinfo=None, fold=0)
        end = (wall + self._length).replace(tzinfo=self._zone).astimezone(UTC)
        return Timed(start, max(start, end), zone)

    def days_around(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Return the days between which everything begins that may touch a range."""
        before = start.date().toordinal() - self._length.days - 3
        return before, end.date().toordinal() + 3

    def find_last_day(self, until: Until) -> date | None:
        """Return the last day on which an occurrence starts no later than ``until``.

        None where that is further away than any series goes.
        """
        if until.year >= self.first.year + YEARS:
            return None
        if not isinstance(until, datetime):
            return until
        if isinstance(self._times, AllDay) or until.year < self.first.year - 1:
            return until.date()
        instant = (until if until.tzinfo else until.replace(tzinfo=self._zone)).astimezone(UTC)
        last = instant.astimezone(self._zone).date()
        while _at(last, self._clock, self._zone) > instant:
            last -= _DAY
        return last

    def end_of(self, day: date) -> Until:
        """Return the UNTIL that ends a series with this day, whatever its time becomes."""
        if isinstance(self._times, AllDay):
            return day
        return max(_at(day, clock, self._zone) for clock in (self._clock, time(23, 59, 59)))


def get_zone(name: str) -> ZoneInfo:
    """Return a zone by its IANA name; raises RuleError for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RuleError(RuleFault.UNKNOWN_ZONE) from error


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    # fold 0 is both: the first of two, and the offset before a gap, which moves forward.
    return datetime.combine(day, clock, zone).astimezone(UTC)


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
