"""What each side shows of an entry, in terms that both have; not by the product's own mapping.

Two faces are compared after what a calendar service is known to lose: seconds, zones,
markup, runs of blanks, and the end of what is too long.
"""

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from calsync.db.models import Item
from tests.simulation.snapshots import Shown

PARTS = ("title", "times", "place", "text", "private", "free")
Values = Mapping[str, Any]
_TAGS = re.compile(r"<[^<>]*>")
_FOOTER = re.compile(r"(?:My Calendar:?\s*)?https?://[^\s/]+/calendar/item/\S+")
#: No service is known to cut to less than this.
_SHORTEST_CUT = 200


class Span(NamedTuple):
    """From when to when, to the minute; of whole days, the midnights."""

    is_all_day: bool
    start: int
    end: int


def face_of_item(row: Mapping[str, Any] | Item) -> Values:
    """Return what an item shows, from its row."""
    get = row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
    is_over, times = str(get("status")) in ("done", "cancelled"), _span_of_item(get)
    # What is to be done on a day takes none of it.
    is_of_a_day = str(get("kind")) in ("task", "todo") and times is not None and times.is_all_day
    return {
        "title": get("subject"),
        "times": times,
        "place": get("location") or get("site"),
        "text": get("description"),
        "private": get("is_private"),
        "free": is_over or is_of_a_day or not get("is_busy"),
    }


def face_of_event(event: Shown) -> Values:
    """Return what an event shows, without the footer of a copy."""
    return {
        "title": event.title,
        "times": Span(event.all_day, event.starts_at // 60, event.ends_at // 60),
        "place": event.place,
        "text": _FOOTER.sub("", event.text),
        "private": event.private,
        "free": event.free or event.declined or event.status == "cancelled",
    }


def is_same(part: str, one: Any, other: Any) -> bool:
    """Tell whether two values are the same but for what may be lost on the way."""
    if one == other:
        return True
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    if part == "text":
        return any(_is_cut(a, b) for a in _readings(one) for b in _readings(other))
    return _is_cut(_squeeze(one), _squeeze(other))


def find_unlike(one: Values, other: Values) -> list[str]:
    """Return the parts in which two faces differ."""
    return [part for part in PARTS if not is_same(part, one[part], other[part])]


def value_of_dumped(part: str, dumped: Any) -> Any:
    """Return a part's value from what the log has of it."""
    if part != "times" or not isinstance(dumped, Mapping):
        return dumped
    if "zone" in dumped:
        ends = [datetime.fromisoformat(dumped[name]).astimezone(UTC) for name in ("start", "end")]
        return Span(False, *(int(end.timestamp()) // 60 for end in ends))
    days = [date.fromisoformat(dumped[name]) for name in ("start", "end")]
    return Span(True, *map(_midnight, days))


def _span_of_item(get: Any) -> Span | None:
    if get("starts_at") is not None:
        ends = (get("starts_at"), get("ends_at"))
        return Span(False, *(int(end.timestamp()) // 60 for end in ends))
    if get("starts_on") is not None:
        return Span(True, _midnight(get("starts_on")), _midnight(get("ends_on")))
    if get("due_on") is not None:
        due = _midnight(get("due_on"))
        return Span(True, due, due + 24 * 60)
    return None


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 60


def _is_cut(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= _SHORTEST_CUT and long.startswith(short))


def _readings(text: str) -> tuple[str, str]:
    """Return a text as it stands and read as markup: nobody can tell which it was."""
    return _squeeze(text), _squeeze(html.unescape(_TAGS.sub(" ", text)))


def _squeeze(text: str) -> str:
    return " ".join(text.split())
