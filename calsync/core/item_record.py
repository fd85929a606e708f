"""Fields of an item as plain values, for its history and for what was done to one occurrence."""

from collections.abc import Mapping
from dataclasses import fields as fields_of_class
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import ActivityType, ItemFields, ItemStatus, Kind, Priority

_CHOICES: dict[str, type[StrEnum]] = {
    "kind": Kind,
    "status": ItemStatus,
    "priority": Priority,
    "activity_type": ActivityType,
}
NAMES = tuple(field.name for field in fields_of_class(ItemFields))


def dump_field(name: str, value: object) -> Any:
    """Return the value of a field as JSON has it: times as an object, dates as text."""
    if name == "times":
        return dump_times(value)  # type: ignore[arg-type]  # the field of this name
    return value.isoformat() if isinstance(value, date) else value


def load_field(name: str, value: Any) -> object:
    """Return what ``dump_field`` was given."""
    if value is None:
        return None
    if name == "times":
        return load_times(value)
    if name == "due_on":
        return date.fromisoformat(value)
    return _CHOICES[name](value) if name in _CHOICES else value


def dump_times(times: Times | None) -> dict[str, str] | None:
    """Return times as an object: with a zone they are instants, without one they are dates."""
    if times is None:
        return None
    ends = {"start": times.start.isoformat(), "end": times.end.isoformat()}
    return {**ends, "zone": times.zone} if isinstance(times, Timed) else ends


def load_times(dumped: Mapping[str, str]) -> Times:
    """Return what ``dump_times`` was given."""
    start, end = dumped["start"], dumped["end"]
    if "zone" not in dumped:
        return AllDay(date.fromisoformat(start), date.fromisoformat(end))
    return Timed(load_moment(start), load_moment(end), dumped["zone"])


def load_moment(text: str) -> datetime:
    """Return an aware time in UTC, however it was written."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def find_changes(
    before: ItemFields | None, after: ItemFields | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, as they were and as they are."""
    old, new = dump_fields(before), dump_fields(after)
    names = [name for name in NAMES if old.get(name) != new.get(name)]
    return (
        {name: old[name] for name in names if name in old},
        {name: new[name] for name in names if name in new},
    )


def dump_fields(fields: ItemFields | None) -> dict[str, Any]:
    """Return every field as JSON has it; nothing for an item that is not there."""
    if fields is None:
        return {}
    return {name: dump_field(name, getattr(fields, name)) for name in NAMES}
