"""Times in an iCalendar entry, as others write them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.services.ics_lines import Unreadable
from calsync.services.ics_properties import ZONE, Entry, text_of
from calsync.services.ics_zones import find_zone

_DAY = timedelta(days=1)


def read_times(entry: Entry, zone: str) -> tuple[Times, str]:
    """Return when an event takes place, and the zone that it belongs to. Raises Unreadable."""
    if "DTSTART" not in entry:
        raise Unreadable("start.missing")
    start = value_of(entry, "DTSTART").dt
    own_zone = own_zone_of(entry, zone)
    try:
        if isinstance(start, datetime):
            begin, begin_zone = read_instant(entry, "DTSTART", zone)
            if begin_zone == NO_ZONE and "RRULE" not in entry:
                begin_zone = own_zone
            return Timed(begin, _end_of(entry, begin, zone, begin_zone), begin_zone), begin_zone
        return AllDay(start, _last_day(entry, start)), own_zone
    except (ValueError, OverflowError) as error:
        raise Unreadable(getattr(error, "code", "end.before_start")) from None


def own_zone_of(entry: Entry, zone: str) -> str:
    """Return the zone that we wrote beside an entry, else ``zone``, the reader's own."""
    return find_zone(text_of(entry, ZONE)) or zone


def read_instant(entry: Entry, name: str, zone: str) -> tuple[datetime, str]:
    """Return a time of an entry in UTC, and the zone that it is written in."""
    value = value_of(entry, name)
    return to_utc(value.dt, str(value.params.get("TZID", "")), zone)


def to_utc(moment: Any, name: str, zone: str) -> tuple[datetime, str]:
    """Return a moment in UTC, and the zone of the name that it was written with."""
    if not isinstance(moment, datetime):
        raise Unreadable("broken")
    if not name and moment.tzinfo is not None:
        return moment.astimezone(UTC), NO_ZONE
    found = find_zone(name) if name else zone
    if found is None:
        raise Unreadable("zone.unknown")
    # By our own rules for times that are skipped or come twice, and not the library's.
    wall = moment.replace(tzinfo=ZoneInfo(found), microsecond=0, fold=0)
    return wall.astimezone(UTC), found


def add_length(begin: datetime, length: timedelta, zone: str) -> datetime:
    """Return the moment that is so much later on the clocks of a zone."""
    wall = begin.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    # Days are those of the clock on the wall; hours are hours (RFC 5545, 3.3.6).
    moved = (wall + timedelta(days=length.days)).replace(tzinfo=ZoneInfo(zone))
    return moved.astimezone(UTC) + timedelta(seconds=length.seconds)


def value_of(entry: Entry, name: str) -> Any:
    """Return a property, whose type the library does not tell beforehand."""
    return entry[name]


def _end_of(entry: Entry, begin: datetime, zone: str, begin_zone: str) -> datetime:
    if "DTEND" in entry:
        return read_instant(entry, "DTEND", zone)[0]
    if "DURATION" in entry:
        return add_length(begin, value_of(entry, "DURATION").dt, begin_zone)
    return begin


def _last_day(entry: Entry, start: date) -> date:
    if "DTEND" in entry:
        end: date = value_of(entry, "DTEND").dt
        if isinstance(end, datetime):
            raise Unreadable("broken")
        return max(end, start + _DAY) if end == start else end
    days = value_of(entry, "DURATION").dt.days if "DURATION" in entry else 1
    return start + timedelta(days=max(days, 1))
