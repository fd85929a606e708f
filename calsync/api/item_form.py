"""An item as the API has it, and the values that it is made of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from calsync.api.fields import format_moment
from calsync.core.clockwork import get_zone
from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.recurrence import Override
from calsync.core.rule import RuleError
from calsync.services.item_access import ItemView

#: What others are told of a private item.
BUSY = "Busy"
#: The API's names for the product's own, where they differ.
_NAMES = {
    "private": "is_private",
    "busy": "is_busy",
    "client": "client_id",
    "contact": "contact_id",
    "ticket": "ticket_id",
}
_PLAIN = (
    "kind",
    "subject",
    "description",
    "location",
    "time_zone",
    "private",
    "busy",
    "status",
    "external_id",
    "ticket",
    "rule",
    "reminder_minutes",
    "priority",
    "percent_done",
    "due_on",
    "project",
    "activity_type",
    "client",
    "contact",
    "outcome",
    "site",
)


def write_item(view: ItemView) -> dict[str, Any]:
    """Return an item as JSON has it."""
    values = {name: _plain(value) for name, value in values_of(view).items()}
    if view.is_hidden and view.rights:  # of what has left one's sight, nothing is told
        values["subject"] = BUSY
    return {
        "id": view.id,
        **values,
        "version": view.version,
        "created_at": format_moment(view.created_at),
        "updated_at": format_moment(view.updated_at),
        "deleted": view.deleted_at is not None,
        "exceptions": [_write_exception(each) for each in view.overrides],
    }


def write_occurrence(view: ItemView) -> dict[str, Any]:
    """Return one occurrence of a series as JSON has it."""
    values = {name: _plain(value) for name, value in values_of(view).items()}
    if view.is_hidden:
        values["subject"] = BUSY
    own = [name for each in view.overrides if each.key == view.key for name in _name(each)]
    return {
        "key": view.key,
        "item": view.id,
        **values,
        "version": view.version,
        "changed": sorted(own),
    }


def _write_exception(override: Override) -> dict[str, Any]:
    return {"key": override.key, "removed": override.is_removed, "changes": _name(override)}


def _name(override: Override) -> dict[str, Any]:
    """Return what an occurrence has for itself, called as the API calls it."""
    calls = {own: name for name, own in _NAMES.items()}
    named = {calls.get(own, own): _plain(value) for own, value in override.changes.items()}
    named.pop("times", None)
    if override.times is not None:
        named |= {
            "start": format_moment(override.times.start),
            "end": format_moment(override.times.end),
            "all_day": isinstance(override.times, AllDay),
        }
    return named


def values_of(view: ItemView) -> dict[str, Any]:
    """Return everything that a program can set of an item, as it is."""
    fields = view.fields
    times = fields.times
    return {
        **{name: getattr(fields, _NAMES.get(name, name)) for name in _PLAIN},
        "start": times.start if times else None,
        "end": times.end if times else None,
        "all_day": isinstance(times, AllDay),
        "assignees": list(view.assignees),
    }


def read_fields(values: Mapping[str, Any], zone: str) -> ItemFields:
    """Return the fields that the values say, in ``zone`` where they name none.

    Raises UnfitItem for times that are none; the rest is looked at when it is saved.
    """
    chosen = {_NAMES.get(name, name): values[name] for name in _PLAIN if name in values}
    fields = replace(ItemFields(values["kind"], time_zone=zone), **chosen)
    try:
        get_zone(fields.time_zone)
    except RuleError:
        raise UnfitItem((Fault("time_zone", "unknown_zone"),)) from None
    return replace(fields, times=_read_times(values, fields.time_zone))


def _read_times(values: Mapping[str, Any], zone: str) -> Times | None:
    start, end = values.get("start"), values.get("end")
    is_all_day = bool(values.get("all_day"))
    if start is None and end is None and not is_all_day:
        return None
    moments = {"start": start, "end": end}
    faults = [Fault(name, "missing") for name, moment in moments.items() if moment is None]
    faults += [
        Fault(name, "not_a_date" if is_all_day else "not_a_time")
        for name, moment in moments.items()
        if moment is not None and isinstance(moment, datetime) is is_all_day
    ]
    if faults:
        raise UnfitItem(tuple(faults))
    try:
        return AllDay(start, end) if is_all_day else Timed(start, end, zone)  # type: ignore[arg-type]
    except ValueError:
        raise UnfitItem((Fault("end", "before_start"),)) from None


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return format_moment(value)
    return value.value if isinstance(value, StrEnum) else value
