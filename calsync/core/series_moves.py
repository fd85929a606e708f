"""Moving a series by one of its occurrences, as a person sees only that one."""

from contextlib import suppress
from datetime import UTC, date, datetime

from calsync.core.clockwork import Clockwork, get_zone
from calsync.core.event import AllDay, Timed, Times
from calsync.core.rule import Rule, RuleError
from calsync.core.series import Series, follow_start, split_following
from calsync.core.wall_clock import wall_of


def move_all(first: Times, shown: Times, wanted: Times) -> Times:
    """Return the first times of a series whose occurrence ``shown`` is to be ``wanted``.

    The first one goes as many days as the shown one does, and takes its clock, its zone
    and its length.
    """
    if wanted == shown:
        return first
    day = _day_of(first) + (_day_of(wanted) - _day_of(shown))
    if isinstance(wanted, AllDay):
        return AllDay(day, day + (wanted.end - wanted.start))
    zone = get_zone(wanted.zone)
    begin, finish = wall_of(wanted.start, zone), wall_of(wanted.end, zone)
    wall = datetime.combine(day, begin.time())
    start = wall.replace(tzinfo=zone).astimezone(UTC)
    end = (wall + (finish - begin)).replace(tzinfo=zone).astimezone(UTC)
    return Timed(start, max(start, end), wanted.zone)


def move_rule(rule: Rule, times: Times, wanted: Times) -> str:
    """Return the rule that goes along with a series whose first occurrence moves."""
    if _day_of(times) == _day_of(wanted):
        return rule.text
    return follow_start(times, rule, wanted).text


def move_following(series: Series, key: str, wanted: Times) -> str:
    """Return the rule of the series that begins with the occurrence ``key`` at ``wanted``."""
    with suppress(RuleError):  # at the first one, all of them follow
        series = split_following(series, key)[1]
    return move_rule(series.rule, series.times, wanted)


def _day_of(times: Times) -> date:
    return Clockwork(times).first
