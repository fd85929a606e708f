"""What a link becomes when something was begun, answered or done."""

from dataclasses import replace
from datetime import datetime

from calsync.core.content import NO_PARTS, Content, Parts, find_differing
from calsync.core.link import Flight, Link, LinkState, Side
from calsync.core.pair import Here


def begin_writing(link: Link, sent: Content, parts: Parts, mine: Content, now: datetime) -> Link:
    """Return the link with the intent to write ``sent``, to be stored before the call."""
    flight = Flight(sent=sent, parts=parts, here=mine, before=link.seen, decided_at=now)
    return replace(link, flight=flight, late=None, older=link.late or link.older)


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
    # What had been removed there stays so: only our own late write is taken away once more.
    is_removed = link.state is LinkState.REMOVED_THERE
    state = link.state if is_removed else LinkState.DELETED_HERE
    return replace(link, state=state, flight=flight, deleted_at=now)


def note_accepted(link: Link, at: datetime) -> Link:
    """Return the link of a write that was accepted, which is not yet done."""
    if link.flight is None:
        return link
    return replace(link, flight=replace(link.flight, answered_at=at))


def note_refused(link: Link, *, is_repeated: bool = False) -> Link:
    """Return the link of a write that surely did not happen: it is decided again.

    Of one that ``is_repeated`` only this call did not: the one before may still land.
    """
    if link.flight is None:
        return link
    state = link.flight.came_from if link.flight.is_deletion else link.state
    late = link.flight if is_repeated else link.late
    return replace(link, flight=None, late=late, state=state)


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


def agree(link: Link, here: Here, now: datetime) -> Link:
    """Return a parked link with both sides as they are now taken as agreed (docs/sync.md 5).

    A side that is gone stays gone, and the other stays. What the event became before now
    and no read has shown yet is agreed when one does.
    """
    link = replace(link, agreed_at=now, acts=frozenset())
    stands_here = here.absence is None and here.content is not None
    theirs = link.seen.content if link.seen and link.seen.stands else None
    if stands_here and here.content is not None and theirs is not None:
        is_off = link.seen is not None and link.seen.is_off
        live = replace(link, state=LinkState.LIVE, is_off=is_off)
        return settle_equal(live, here.content, theirs)
    if link.seen is None and stands_here:
        # It was parked before its copy was ever shown: that is still to be made.
        return replace(link, state=LinkState.LIVE)
    if stands_here:
        return replace(link, state=LinkState.REMOVED_THERE, here=here.content)
    state = LinkState.TOMBSTONE if theirs is None else LinkState.DELETED_HERE
    return replace(link, state=state, there=theirs or link.there)


def settle_equal(link: Link, mine: Content, theirs: Content) -> Link:
    """Return the link with both sides as they are, taken as agreed, whatever differs."""
    return replace(link, here=mine, there=theirs, declined={}, conflicts={})
