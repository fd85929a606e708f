"""Links as plain values, for their rows."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from calsync.core.content import Part, dump_content, load_content
from calsync.core.item_record import dump_times, load_moment, load_times
from calsync.core.link import (
    Act,
    Conflict,
    Declined,
    Deed,
    Flight,
    Link,
    LinkState,
    Origin,
    Seen,
    Side,
)

Value = TypeVar("Value")


def dump_link(link: Link) -> dict[str, Any]:
    """Return a link as JSON has it, but for its origin and state, which have columns."""
    record: dict[str, Any] = {
        "here": _or_none(dump_content, link.here),
        "there": _or_none(dump_content, link.there),
        "seen": _or_none(_dump_seen, link.seen),
        "flight": _or_none(_dump_flight, link.flight),
        "late": _or_none(_dump_flight, link.late),
        "older": _or_none(_dump_flight, link.older),
        "deleted_at": _or_none(datetime.isoformat, link.deleted_at),
        "declined": {
            part.value: [d.side.value, d.reason, dump_part(part, d.value)]
            for part, d in link.declined.items()
        },
        "conflicts": {
            part.value: [dump_part(part, c.mine), dump_part(part, c.theirs)]
            for part, c in link.conflicts.items()
        },
        "put_back": list(link.put_back),
        "overwritten": _dump_parts(link.overwritten),
        "carried_over": _dump_parts(link.carried_over),
        "acts": sorted(act.value for act in link.acts),
        "is_off": link.is_off,
        "tries": link.tries,
        "misses": link.misses,
        "held": sorted(deed.value for deed in link.held),
        "held_for": link.held_for,
        "gone_at": _or_none(datetime.isoformat, link.gone_at),
        "agreed_at": _or_none(datetime.isoformat, link.agreed_at),
        "times_taken_at": _or_none(datetime.isoformat, link.times_taken_at),
    }
    return {name: value for name, value in record.items() if value}


def load_link(origin: Origin, state: LinkState, record: Mapping[str, Any]) -> Link:
    """Return what ``dump_link`` was given."""
    return Link(
        origin=origin,
        state=state,
        here=_or_none(load_content, record.get("here")),
        there=_or_none(load_content, record.get("there")),
        seen=_or_none(_load_seen, record.get("seen")),
        flight=_or_none(_load_flight, record.get("flight")),
        late=_or_none(_load_flight, record.get("late")),
        older=_or_none(_load_flight, record.get("older")),
        deleted_at=_or_none(load_moment, record.get("deleted_at")),
        declined={
            Part(name): Declined(Side(side), reason, load_part(Part(name), value))
            for name, (side, reason, value) in record.get("declined", {}).items()
        },
        conflicts={
            Part(name): Conflict(load_part(Part(name), mine), load_part(Part(name), theirs))
            for name, (mine, theirs) in record.get("conflicts", {}).items()
        },
        put_back=tuple(record.get("put_back", ())),
        overwritten=_load_parts(record.get("overwritten", {})),
        carried_over=_load_parts(record.get("carried_over", {})),
        acts=frozenset(map(Act, record.get("acts", ()))),
        is_off=record.get("is_off", False),
        tries=record.get("tries", 0),
        misses=record.get("misses", 0),
        held=frozenset(map(Deed, record.get("held", ()))),
        held_for=record.get("held_for"),
        gone_at=_or_none(load_moment, record.get("gone_at")),
        agreed_at=_or_none(load_moment, record.get("agreed_at")),
        times_taken_at=_or_none(load_moment, record.get("times_taken_at")),
    )


def dump_part(part: Part, value: Any) -> Any:
    """Return the value of one part as JSON has it."""
    return dump_times(value) if part is Part.TIMES else value


def load_part(part: Part, value: Any) -> Any:
    """Return what ``dump_part`` was given."""
    return load_times(value) if part is Part.TIMES else value


def _dump_parts(values: Mapping[Part, Any]) -> dict[str, list[Any]]:
    return {part.value: [dump_part(part, value)] for part, value in values.items()}


def _load_parts(record: Mapping[str, Any]) -> dict[Part, Any]:
    return {Part(name): load_part(Part(name), value) for name, [value] in record.items()}


_FLAGS = ("is_deleted", "can_update", "can_delete", "has_guests", "is_off")


def _dump_seen(seen: Seen) -> dict[str, Any]:
    since = {part.value: moment.isoformat() for part, moment in seen.since.items()}
    return {
        "content": _or_none(dump_content, seen.content),
        "updated": _or_none(datetime.isoformat, seen.updated),
        "created": _or_none(datetime.isoformat, seen.created),
        "since": since,
        **({"series": seen.series} if seen.series else {}),
        **{name: True for name in _FLAGS if getattr(seen, name)},
    }


def _load_seen(record: Mapping[str, Any]) -> Seen:
    return Seen(
        content=_or_none(load_content, record["content"]),
        updated=_or_none(load_moment, record["updated"]),
        created=_or_none(load_moment, record["created"]),
        since={Part(name): load_moment(moment) for name, moment in record["since"].items()},
        series=record.get("series"),
        **{name: record.get(name, False) for name in _FLAGS},
    )


def _dump_flight(flight: Flight) -> dict[str, Any]:
    return {
        "sent": _or_none(dump_content, flight.sent),
        "parts": sorted(part.value for part in flight.parts),
        "here": _or_none(dump_content, flight.here),
        "before": _or_none(_dump_seen, flight.before),
        "decided_at": flight.decided_at.isoformat(),
        "answered_at": _or_none(datetime.isoformat, flight.answered_at),
        "came_from": flight.came_from.value,
    }


def _load_flight(record: Mapping[str, Any]) -> Flight:
    return Flight(
        sent=_or_none(load_content, record["sent"]),
        parts=frozenset(map(Part, record["parts"])),
        here=_or_none(load_content, record["here"]),
        before=_or_none(_load_seen, record["before"]),
        decided_at=load_moment(record["decided_at"]),
        answered_at=_or_none(load_moment, record["answered_at"]),
        came_from=LinkState(record["came_from"]),
    )


def _or_none(make: Callable[[Any], Value], value: Any) -> Value | None:
    return None if value is None else make(value)
