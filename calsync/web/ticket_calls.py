"""The service calls of a ticket as its page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_datetime, format_time

from calsync.core.event import AllDay, Times
from calsync.core.item import ItemStatus, Kind
from calsync.core.permission import Right, rights_of
from calsync.db.models import User
from calsync.services.item_access import relation_of
from calsync.services.item_rows import times_of
from calsync.services.tickets import TicketView
from calsync.web.i18n import _


@dataclass(frozen=True)
class CallLine:
    """One service call: when it is, who does it, and whether the reader may change that."""

    id: str
    version: int
    when: str
    location: str
    status: ItemStatus
    assignees: tuple[str, ...]
    names: tuple[str, ...]
    can_assign: bool


def list_call_lines(view: TicketView, reader: User, names: Mapping[str, str]) -> list[CallLine]:
    """Return the calls as the reader finds them; ``names`` are those of the colleagues."""
    lines = []
    for call, assignees in view.calls:
        rights = rights_of(
            relation_of(reader, assignees),
            is_private=call.is_private,
            is_service_call=call.kind is Kind.SERVICE_CALL,
        )
        lines.append(
            CallLine(
                id=call.id,
                version=call.version,
                when=describe_times(times_of(call), reader.time_zone),
                location=call.location,
                status=call.status,
                assignees=assignees,
                names=tuple(names.get(each, _("Somebody who left")) for each in assignees),
                can_assign={Right.CHANGE, Right.ASSIGN} <= rights,
            )
        )
    return lines


def describe_times(times: Times | None, zone: str) -> str:
    """Return when something is, as a clock in the reader's zone shows it."""
    if times is None:
        return _("Not scheduled")
    if isinstance(times, AllDay):
        last = times.end - timedelta(days=1)
        if last == times.start:
            return _("%(day)s, all day", day=_say_day(times.start))
        return _("%(start)s to %(end)s", start=_say_day(times.start), end=_say_day(last))
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (times.start, times.end))
    full = _say_moment(start)
    if start.date() == end.date():
        return _("%(start)s to %(end)s", start=full, end=str(format_time(times.end, "HH:mm")))
    return _("%(start)s to %(end)s", start=full, end=_say_moment(end))


def _say_day(day: object) -> str:
    return str(format_date(day, "EEE d MMM yyyy"))


def _say_moment(moment: object) -> str:
    return str(format_datetime(moment, "EEE d MMM yyyy, HH:mm"))
