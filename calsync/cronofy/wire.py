"""Reading Cronofy's JSON tolerantly, field by field.

Unknown keys are ignored; a missing key and null are alike; a wrong type is an
``UnreadableField``, which the modules beside this one turn into one set-aside event or
into an unreadable answer.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from calsync.core.event import NO_ZONE, AllDay, Timed, Times
from calsync.errors import UnreadableAnswer

#: A JSON object, of which nothing is known yet.
Json = Mapping[str, Any]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
#: Cronofy's times, and those of its C# client with a blank for the T (docs/cronofy-api.md 5.1).
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}", re.ASCII)
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class UnreadableField(Exception):
    """A field had a form that Cronofy does not document; ``reason`` is a code.

    Stays inside this package.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(body: bytes) -> Mapping[str, Any]:
    """Return the object that an answer's body holds; UnreadableAnswer if it holds none."""
    parsed: object
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise UnreadableAnswer("The answer is no JSON object.")
    return parsed


def objects(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the list of objects under ``key``; missing is unreadable, not empty."""
    entries = raw.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UnreadableAnswer(f"The answer has no list of {key}.")
    return entries


def child(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under ``key``, an empty one where it is missing."""
    value = raw.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableField(f"{key}.wrong_type")
    return value


def children(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the objects under ``key``, none where it is missing."""
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise UnreadableField(f"{key}.wrong_type")
    return value


def text(raw: Mapping[str, Any], key: str) -> str:
    """Return the words under ``key``, an empty string where they are missing."""
    return find_text(raw, key) or ""


def find_text(raw: Mapping[str, Any], key: str) -> str | None:
    """Return the words under ``key`` or None."""
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableField(f"{key}.wrong_type")
    return clean(value)


def identifier(raw: Mapping[str, Any], key: str) -> str:
    """Return the id under ``key``; a missing or empty one is unreadable."""
    value = find_text(raw, key)
    if not value:
        raise UnreadableField(f"{key}.missing")
    return value


def flag(raw: Mapping[str, Any], key: str) -> bool:
    """Return the truth under ``key``, False where it is missing.

    Strict about everything else: ``"false"`` taken for true would delete an event.
    """
    value = raw.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise UnreadableField(f"{key}.wrong_type")
    return value


def link(raw: Mapping[str, Any], key: str) -> str | None:
    """Return the web address under ``key``, None for anything but http and https."""
    value = raw.get(key)
    if not isinstance(value, str) or value != clean(value):
        return None
    try:
        address = urlsplit(value)
    except ValueError:
        return None
    return value if address.scheme in ("http", "https") and address.hostname else None


def moment(value: object) -> datetime | None:
    """Return the time that a string tells, in UTC and whole seconds, or None.

    None also for the nonsense that occurs in samples, such as the year 0.
    """
    found = _read_time(value, zone=None)
    return None if found is None else found[0]


def times(raw: Mapping[str, Any]) -> Times:
    """Return when an event is, from any of the forms of docs/cronofy-api.md 5.4.

    Both ends are dates or both are times. A zone that nobody knows becomes Etc/UTC: it is
    a hint for display, the instants stand by themselves.
    """
    start, end = _end(raw, "start"), _end(raw, "end")
    if isinstance(start, tuple) and isinstance(end, tuple):
        if end[0] < start[0]:
            raise UnreadableField("end.before_start")
        return Timed(start[0], end[0], start[1])
    if isinstance(start, date) and isinstance(end, date):
        if end <= start:
            raise UnreadableField("end.before_start")
        return AllDay(start, end)
    raise UnreadableField("end.other_kind_than_start")


def clean(words: str) -> str:
    """Return words that every database takes: no NUL, no half of a surrogate pair."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", words)


def _end(raw: Mapping[str, Any], key: str) -> date | tuple[datetime, str]:
    """Return one end of an event: a date, or a time in UTC with its zone."""
    value: Any = raw.get(key)
    tzid: Any = None
    if isinstance(value, dict):
        value, tzid = value.get("time"), value.get("tzid")
    if value is None:
        raise UnreadableField(f"{key}.missing")
    day = _read_date(value)
    found = day or _read_time(value, zone=_known_zone(tzid))
    if found is None:
        raise UnreadableField(f"{key}.unreadable")
    return found


def _read_date(value: object) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _read_time(value: object, zone: str | None) -> tuple[datetime, str] | None:
    """Return a time in UTC and its zone; a time without an offset needs a known zone."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        local = datetime.fromisoformat(value)
        if local.tzinfo is None:
            if zone is None:
                return None
            local = local.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC).replace(microsecond=0), zone or NO_ZONE
    except (ValueError, OverflowError):
        return None


def _known_zone(tzid: object) -> str | None:
    """Return the name of a zone of the IANA database, None for any other."""
    if not isinstance(tzid, str) or not _ZONE.fullmatch(tzid):
        return None
    try:
        ZoneInfo(tzid)
    except (ValueError, OSError):
        return None
    except KeyError:
        # ZoneInfoNotFoundError, for a name such as "Customized Time Zone".
        return None
    return tzid
