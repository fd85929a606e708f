"""Times and dates as the API writes and reads them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
#: Blank instead of T is what Cronofy's C# client sends; offsets are legal ISO 8601.
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|UTC|[+-]\d{2}:?\d{2})"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadTime(ValueError):
    """The text is neither a Date nor a Time that the API takes; the text says why."""


@dataclass(frozen=True)
class Moment:
    """A parsed Date or Time: epoch seconds (a Date's midnight in UTC) and which it was."""

    second: int
    is_date: bool


def parse_moment(text: object) -> Moment:
    """Return the Date or Time that ``text`` writes, or raise BadTime."""
    if not isinstance(text, str):
        raise BadTime("must be a Date or a Time")
    if _DATE.fullmatch(text):
        return Moment(date_to_second(_parse_date(text)), is_date=True)
    return Moment(parse_time(text), is_date=False)


def parse_time(text: object) -> int:
    """Return the epoch seconds of a Time, or raise BadTime."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadTime("must be a Time like 2026-03-01T09:00:00Z")
    day, clock, fraction, offset = match.groups()
    if fraction and int(fraction):
        raise BadTime("must not have milliseconds")
    zone = "+00:00" if offset in {"Z", "UTC"} else offset
    try:
        return int(datetime.fromisoformat(f"{day}T{clock}{zone}").timestamp())
    except (ValueError, OverflowError) as error:
        raise BadTime("is no such time") from error


def date_to_second(day: date) -> int:
    """Return the epoch second of the day's midnight in UTC."""
    return int(datetime.combine(day, time(), UTC).timestamp())


def second_to_date(second: int) -> date:
    """Return the day whose midnight in UTC this is (or the day it falls on)."""
    return datetime.fromtimestamp(second, UTC).date()


def midnight_in(day: date, zone: ZoneInfo) -> int:
    """Return the epoch second at which the day begins in the zone."""
    return int(datetime.combine(day, time(), zone).timestamp())


def today_in(second: float, zone: ZoneInfo) -> date:
    """Return the date that people in the zone write at this moment."""
    return datetime.fromtimestamp(second, zone).date()


def days_from(day: date, days: int) -> date:
    """Return the date so many days later."""
    return day + timedelta(days=days)


def format_time(second: int) -> str:
    """Return the Time as the API writes it, in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_date(second: int) -> str:
    """Return the Date whose midnight in UTC this is."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d")


def format_localized(second: int, zone: str) -> str:
    """Return the Time with the zone's own offset."""
    return datetime.fromtimestamp(second, ZoneInfo(zone)).isoformat(timespec="seconds")


@lru_cache(maxsize=512)
def find_zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone of this name, or None."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def _parse_date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadTime("is no such date") from error
    if not 1900 <= day.year <= 9000:
        raise BadTime("is out of bounds")
    return day
