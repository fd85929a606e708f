"""What one side shows of an entry, in the terms that both sides have.

An item and an event can be compared only as far as both can say the same. Of that they
have six parts; start, end, all-day and zone are one of them (docs/sync.md 2). Whatever a
provider is known to lose is listed here, and equality is after it (docs/sync.md 10).
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from calsync.core.event import AllDay, Timed, Times
from calsync.core.item_record import dump_times, load_times


class Part(StrEnum):
    """What a change can touch."""

    TITLE = "title"
    TIMES = "times"
    PLACE = "place"
    TEXT = "text"
    PRIVATE = "private"
    FREE = "free"


Parts = frozenset[Part]
#: In order; a tuple is walked in a fraction of the time that an Enum takes.
PARTS: tuple[Part, ...] = tuple(Part)
ALL_PARTS: Parts = frozenset(Part)
NO_PARTS: Parts = frozenset()


@dataclass(frozen=True, slots=True)
class Content:
    """An entry as one side shows it; ``text`` is without our footer."""

    title: str = field(repr=False)
    times: Times
    place: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    private: bool = False
    free: bool = False

    def get(self, part: Part) -> object:
        """Return the value of one part."""
        # The name of a part is the part itself, and its ``value`` takes several times as long.
        return getattr(self, part)

    def taking(self, other: "Content", parts: Iterable[Part]) -> "Content":
        """Return this content with some parts as the other has them."""
        taken: dict[str, Any] = {part.value: other.get(part) for part in parts}
        return replace(self, **taken)


def find_differing(one: Content, other: Content) -> Parts:
    """Return the parts in which two contents differ by more than a provider may lose."""
    if one == other:
        return NO_PARTS
    return frozenset(part for part in PARTS if not is_same(part, one.get(part), other.get(part)))


def is_same(part: Part, one: object, other: object) -> bool:
    """Tell whether two values of a part are the same after what a provider may lose."""
    if one == other or canonical(part, one) == canonical(part, other):
        return True
    return part is Part.TEXT and not _readings(one).isdisjoint(_readings(other))


def canonical(part: Part, value: object) -> object:
    """Return what is certain to be left of a value after its way through a provider.

    Lost on the way are: seconds, the name of the zone, markup, runs of blanks and of
    empty lines, and the blanks at either end.
    """
    match value:
        case Timed():
            return (_cut_to_minutes(value.start), _cut_to_minutes(value.end))
        case AllDay():
            return (value.start, value.end)
        case str():
            return _squeeze(_read_html(value) if part is Part.TEXT else value)
        case _:
            return value


def dump_content(content: Content) -> dict[str, Any]:
    """Return a content as JSON has it."""
    return {
        "title": content.title,
        "times": dump_times(content.times),
        "place": content.place,
        "text": content.text,
        "private": content.private,
        "free": content.free,
    }


def load_content(dumped: Mapping[str, Any]) -> Content:
    """Return what ``dump_content`` was given."""
    return Content(**{**dumped, "times": load_times(dumped["times"])})


_BLANKS = re.compile(r"\s+")
_MARKUP = re.compile(r"<[^<>]*>")


def _readings(text: object) -> frozenset[str]:
    """Return what a text may say: as it stands, and as HTML.

    Nobody can tell which it is: a person may have typed what looks like markup, and that
    comes back escaped.
    """
    return frozenset({_squeeze(str(text)), _squeeze(_read_html(str(text)))})


def _read_html(text: str) -> str:
    return html.unescape(_MARKUP.sub(" ", text))


def _squeeze(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def _cut_to_minutes(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
