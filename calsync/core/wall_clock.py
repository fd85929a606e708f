"""What a person means by a date and a time on the clock of a zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def find_instants(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return every instant, in UTC and in order, at which a clock in the zone shows this.

    None where the clocks go forward over it, two where they go back over it.
    """
    wall = datetime.combine(day, clock)
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(one for one in both if wall_of(one, zone) == wall))


def wall_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock in the zone shows at an instant, without the zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
