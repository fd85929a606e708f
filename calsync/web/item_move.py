"""Reading where an item is moved to, by a form or by dragging."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from calsync.core.clockwork import get_zone
from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import ItemFields, Kind, UnfitItem
from calsync.core.wall_clock import wall_of
from calsync.errors import NotAllowed, NotThere, StaleVersion
from calsync.web.i18n import _
from calsync.web.item_faults import describe_fault, find_field
from calsync.web.item_form import MoveForm
from calsync.web.time_fields import (
    DAY,
    complain,
    fill_times,
    read_clock,
    read_day,
    read_moment,
    read_text,
    read_timed,
    span,
)


def fill_move(fields: ItemFields) -> dict[str, Any]:
    """Return what the form shows: where the item is now, and no end, which keeps its length."""
    filled = fill_times(fields.times, get_zone(fields.time_zone))
    if fields.times is None and fields.due_on:
        filled["date"] = fields.due_on.isoformat()
    kept = {name: filled.get(name, "") for name in ("date", "time", "fold")}
    return {**kept, "zone": fields.time_zone}


def read_move(form: MoveForm, fields: ItemFields, zone: ZoneInfo) -> ItemFields:
    """Return the fields with the times that were asked for; what is wrong is said in the form.

    What is not given stays: the time of day, and the length. The clocks are those of
    ``zone``, or the item's own where the form says so.
    """
    if form.zone.data == fields.time_zone:
        zone = get_zone(fields.time_zone)
    day = read_day(form, "date", is_required=True)
    if day is None:
        return fields
    if fields.times is None and fields.kind is Kind.TASK and not read_text(form, "time"):
        return replace(fields, due_on=day)
    times = _move_times(form, fields.times, day, zone)
    if isinstance(times, Timed):
        times = replace(times, zone=fields.time_zone)
    return replace(fields, times=times or fields.times)


def show_faults_of_move(form: MoveForm, error: UnfitItem) -> None:
    """Say each fault at its field, or at the date where the form has no such field."""
    for fault in error.faults:
        name = find_field(fault)
        complain(form, name if name in form else "date", describe_fault(fault))


def describe_refused_drop(error: NotThere | NotAllowed | StaleVersion) -> str:
    """Return why what was dragged is where it was, and what to do."""
    match error:
        case StaleVersion():
            return _(
                "Not moved: somebody else changed it meanwhile. It is shown as it is now, so look "
                "before you move it again."
            )
        case NotAllowed():
            return _("Not moved: it is not yours to change. Ask whoever has it, or a dispatcher.")
    return _("Not moved: it is not there any more. Somebody deleted it or took it off you.")


def _move_times(form: MoveForm, times: Times | None, day: date, zone: ZoneInfo) -> Times | None:
    if isinstance(times, Timed):
        return _move_timed(form, times, day, zone)
    if times is None and read_text(form, "time"):
        return read_timed(form, day, zone, needs_end=False)
    length = times.end - times.start if times else DAY
    last = read_day(form, "end_date") or day + length - DAY
    if last < day:
        complain(form, "end_date", _("Choose a last day that is not before the first"))
    return None if form.end_date.errors else AllDay(day, last + DAY)


def _move_timed(form: MoveForm, times: Timed, day: date, zone: ZoneInfo) -> Timed | None:
    clock = read_clock(form, "time") or wall_of(times.start, zone).time()
    start = _read_either(form, ("time", "fold"), day, clock, times.start, zone)
    if not (read_text(form, "end_date") or read_text(form, "end_time")):
        return Timed(start, start + (times.end - times.start)) if start else None
    end_day = read_day(form, "end_date") or day
    end_clock = read_clock(form, "end_time") or wall_of(times.end, zone).time()
    if form.errors:
        return None
    end = _read_either(form, ("end_time", "end_fold"), end_day, end_clock, times.end, zone)
    return span(form, start, end, zone)


def _read_either(
    form: MoveForm,
    names: tuple[str, str],
    day: date,
    clock: time,
    now: datetime,
    zone: ZoneInfo,
) -> datetime | None:
    """Return the instant asked for; what stays where it is needs no choice of two."""
    wall = wall_of(now, zone)
    is_same = datetime.combine(day, clock.replace(second=0)) == wall.replace(second=0)
    if is_same and not form[names[1]].data:
        return now
    return read_moment(form, names, day, clock, zone)
