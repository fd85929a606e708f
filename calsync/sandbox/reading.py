"""Which events a read of the API returns."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from calsync.sandbox import api, application, calendars, times
from calsync.sandbox.errors import plan_lacks, unprocessable
from calsync.sandbox.store import Transaction

#: Cronofy keeps so many days of each calendar, back and ahead.
DAYS_BACK, DAYS_AHEAD = 42, 201


@dataclass(frozen=True)
class Window:
    """From when up to when: for timed events in the caller's zone, for all-day ones by date."""

    from_second: int
    to_second: int
    from_day: int
    to_day: int
    #: Neither end was given: then the application's own events are shown whenever they are.
    is_default: bool


@dataclass(frozen=True)
class Query:
    """What a read asks for."""

    window: Window
    calendar_ids: list[str]
    last_modified: int | None = None
    include_deleted: bool = False
    include_moved: bool = False
    include_managed: bool = False
    only_managed: bool = False
    is_localized: bool = False
    with_google_ids: bool = False


def parse_query(tx: Transaction, sub: str, given: Mapping[str, Any]) -> Query:
    """Return what the parameters ask for, or raise the 422 (402 for places)."""
    window = parse_window(tx, given)
    if api.parse_boolean(given, "include_geo"):
        raise plan_lacks("the places of events")
    return Query(
        window,
        choose_calendars(tx, sub, given.get("calendar_ids")),
        last_modified=_parse_last_modified(given.get("last_modified")),
        include_deleted=api.parse_boolean(given, "include_deleted"),
        include_moved=api.parse_boolean(given, "include_moved"),
        include_managed=api.parse_boolean(given, "include_managed"),
        only_managed=api.parse_boolean(given, "only_managed"),
        is_localized=api.parse_boolean(given, "localized_times"),
        with_google_ids=api.parse_boolean(given, "google_event_ids"),
    )


def parse_window(tx: Transaction, given: Mapping[str, Any]) -> Window:
    """Return the window that ``tzid``, ``from`` and ``to`` describe, or raise the 422."""
    zone = _parse_zone(given.get("tzid"))
    today = times.today_in(tx.now, zone)
    earliest, latest = times.days_from(today, -DAYS_BACK), times.days_from(today, DAYS_AHEAD)
    from_second, from_day = _parse_border(given, "from", earliest, zone)
    to_second, to_day = _parse_border(given, "to", latest, zone)
    if from_second < times.midnight_in(earliest, zone):
        raise unprocessable("from", "out_of_bounds", f"must be within {DAYS_BACK} days back")
    if to_second > times.midnight_in(latest, zone):
        raise unprocessable("to", "out_of_bounds", f"must be within {DAYS_AHEAD} days ahead")
    if to_second < from_second:
        raise unprocessable("to", "invalid", "must not be before from")
    is_default = not given.get("from") and not given.get("to")
    return Window(from_second, to_second, from_day, to_day, is_default)


def find_rows(tx: Transaction, query: Query) -> list[int]:
    """Return the ids of the rows that the query is for, by their start."""
    if not query.calendar_ids:
        return []
    marks = ",".join("?" * len(query.calendar_ids))
    values: list[object] = [*query.calendar_ids]
    where = [f"e.calendar_id IN ({marks})"]
    if not query.include_deleted:
        where.append("NOT e.is_deleted")
    if query.only_managed:
        where.append("e.event_id IS NOT NULL")
    elif not query.include_managed:
        where.append("e.event_id IS NULL")
    if query.last_modified is not None:
        where.append("e.updated_at >= ?")
        values.append(query.last_modified)
    condition, bounds = _window_condition(query)
    where.append(condition)
    values.extend(bounds)
    sql = "SELECT e.id FROM events e WHERE " + " AND ".join(where)  # noqa: S608 - our own words
    return [row["id"] for row in tx.connection.execute(sql + " ORDER BY e.starts_at, e.id", values)]


def choose_calendars(tx: Transaction, sub: str, wanted: object) -> list[str]:
    """Return the calendars to read: those asked for, or all, less what cannot be read."""
    rows = calendars.list_calendars_of_account(tx, sub)
    if wanted is not None:
        chosen = set(application.check_calendar_ids(tx, sub, wanted))
        rows = [row for row in rows if row["calendar_id"] in chosen]
    return [row["calendar_id"] for row in rows if _is_readable(row)]


def _is_readable(row: sqlite3.Row) -> bool:
    """Tell whether Cronofy has the calendar's events: not before the first pull."""
    return not row["is_deleted"] and not row["needs_initial_sync"]


def _window_condition(query: Query) -> tuple[str, list[int]]:
    window = query.window
    bounds = [window.to_day, window.from_day, window.to_second, window.from_second]
    inside = (
        "CASE WHEN {0}.is_all_day THEN {0}.starts_at < ? AND {0}.ends_at > ?"
        " ELSE {0}.starts_at < ? AND {0}.ends_at >= ? END"
    )
    condition, values = inside.format("e"), bounds
    if query.include_moved:
        moved = "SELECT p.event FROM past_spans p WHERE " + inside.format("p")  # noqa: S608
        condition += f" OR e.id IN ({moved})"
        values = [*bounds, *bounds]
    if window.is_default and (query.only_managed or query.include_managed):
        condition += " OR e.event_id IS NOT NULL"
    return f"({condition})", values


def _parse_zone(name: object) -> ZoneInfo:
    if name is None or name == "":
        raise unprocessable("tzid", "required", "is missing")
    zone = times.find_zone(name) if isinstance(name, str) else None
    if zone is None:
        raise unprocessable("tzid", "invalid", "is not an IANA time zone")
    return zone


def _parse_border(
    given: Mapping[str, Any], name: str, default: date, zone: ZoneInfo
) -> tuple[int, int]:
    """Return a border for timed events and one for all-day events."""
    text = given.get(name)
    if text is None or text == "":
        return times.midnight_in(default, zone), times.date_to_second(default)
    try:
        moment = times.parse_moment(text)
    except times.BadTime as error:
        raise unprocessable(name, "invalid", str(error)) from error
    if not moment.is_date:
        return moment.second, moment.second
    return times.midnight_in(times.second_to_date(moment.second), zone), moment.second


def _parse_last_modified(text: object) -> int | None:
    if text is None or text == "":
        return None
    try:
        return times.parse_moment(text).second
    except times.BadTime as error:
        raise unprocessable("last_modified", "invalid", str(error)) from error
