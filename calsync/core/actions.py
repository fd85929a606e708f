"""What a sync can do to one pair, and what it says of what it did not do."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from calsync.core.content import Content, Part, Parts
from calsync.core.link import Deed, Link, Side


class Removal(StrEnum):
    """What a removal there does here, by kind (docs/sync.md 4)."""

    DELETE = "delete"
    CANCEL = "cancel"
    UNSCHEDULE = "unschedule"
    UNASSIGN = "unassign"


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Change the entry: these parts as the event has them.

    ``replaced`` are those among them of which a person's edit here is replaced.
    """

    content: Content
    parts: Parts
    replaced: Parts = frozenset()


@dataclass(frozen=True, slots=True)
class RemoveHere:
    """Let the entry follow its event, which was removed."""

    removal: Removal


@dataclass(frozen=True, slots=True)
class CallOff:
    """Show the entry as cancelled, as the event is; or as open again."""

    is_off: bool


@dataclass(frozen=True, slots=True)
class RestoreHere:
    """Let the entry come back, with these parts as the event has them."""

    content: Content
    parts: Parts


@dataclass(frozen=True, slots=True)
class PutBack:
    """Give the entry these parts as they were there before our write landed; they go out again."""

    content: Content
    parts: Parts


@dataclass(frozen=True, slots=True)
class Write:
    """Write the event: the whole content, of which only ``parts`` are meant to change."""

    content: Content
    parts: Parts


@dataclass(frozen=True, slots=True)
class DeleteThere:
    """Delete the event."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Make a new copy under a new id, and a new link with it: the old event is gone."""

    content: Content


@dataclass(frozen=True, slots=True)
class Hold:
    """Do not do it before the user has said yes."""

    action: DeleteThere
    reason: str


#: What may be held, as a link remembers it.
_DEEDS = {
    TakeIn: Deed.TAKE_IN,
    RemoveHere: Deed.REMOVE_HERE,
    Write: Deed.WRITE,
    DeleteThere: Deed.DELETE_THERE,
}

Incoming = TakeIn | RemoveHere | CallOff | RestoreHere | PutBack
Action = Incoming | Write | DeleteThere | SendAgain | Hold


@dataclass(frozen=True, slots=True)
class Note:
    """Why something was not done, or what was lost to it; words for it are made in the web.

    ``mine`` and ``theirs`` are the values of a part that was kept out or replaced.
    """

    reason: str
    side: Side
    part: Part | None = None
    mine: Any = field(default=None, repr=False)
    theirs: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done to a pair now: the link as it is without any of it, and the actions."""

    link: Link
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()


def deed_of(action: Action) -> Deed | None:
    """Return what an action does as a held link remembers it, None for what is never held."""
    return _DEEDS.get(type(action.action if isinstance(action, Hold) else action))
