"""Tasks of iCalendar (VTODO) as tasks and todos.

A todo is due at a moment or on a day. A task has a day that it is due on, and a time that
it is scheduled for if somebody planned it.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Todo

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.core.item import ItemStatus, Kind
from calsync.services.ics_lines import Unreadable
from calsync.services.ics_properties import KIND, number_of, text_of
from calsync.services.ics_times import add_length, own_zone_of, read_instant, value_of

_DAY = timedelta(days=1)
_STATUS = {"COMPLETED": ItemStatus.DONE, "CANCELLED": ItemStatus.CANCELLED}


def kind_of_todo(todo: Todo) -> Kind:
    """Return whether it is a task or a todo: ours say so, others' by what they have."""
    kind = text_of(todo, KIND)
    if kind in (Kind.TASK, Kind.TODO):
        return Kind(kind)
    is_planned = "DTSTART" in todo and ("DUE" in todo or "DURATION" in todo)
    has_begun = 0 < number_of(todo, "PERCENT-COMPLETE") < 100
    return Kind.TASK if is_planned or has_begun or number_of(todo, "PRIORITY") else Kind.TODO


def read_todo_times(todo: Todo, kind: Kind, zone: str) -> tuple[Times | None, str, date | None]:
    """Return when it is scheduled, its zone, and the day that a task is due on.

    Raises Unreadable.
    """
    if "RRULE" in todo or "RDATE" in todo:
        raise Unreadable("todo_repeats")
    start, due = _read(todo, "DTSTART", zone), _read(todo, "DUE", zone)
    if due is None and start is not None and "DURATION" in todo:
        due = _add(start, value_of(todo, "DURATION").dt)
    shown = due or start if kind is Kind.TODO else start or due
    own_zone = shown.zone if isinstance(shown, Timed) else own_zone_of(todo, zone)
    if kind is Kind.TODO:
        return shown, own_zone, None
    if start is None and isinstance(due, AllDay):
        shown = None
    elif isinstance(start, Timed) and isinstance(due, Timed):
        shown = _until(start, due)
    return shown, own_zone, _day_of(due)


def read_todo_status(todo: Todo) -> ItemStatus:
    """Return how far it is."""
    is_done = "COMPLETED" in todo or number_of(todo, "PERCENT-COMPLETE") == 100
    if "STATUS" not in todo and is_done:
        return ItemStatus.DONE
    return _STATUS.get(text_of(todo, "STATUS").upper(), ItemStatus.OPEN)


def _read(todo: Todo, name: str, zone: str) -> Times | None:
    """Return a moment or a day of a todo."""
    if name not in todo:
        return None
    value = value_of(todo, name).dt
    if not isinstance(value, datetime):
        return AllDay(value, value + _DAY)
    moment, found = read_instant(todo, name, zone)
    return Timed(moment, moment, own_zone_of(todo, zone) if found == NO_ZONE else found)


def _add(start: Times, length: timedelta) -> Times:
    if isinstance(start, AllDay):
        # The end of a day counts from its morning: one day from Monday is Monday's own.
        last = start.start + max(timedelta(days=length.days), _DAY)
        return AllDay(last - _DAY, last)
    end = add_length(start.start, length, start.zone)
    return Timed(end, end, start.zone)


def _until(start: Timed, due: Timed) -> Timed:
    """Return the time from start to due, where somebody means to work all of it."""
    is_that_day = timedelta() <= due.end - start.start <= _DAY
    return Timed(start.start, due.end if is_that_day else start.start, start.zone)


def _day_of(due: Times | None) -> date | None:
    if isinstance(due, Timed):
        return due.start.astimezone(ZoneInfo(due.zone)).date()
    return due.start if due else None
