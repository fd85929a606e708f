"""Held pairs whose user has answered: what waited is done after all, or settled without.

Either is decided from what both sides are now. Where the cause of a hold is gone by then,
there is nothing to answer, and the pair is decided as ever (docs/sync.md 5 and 11).
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from calsync.core.actions import (
    Action,
    Decision,
    DeleteThere,
    Hold,
    Note,
    RemoveHere,
    TakeIn,
    Write,
    deed_of,
)
from calsync.core.content import Parts
from calsync.core.decide import decide
from calsync.core.link import Deed, Link, LinkState, Side
from calsync.core.pair import Pair


class Held(StrEnum):
    """What waits for the user's word, as they are asked about it."""

    REMOVAL_HERE = "removal_here"
    CHANGE_HERE = "change_here"
    COPY_DELETION = "copy_deletion"
    #: Of an event of the user's own.
    OWN_DELETION = "own_deletion"
    OWN_CHANGE = "own_change"

    @property
    def side(self) -> Side:
        """Give the direction in which it would flow."""
        return Side.IN if self in (Held.REMOVAL_HERE, Held.CHANGE_HERE) else Side.OUT


#: What takes something away.
REMOVALS = (Held.REMOVAL_HERE, Held.COPY_DELETION, Held.OWN_DELETION)


class Answer(StrEnum):
    """What the user says to it."""

    DO = "do"
    #: Both sides stay as they are.
    KEEP = "keep"


def held_as(link: Link) -> Held | None:
    """Return what waits over a link, the gravest where there is more; None where nothing does."""
    if link.state is not LinkState.HELD:
        return None
    if Deed.REMOVE_HERE in link.held:
        return Held.REMOVAL_HERE
    if Deed.DELETE_THERE in link.held:
        return Held.COPY_DELETION if link.is_ours else Held.OWN_DELETION
    return Held.CHANGE_HERE if Deed.TAKE_IN in link.held else Held.OWN_CHANGE


def let_go(pair: Pair, now: datetime) -> Decision:
    """Return what is to be done to a held pair of which the user wants what waited."""
    decision = decide(_freed(pair), now)
    actions = tuple(_without_hold(action, pair.link) for action in decision.actions)
    return replace(decision, actions=actions)


def keep(pair: Pair, now: datetime) -> Decision:
    """Return what is to be done to a held pair of which both sides shall stay as they are.

    What waited counts as agreed: an entry whose event is gone stays, and so does an event
    whose entry is gone. What else was changed meanwhile flows.
    """
    freed = _freed(pair)
    decision = decide(freed, now)
    waited = [a for a in decision.actions if deed_of(a) in pair.link.held]
    if not waited:
        return decision
    link, notes = replace(freed.link, acts=frozenset()), []
    for action in waited:
        link, side = _settled(replace(freed, link=link), action)
        notes.append(Note("kept", side))
    rest = decide(replace(freed, link=link), now)
    return replace(rest, notes=(*notes, *rest.notes))


def _freed(pair: Pair) -> Pair:
    free = replace(pair.link, state=LinkState.LIVE, held=frozenset(), held_for=None)
    return replace(pair, link=free)


def _without_hold(action: Action, link: Link) -> Action:
    is_wanted = isinstance(action, Hold) and deed_of(action) in link.held
    return action.action if is_wanted and isinstance(action, Hold) else action


def _settled(pair: Pair, action: Action) -> tuple[Link, Side]:
    """Return the link with what an action would have done counting as agreed."""
    link, mine = pair.link, pair.here.content
    theirs = link.seen.content if link.seen else None
    match action:
        case RemoveHere():
            here = mine or link.here
            return replace(link, state=LinkState.REMOVED_THERE, here=here), Side.IN
        case DeleteThere() | Hold():
            there = theirs or link.there
            return replace(link, state=LinkState.DELETED_HERE, there=there), Side.OUT
        case TakeIn(_, parts, _):
            return _agreed(pair, parts), Side.IN
        case Write(_, parts):
            return _agreed(pair, parts), Side.OUT
        case _:
            raise ValueError("such an action is never held")


def _agreed(pair: Pair, parts: Parts) -> Link:
    """Return the link with some parts of both sides as they are now taken as agreed."""
    link, mine = pair.link, pair.here.content
    theirs = (link.seen.content if link.seen else None) or link.there
    if mine is None or theirs is None or link.here is None or link.there is None:
        raise ValueError("only what was in step can differ")
    return replace(
        link,
        here=link.here.taking(mine, parts),
        there=link.there.taking(theirs, parts),
        declined={part: d for part, d in link.declined.items() if part not in parts},
        conflicts={part: c for part, c in link.conflicts.items() if part not in parts},
    )
