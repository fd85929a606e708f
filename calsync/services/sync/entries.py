"""What an entry of the log says of one thing: which deed, of what, and both of its sides."""

from datetime import datetime
from typing import Any

from calsync.core.actions import (
    Action,
    CallOff,
    DeleteThere,
    PutBack,
    RemoveHere,
    RestoreHere,
    SendAgain,
    TakeIn,
    Write,
)
from calsync.core.content import Content, dump_content
from calsync.core.link import Flight, Link, Side
from calsync.core.run import Result
from calsync.db.models import LinkRow, LogEntry
from calsync.services.sync.pairs import Matter

#: The direction and the name of each deed.
NAMES: dict[type[Action], tuple[Side, str]] = {
    TakeIn: (Side.IN, "update"),
    RemoveHere: (Side.IN, "delete"),
    CallOff: (Side.IN, "update"),
    RestoreHere: (Side.IN, "restore"),
    PutBack: (Side.IN, "update"),
    Write: (Side.OUT, "update"),
    SendAgain: (Side.OUT, "create"),
    DeleteThere: (Side.OUT, "delete"),
}


def entry_of_flight(
    row: LinkRow,
    link: Link,
    flight: Flight,
    now: datetime,
    result: Result,
    reason: str | None = None,
) -> LogEntry:
    """Return what the log says of a write whose end is known by a read, long after it was sent."""
    name = "update" if flight.before else "create"
    known = (flight.before.content if flight.before else None) or link.there
    mine = flight.here or link.here
    shown = flight.sent or mine or known
    return LogEntry(
        link_id=row.id,
        item_id=row.item_id,
        event_uid=row.event_uid,
        at=now,
        side=Side.OUT,
        action="delete" if flight.is_deletion else name,
        result=result,
        reason=reason,
        title=shown.title if shown else "",
        before={"mine": _dump(mine), "theirs": _dump(known)},
        after={} if flight.sent is None else {"theirs": _dump(flight.sent)},
    )


def edited_at(matter: Matter, side: Side) -> datetime | None:
    """Return when that was edited which goes in this direction, as far as it is known."""
    if side is Side.IN:
        seen = matter.pair.link.seen
        return seen.updated if seen else None
    return matter.item.updated_at if matter.item else None


def title_of(matter: Matter) -> str:
    """Return what a thing is called."""
    here, seen = matter.pair.here.content, matter.pair.link.seen
    content = here or (seen.content if seen else None) or matter.pair.link.here
    return content.title if content else ""


def sides_of(matter: Matter, action: Action) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both sides as they were, and what the action makes of the one it touches."""
    link: Link = matter.pair.link
    there = (link.seen.content if link.seen else None) or link.there
    before = {"mine": _dump(matter.pair.here.content), "theirs": _dump(there)}
    match action:
        case TakeIn(content, parts, _) | RestoreHere(content, parts) | PutBack(content, parts):
            mine = matter.pair.here.content
            return before, {"mine": _dump(mine.taking(content, parts) if mine else content)}
        case Write(content, _) | SendAgain(content):
            return before, {"theirs": _dump(content)}
        case RemoveHere(removal):
            return before, {"removal": removal.value}
        case CallOff(is_off):
            return before, {"is_off": is_off}
        case _:
            return before, {}


def _dump(content: Content | None) -> dict[str, Any] | None:
    return dump_content(content) if content else None
