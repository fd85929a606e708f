"""Times and dates as the API writes them, and as the provider counts them: in epoch seconds."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
_EPOCH = date(1970, 1, 1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:?\d{2})", re.ASCII
)


class BadMoment(ValueError):
    """Neither a Date nor a Time that the API takes."""


@lru_cache(4096)
def read_moment(text: str) -> tuple[int, bool]:
    """Return the second that a text means, and whether it is a Date; raise BadMoment.

    A Date stands for its midnight in UTC. Milliseconds are refused (docs/cronofy-api.md 1).
    """
    try:
        if _DATE.fullmatch(text):
            return day_to_second(date.fromisoformat(text)), True
        match = _TIME.fullmatch(text)
        if match is None or int(match[3] or 0):
            raise BadMoment(text)
        zone = "+00:00" if match[4] == "Z" else match[4]
        return int(datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}").timestamp()), False
    except (ValueError, OverflowError):
        raise BadMoment(text) from None


@lru_cache(4096)
def write_time(second: int) -> str:
    """Return a Time in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(64)
def write_header(second: int) -> str:
    """Return a time as the ``Date`` header has it."""
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)


@lru_cache(4096)
def write_date(second: int) -> str:
    """Return the Date of a midnight in UTC."""
    return datetime.fromtimestamp(second, UTC).date().isoformat()


@lru_cache(4096)
def write_localized(second: int, zone: str) -> str:
    """Return a Time with the offset of a zone."""
    return datetime.fromtimestamp(second, ZoneInfo(zone)).isoformat(timespec="seconds")


def day_to_second(day: date) -> int:
    """Return a day's midnight in UTC."""
    return (day - _EPOCH).days * DAY


@lru_cache(1024)
def midnight(day: date, zone: str) -> int:
    """Return when a day begins in a zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


@lru_cache(256)
def is_zone(name: object) -> bool:
    """Tell whether this is the name of a zone."""
    try:
        ZoneInfo(str(name))
    except (ValueError, OSError, KeyError):
        return False
    return isinstance(name, str)


def today(second: float, zone: str) -> date:
    """Return the day that it is in a zone."""
    return datetime.fromtimestamp(second, ZoneInfo(zone)).date()


def count(moment: datetime | date) -> tuple[int, bool]:
    """Return the second of an aware time or of a day, and whether it is a day."""
    if isinstance(moment, datetime):
        return int(moment.timestamp()), False
    return day_to_second(moment), True


def wall(second: int, zone: str, days: int) -> int:
    """Return the same hour on the wall so many days later."""
    there = ZoneInfo(zone)
    local = datetime.fromtimestamp(second, there).replace(tzinfo=None) + timedelta(days=days)
    return int(local.replace(tzinfo=there).timestamp())
