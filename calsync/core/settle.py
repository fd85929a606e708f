"""What a link becomes when something was begun, answered or done."""

from dataclasses import replace
from datetime import datetime

from calsync.core.content import NO_PARTS, Content, Parts, find_differing
from calsync.core.link import Flight, Link, LinkState, Side


def begin_writing(link: Link, sent: Content, parts: Parts, mine: Content, now: datetime) -> Link:
    """Return the link with the intent to write ``sent``, to be stored before the call."""
    flight = Flight(sent=sent, parts=parts, here=mine, before=link.seen, decided_at=now)
    return replace(link, flight=flight, late=None)


def begin_deleting(link: Link, now: datetime) -> Link:
    """Return the link with the intent to delete the event, to be stored before the call."""
    flight = Flight(
        sent=None,
        parts=NO_PARTS,
        here=None,
        before=link.seen,
        decided_at=now,
        came_from=link.state,
    )
    return replace(link, state=LinkState.DELETED_HERE, flight=flight, deleted_at=now)


def note_accepted(link: Link, at: datetime) -> Link:
    """Return the link of a write that was accepted, which is not yet done."""
    if link.flight is None:
        return link
    return replace(link, flight=replace(link.flight, answered_at=at))


def note_refused(link: Link) -> Link:
    """Return the link of a write that surely did not happen: it is decided again."""
    if link.flight is None:
        return link
    state = link.flight.came_from if link.flight.is_deletion else link.state
    return replace(link, flight=None, state=state)


def settle_taken(link: Link, parts: Parts, before: Content, after: Content) -> Link:
    """Return the link when parts of the event were taken in and the entry shows ``after``.

    What the entry changed along with them, by a rule of its kind, is agreed too.
    """
    if link.here is None or link.there is None or link.seen is None:
        raise ValueError("only what was in step can be taken in")
    theirs = link.seen.content or link.there
    along = parts | find_differing(before, after)
    return replace(
        link,
        here=link.here.taking(after, along),
        there=link.there.taking(theirs, parts),
        declined={part: d for part, d in link.declined.items() if part not in parts},
        conflicts={part: c for part, c in link.conflicts.items() if part not in parts},
    )


def reopen(link: Link, parts: Parts) -> Link:
    """Return the link with what was kept out of these parts counting as an edit once more.

    What the other side shows of them is what both had agreed on before.
    """
    if link.here is None or link.there is None:
        return link
    sides = {part: declined.side for part, declined in link.declined.items() if part in parts}
    kept_in = [part for part, side in sides.items() if side is Side.IN]
    kept_out = [part for part, side in sides.items() if side is Side.OUT]
    return replace(
        link,
        here=link.here.taking(link.there, kept_out),
        there=link.there.taking(link.here, kept_in),
    )


def settle_equal(link: Link, mine: Content, theirs: Content) -> Link:
    """Return the link with both sides as they are, taken as agreed, whatever differs."""
    return replace(link, here=mine, there=theirs, declined={}, conflicts={})
