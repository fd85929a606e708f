"""The clock on the wall of a series: which instants its days begin and end at."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.rule import RuleError, RuleFault, Until
from calsync.core.rule_days import YEARS

_DAY = timedelta(days=1)


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

    def strike(self, day: int) -> tuple[str, Times]:
        """Return the key and the times of the occurrence of a day."""
        on = date.fromordinal(day)
        if isinstance(self._times, AllDay):
            return on.isoformat(), AllDay(on, on + self._length)
        # The first one is as it stands: it may be the second 01:30 of its night.
        times = self._times if on == self.first else self._times_on(on, self._times.zone)
        wall = datetime.combine(on, self._clock).isoformat()
        return wall if self._clock.second else wall[:16], times

    def _times_on(self, on: date, zone: str) -> Timed:
        start = instant_of(on, self._clock, self._zone)
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
        while instant_of(last, self._clock, self._zone) > instant:
            last -= _DAY
        return last

    def end_of(self, day: date) -> Until:
        """Return the UNTIL that ends a series with this day, whatever its time becomes."""
        if isinstance(self._times, AllDay):
            return day
        return max(instant_of(day, clock, self._zone) for clock in (self._clock, time(23, 59, 59)))


def get_zone(name: str) -> ZoneInfo:
    """Return a zone by its IANA name; raises RuleError for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RuleError(RuleFault.UNKNOWN_ZONE) from error


def is_zone(name: str) -> bool:
    """Tell whether a zone of this name is known."""
    try:
        get_zone(name)
    except RuleError:
        return False
    return True


def instant_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return when a clock in the zone shows a time, on a day on which it may skip or repeat it."""
    # fold 0 is both: the first of two, and the offset before a gap, which moves forward.
    return datetime.combine(day, clock, zone).astimezone(UTC)
