"""Between the form of an item and its fields."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.core.clockwork import get_zone
from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import (
    ALWAYS_TIMED,
    ActivityType,
    Fault,
    ItemFields,
    ItemStatus,
    Kind,
    Priority,
    UnfitItem,
    find_faults,
)
from calsync.core.rule import LONGEST_INTERVAL, MOST_OCCURRENCES, Frequency
from calsync.core.whole_number import read_whole_number
from calsync.web.i18n import _
from calsync.web.item_faults import describe_fault, find_field
from calsync.web.item_form import SHOWN, ItemForm
from calsync.web.repeats import KEEP, NEVER, Choices, choose
from calsync.web.time_fields import (
    DAY,
    complain,
    fill_times,
    read_all_day,
    read_clock,
    read_day,
    read_moment,
    read_number,
    read_text,
    read_timed,
)

_TEXTS = ("subject", "description", "location", "project", "outcome", "site")
_IDS = ("ticket_id", "client_id", "contact_id")


def read_item(form: ItemForm, kind: Kind, zones: Collection[str], before: ItemFields) -> ItemFields:
    """Return what the form says, its rule apart; what is wrong is said at its fields.

    What this kind's form does not show stays as it was in ``before``.
    """
    shown = SHOWN[kind]
    zone = _read_zone(form, zones, before)
    found: dict[str, Any] = {"kind": kind, "time_zone": zone.key}
    found |= {name: read_text(form, name) for name in _TEXTS if name in shown}
    found |= {name: read_text(form, name) or None for name in _IDS if name in shown}
    found["times"] = _read_times(form, kind, zone, before.times)
    if "is_private" in shown:
        found["is_private"] = bool(form.is_private.data)
    for read in (_read_appointment, _read_task, _read_todo, _read_call, _read_activity):
        found |= read(form, kind, before)
    fields = replace(before, rule=None, **found)
    _add_faults(form, fields)
    return fields


def read_choices(form: ItemForm, before: Choices) -> Choices:
    """Return how the item is to repeat; what is wrong is said at its fields."""
    frequency = str(form.repeats.data)
    if frequency in (NEVER, before.frequency) and frequency in (NEVER, KEEP):
        return Choices(frequency)
    if frequency not in set(Frequency):
        complain(form, "repeats", _("Choose how it repeats from the list"))
        return Choices()
    ends = str(form.ends.data)
    if ends not in ("never", "count", "until"):
        complain(form, "ends", _("Choose when it ends"))
    is_weekly = frequency == Frequency.WEEKLY
    is_counted, is_dated = ends == "count", ends == "until"
    return Choices(
        frequency=frequency,
        interval=read_number(form, "interval", 1, LONGEST_INTERVAL),
        weekdays=_read_weekdays(form) if is_weekly else (),
        monthly=str(form.monthly.data) if form.monthly.data in ("nth", "last") else "day",
        ends=ends,
        count=read_number(form, "count", 1, MOST_OCCURRENCES) if is_counted else None,
        until=read_day(form, "until", is_required=True) if is_dated else None,
    )


def show_faults(form: ItemForm, error: UnfitItem) -> None:
    """Say each fault at its field."""
    for fault in error.faults:
        complain(form, find_field(fault), describe_fault(fault))


def fill_form(fields: ItemFields, rule: str | None, first: Times | None) -> dict[str, Any]:
    """Return what the form shows of an item; ``rule`` is that of a series that starts ``first``."""
    filled: dict[str, Any] = {
        **{name: getattr(fields, name) for name in (*_TEXTS, *_IDS, "time_zone")},
        **{
            name: getattr(fields, name).value
            for name in ("kind", "activity_type", "priority", "status")
        },
        **fill_times(fields.times, get_zone(fields.time_zone)),
        **fill_choices(choose(rule, first)),
        "all_day": isinstance(fields.times, AllDay),
        "is_private": fields.is_private,
        "shown_as": "busy" if fields.is_busy else "free",
        "reminder": "" if fields.reminder_minutes is None else str(fields.reminder_minutes),
        "due_on": fields.due_on.isoformat() if fields.due_on else "",
        "percent_done": str(fields.percent_done),
        "done": fields.status is ItemStatus.DONE,
    }
    return filled


def fill_choices(choices: Choices) -> dict[str, Any]:
    """Return what the form shows of how an item repeats."""
    return {
        "repeats": choices.frequency,
        "interval": str(choices.interval),
        "weekdays": [str(day) for day in choices.weekdays],
        "monthly": choices.monthly,
        "ends": choices.ends,
        "count": "" if choices.count is None else str(choices.count),
        "until": choices.until.isoformat() if choices.until else "",
    }


def _read_zone(form: ItemForm, zones: Collection[str], before: ItemFields) -> ZoneInfo:
    chosen = str(form.time_zone.data)
    if chosen in zones:
        return get_zone(chosen)
    complain(form, "time_zone", _("Choose a time zone from the list"))
    return get_zone(before.time_zone)


def _read_times(form: ItemForm, kind: Kind, zone: ZoneInfo, before: Times | None) -> Times | None:
    is_needed = kind in ALWAYS_TIMED
    has_end = kind is not Kind.TODO and read_text(form, "end_time")
    has_time = bool(read_text(form, "time") or has_end)
    day = read_day(form, "date", is_required=is_needed or has_time)
    if day is None:
        return None
    if kind is Kind.TODO:
        return _read_due(form, day, zone, before)
    if form.all_day.data if is_needed else not has_time:
        return read_all_day(form, day)
    return read_timed(form, day, zone, needs_end=is_needed)


def _read_due(form: ItemForm, day: date, zone: ZoneInfo, before: Times | None) -> Times | None:
    """Return when a todo is due: a moment, or a whole day; or longer, if it was so elsewhere."""
    clock = read_clock(form, "time")
    if clock is None:
        days = before.end - before.start if isinstance(before, AllDay) else DAY
        return None if form.time.errors else AllDay(day, day + days)
    moment = read_moment(form, ("time", "fold"), day, clock, zone)
    length = before.end - before.start if isinstance(before, Timed) else timedelta()
    return Timed(moment, moment + length, zone.key) if moment else None


def _read_appointment(form: ItemForm, kind: Kind, before: ItemFields) -> dict[str, Any]:
    if kind is not Kind.APPOINTMENT:
        return {}
    if form.shown_as.data not in ("busy", "free"):
        complain(form, "shown_as", _("Choose how others see you"))
    reminder = read_text(form, "reminder")
    minutes = read_whole_number(reminder)
    if reminder and (minutes is None or len(reminder) > 6):
        complain(form, "reminder", _("Choose a reminder from the list"))
        minutes = before.reminder_minutes
    return {"is_busy": form.shown_as.data != "free", "reminder_minutes": minutes}


def _read_task(form: ItemForm, kind: Kind, before: ItemFields) -> dict[str, Any]:
    if kind is not Kind.TASK:
        return {}
    percent = read_number(form, "percent_done", 0, 100)
    status = before.status
    if status is not ItemStatus.CANCELLED:
        status = ItemStatus.DONE if percent == 100 else ItemStatus.OPEN
    if form.priority.data not in set(Priority):
        complain(form, "priority", _("Choose a priority from the list"))
        return {}
    return {
        "due_on": read_day(form, "due_on"),
        "percent_done": percent,
        "status": status,
        "priority": Priority(form.priority.data),
    }


def _read_todo(form: ItemForm, kind: Kind, _before: ItemFields) -> dict[str, Any]:
    if kind is not Kind.TODO:
        return {}
    return {"status": ItemStatus.DONE if form.done.data else ItemStatus.OPEN}


def _read_call(form: ItemForm, kind: Kind, _before: ItemFields) -> dict[str, Any]:
    if kind is not Kind.SERVICE_CALL:
        return {}
    if form.status.data not in set(ItemStatus):
        complain(form, "status", _("Choose a status from the list"))
        return {}
    return {"status": ItemStatus(form.status.data)}


def _read_activity(form: ItemForm, kind: Kind, _before: ItemFields) -> dict[str, Any]:
    if kind is not Kind.CRM_ACTIVITY:
        return {}
    if form.activity_type.data not in set(ActivityType):
        complain(form, "activity_type", _("Choose what it is done by"))
        return {}
    return {"activity_type": ActivityType(form.activity_type.data)}


def _read_weekdays(form: ItemForm) -> tuple[int, ...]:
    chosen = {str(day) for day in form.weekdays.data or []}
    if not chosen <= set("0123456"):
        complain(form, "weekdays", _("Choose days from the list"))
    return tuple(sorted(int(day) for day in chosen & set("0123456")))


def _add_faults(form: ItemForm, fields: ItemFields) -> None:
    """Say what is wrong with the fields besides, so that all of it is said at once."""
    # Why there are no times is said already.
    faults = [fault for fault in find_faults(fields) if fault != Fault("start", "missing")]
    show_faults(form, UnfitItem(tuple(faults)))
