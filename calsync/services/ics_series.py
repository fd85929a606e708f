"""Series in iCalendar: the rule of an event, and what was done to its single occurrences."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event

from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import ItemFields
from calsync.core.recurrence import Override, expand, find_occurrences, parse_rule
from calsync.core.rule import RuleError
from calsync.services.ics_lines import Unreadable
from calsync.services.ics_times import to_utc, value_of
from calsync.services.ics_zones import find_zone

#: More exceptions than anybody makes by hand in one series.
MOST_OVERRIDES = 500
_OVERRIDDEN = ("subject", "description", "location", "status", "is_busy", "reminder_minutes")
_FAR = datetime(2300, 1, 1, tzinfo=UTC)


def with_rule(event: Event, fields: ItemFields) -> ItemFields:
    """Return the fields with the rule of an event. Raises Unreadable."""
    if fields.times is None:
        raise Unreadable("start.missing")
    try:
        rule = parse_rule(value_of(event, "RRULE").to_ical().decode(), fields.times)
    except RuleError as error:
        raise Unreadable(f"rule.{error.code}") from None
    return replace(fields, rule=rule.text)


def read_overrides(
    event: Event, fields: ItemFields, changed: list[tuple[Event, ItemFields]]
) -> tuple[tuple[Override, ...], list[Event]]:
    """Return what was done by hand to a series, and the changed ones that are none of it.

    ``changed`` are the occurrences that have an entry of their own. Raises Unreadable
    where nothing would take place.
    """
    removed = {_key_of(moment, name, fields) for moment, name in _list_dates(event, "EXDATE")}
    by_key = {_key_of_changed(each, fields): (each, one) for each, one in changed}
    if len(removed) + len(by_key) > MOST_OVERRIDES:
        raise Unreadable("rule.too_many")
    times = fields.times
    if times is None or fields.rule is None:
        return (), []
    rule = parse_rule(fields.rule, times)
    found = {each.key: each for each in find_occurrences(times, rule, removed | by_key.keys())}
    start = datetime.combine(times.start, time(), UTC) - timedelta(days=2)
    first = islice(expand(times, rule, start, _FAR), len(removed) + 1)
    if all(each.key in removed for each in first):
        raise Unreadable("rule.never_occurs")
    edited = {key: by_key[key][1] for key in sorted(by_key.keys() & found.keys() - removed)}
    overrides = (
        *(Override(key, is_removed=True) for key in sorted(removed & found.keys())),
        *(Override(key, changes=_changes(one, fields, found[key].times))
          for key, one in edited.items()),
    )  # fmt: skip
    return overrides, [each for key, (each, _) in by_key.items() if key not in edited]


def _key_of_changed(event: Event, fields: ItemFields) -> str:
    moment = value_of(event, "RECURRENCE-ID")
    return _key_of(moment.dt, str(moment.params.get("TZID", "")), fields)


def _changes(one: ItemFields, fields: ItemFields, times: Times) -> dict[str, object]:
    changes: dict[str, object] = {
        name: getattr(one, name)
        for name in _OVERRIDDEN
        if getattr(one, name) != getattr(fields, name)
    }
    if isinstance(one.times, Timed):
        one = replace(one, times=replace(one.times, zone=fields.time_zone))
    return {**changes, "times": one.times} if one.times != times else changes


def _list_dates(event: Event, name: str) -> Iterator[tuple[date, str]]:
    lists: Any = event.get(name, [])
    for each in lists if isinstance(lists, list) else [lists]:
        for moment in each.dts:
            if not isinstance(moment.dt, date):
                raise Unreadable("broken")
            yield moment.dt, str(each.params.get("TZID", ""))


def _key_of(moment: date, name: str, fields: ItemFields) -> str:
    """Return the key of the occurrence that was to begin at a moment."""
    if isinstance(fields.times, AllDay) or not isinstance(moment, datetime):
        return moment.isoformat()[:10]
    zone = fields.time_zone
    found = find_zone(name) if name else zone
    if (name and found == zone) or (not name and moment.tzinfo is None):
        wall = moment.replace(tzinfo=None)
    else:
        wall = to_utc(moment, name, zone)[0].astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return wall.isoformat() if wall.second else wall.isoformat()[:16]
