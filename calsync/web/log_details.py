"""What an entry of a log says of before and after, in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from calsync.core.actions import Removal
from calsync.core.content import Part
from calsync.core.item_record import load_times
from calsync.core.link import Side
from calsync.core.run import Result
from calsync.db.models import LogEntry
from calsync.web.i18n import _, _l
from calsync.web.item_words import say_times
from calsync.web.sync_words import PART_WORDS

#: What became of an entry whose event was removed, by what its kind bears.
REMOVAL_WORDS = {
    Removal.DELETE: _l("It is in the bin."),
    Removal.CANCEL: _l("It is cancelled."),
    Removal.UNSCHEDULE: _l("It has no time any more."),
    Removal.UNASSIGN: _l("It is not on your calendar any more."),
}
_LONGEST = 300


@dataclass(frozen=True)
class Detail:
    """One part of an entry: what it is called, what it was, what it is; empty where unknown."""

    label: str
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Details:
    """What is told of before and after: parts of it, and a sentence where one says it better."""

    parts: tuple[Detail, ...] = ()
    note: str = ""
    #: What the two columns are: before and after, or both calendars.
    is_of_sides: bool = False

    def __bool__(self) -> bool:
        return bool(self.parts or self.note)


def find_details(entry: LogEntry, zone: ZoneInfo) -> Details:
    """Return what an entry tells of before and after."""
    note = _say_note(entry.after)
    if entry.result is not Result.DONE or entry.action == "link":
        mine, theirs = entry.before.get("mine"), entry.before.get("theirs")
        differing = tuple(_compare(mine, theirs, zone))
        return Details(differing, note, is_of_sides=True)
    side = "mine" if entry.side is Side.IN else "theirs"
    before, after = entry.before.get(side), entry.after.get(side)
    if entry.action == "create":
        before = None
    if entry.action == "delete":
        # What is gone is told as it was.
        before, after = None, before
    return Details(tuple(_compare(before, after, zone)), note)


def say_details(details: Details) -> str:
    """Return them in one line, for a cell of a table."""
    told = [f"{each.label}: {each.before} → {each.after}" for each in details.parts]
    return "; ".join([*told, *filter(None, [details.note])])


def _compare(one: Any, other: Any, zone: ZoneInfo) -> Iterator[Detail]:
    first, second = one or {}, other or {}
    for part in Part:
        values = first.get(part.value), second.get(part.value)
        before, after = (_say(part, value, zone) for value in values)
        is_told = values[0] is not None or part is not Part.PRIVATE or values[1]
        if before != after and is_told:
            yield Detail(str(PART_WORDS[part]), before, after)


def _say(part: Part, value: Any, zone: ZoneInfo) -> str:
    if value is None or value == "":
        return ""
    if part is Part.TIMES:
        return say_times(load_times(value), zone)
    if part is Part.PRIVATE:
        return _("Yes") if value else _("No")
    if part is Part.FREE:
        return _("Free") if value else _("Busy")
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _say_note(after: Mapping[str, Any]) -> str:
    if "removal" in after:
        return str(REMOVAL_WORDS[Removal(after["removal"])])
    if "is_off" in after:
        return _("It is cancelled.") if after["is_off"] else _("It takes place again.")
    return ""
