"""Between the rows of an item and the values that the core works with."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from calsync.core.clockwork import Clockwork
from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import ItemFields, find_due_day, shown_times
from calsync.core.item_record import NAMES, dump_field, load_field
from calsync.core.recurrence import Override, parse_rule
from calsync.core.rule_days import find_rule_day, list_days
from calsync.core.series import Series
from calsync.db.models import Item, ItemException

#: All-day is everywhere; the zones of the world are at most this far from UTC.
_FARTHEST_ZONE = timedelta(hours=14)
#: A series that takes longer to end is looked for as if it had none.
_SOON = timedelta(days=366 * 20)
_PLAIN = tuple(name for name in NAMES if name != "times")


def fields_of(item: Item) -> ItemFields:
    """Return what a person can set of an item, as its row has it."""
    return ItemFields(times=times_of(item), **{name: getattr(item, name) for name in _PLAIN})


def times_of(item: Item) -> Times | None:
    """Return when an item takes place, if anybody scheduled it."""
    if item.starts_at is not None and item.ends_at is not None:
        return Timed(item.starts_at, item.ends_at, item.time_zone)
    if item.starts_on is not None and item.ends_on is not None:
        return AllDay(item.starts_on, item.ends_on)
    return None


def shown_times_of(item: Item) -> Times | None:
    """Return where the item of a row stands in the calendar, as ``shown_times`` does."""
    return times_of(item) or find_due_day(item.kind, item.due_on)


def put_fields(item: Item, fields: ItemFields, overrides: Iterable[Override] = ()) -> None:
    """Write fields into a row; ``overrides`` may stand outside of the rule's own days."""
    for name in _PLAIN:
        setattr(item, name, getattr(fields, name))
    times = fields.times
    item.starts_at, item.ends_at = (
        (times.start, times.end) if isinstance(times, Timed) else (None, None)
    )
    item.starts_on, item.ends_on = (
        (times.start, times.end) if isinstance(times, AllDay) else (None, None)
    )
    item.reach_from, item.reach_until = _find_reach(fields, overrides)


def overrides_of(rows: Iterable[ItemException]) -> tuple[Override, ...]:
    """Return what was done by hand to single occurrences."""
    return tuple(
        Override(
            row.key,
            row.is_removed,
            {name: load_field(name, value) for name, value in row.changes.items()},
        )
        for row in rows
    )


def exception_rows(
    tenant_id: str, item_id: str, overrides: Iterable[Override]
) -> list[ItemException]:
    """Return the rows that keep these."""
    return [
        ItemException(
            tenant_id=tenant_id,
            item_id=item_id,
            key=override.key,
            is_removed=override.is_removed,
            changes=dump_changes(override.changes),
        )
        for override in overrides
    ]


def dump_changes(changes: Any) -> dict[str, Any]:
    """Return changes of an occurrence as JSON has them."""
    return {name: dump_field(name, value) for name, value in changes.items()}


def series_of(fields: ItemFields, rows: Iterable[ItemException]) -> Series | None:
    """Return the series that an item is, if it repeats."""
    if fields.rule is None or fields.times is None:
        return None
    return Series(fields.times, parse_rule(fields.rule, fields.times), overrides_of(rows))


def with_usual_rule(fields: ItemFields) -> ItemFields:
    """Return the fields with their rule as others read it, however it was written."""
    series = series_of(fields, ())
    return replace(fields, rule=series.rule.text) if series else fields


def with_series(fields: ItemFields, series: Series) -> ItemFields:
    """Return the fields with the times and the rule of a series."""
    return replace(fields, times=series.times, rule=series.rule.text)


def begin_of(times: Times) -> datetime:
    """Return the first moment at which an entry with these times may stand, in any zone."""
    return _span(times)[0]


def _find_reach(
    fields: ItemFields, overrides: Iterable[Override]
) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last moment at which any entry may stand, in any zone."""
    times = shown_times(fields)
    if times is None:
        return None, None
    spans = [_span(times)]
    spans += [_span(override.times) for override in overrides if override.times]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    if fields.rule is None or fields.times is None:
        return first, last
    rule = parse_rule(fields.rule, fields.times)
    if rule.is_endless:
        return first, None
    ends = _last_end(Series(fields.times, rule))
    return first, max(last, ends) if ends else None


def _last_end(series: Series) -> datetime | None:
    """Return when a series that ends is over at the latest; None for one that goes on for long.

    Little is asked here: a calendar file may bring a thousand series with odd rules.
    """
    clockwork, rule = Clockwork(series.times), series.rule
    last = rule.until.toordinal() if rule.until else None
    if last is None:
        soon = replace(rule, until=clockwork.first + _SOON)
        days = [day for each in list_days(soon, clockwork.first) for day in each]
        is_beside = find_rule_day(rule, clockwork.first) != clockwork.first.toordinal()
        last = days[-1] if len(days) == (rule.count or 0) + is_beside else None
    return _span(clockwork.strike(last)[1])[1] if last is not None else None


def _span(times: Times) -> tuple[datetime, datetime]:
    if isinstance(times, Timed):
        return times.start, times.end
    start = datetime.combine(times.start, time(), UTC) - _FARTHEST_ZONE
    return start, datetime.combine(times.end, time(), UTC) + _FARTHEST_ZONE
