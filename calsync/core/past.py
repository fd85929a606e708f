"""What is over: the record of work that tidying a mailbox must not rewrite (docs/sync.md 8)."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from calsync.core.clockwork import get_zone, instant_of, is_zone
from calsync.core.entry import Entry
from calsync.core.event import NO_ZONE, AllDay, Times
from calsync.core.item import Kind

_DAY = timedelta(days=1)
#: How long after its end an entry can still be changed from the linked calendar.
PAST_AFTER: Mapping[Kind, timedelta] = {
    Kind.APPOINTMENT: 42 * _DAY,
    Kind.CRM_ACTIVITY: _DAY,
    Kind.SERVICE_CALL: _DAY,
    Kind.TASK: _DAY,
    Kind.TODO: 42 * _DAY,
}
#: The kinds that are work on record as soon as they are done or cancelled.
PAST_WHEN_CLOSED = frozenset({Kind.CRM_ACTIVITY, Kind.SERVICE_CALL, Kind.TASK})


def is_past(entry: Entry, now: datetime) -> bool:
    """Tell whether an entry stays as it was, whatever becomes of its event.

    An all-day entry ends with its last day in the item's zone. What stands on no day is
    never over by itself.
    """
    if entry.kind in PAST_WHEN_CLOSED and not entry.is_open:
        return True
    times = entry.times
    return (
        times is not None and ended_at(times, entry.fields.time_zone) < now - PAST_AFTER[entry.kind]
    )


def started_at(times: Times, zone: str) -> datetime:
    """Return when times begin, in UTC: all-day ones at the first midnight in the zone."""
    if isinstance(times, AllDay):
        return instant_of(times.start, time(), _zone(zone))
    return times.start


def ended_at(times: Times, zone: str) -> datetime:
    """Return when times are over, in UTC: all-day ones at the last midnight in the zone."""
    if isinstance(times, AllDay):
        return instant_of(times.end, time(), _zone(zone))
    return times.end


def _zone(name: str) -> ZoneInfo:
    # A zone may have been renamed since; then UTC is near enough.
    return get_zone(name if is_zone(name) else NO_ZONE)
