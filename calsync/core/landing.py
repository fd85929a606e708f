"""Whether a read shows a write of ours, and what both sides agree on once it does.

Cronofy says that it has accepted a write, and not when it has applied it: the trace that a
write leaves in the event tells.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from calsync.core.content import (
    ALL_PARTS,
    NO_PARTS,
    Content,
    Part,
    Parts,
    canonical,
    find_differing,
    is_same,
)
from calsync.core.link import Act, Flight, Link, LinkState, Seen

Value = TypeVar("Value")

#: How long a write that was accepted may take to show, in all that is known.
SETTLES_IN = timedelta(seconds=60)
#: So long an expired write stays known that another one followed.
_KNOWN_FOR = timedelta(days=1)
#: States that a late deletion leaves as they are.
_ENDED = frozenset({LinkState.PARKED, LinkState.REMOVED_THERE, LinkState.TOMBSTONE})
#: No provider is known to cut a text to less than this.
_SHORTEST_CUT = 200


def judge(link: Link, flight: Flight, seen: Seen, now: datetime) -> Link:
    """Return the link of a write in flight after a read that showed its event."""
    if _is_older_creation(link, flight, seen):
        return link
    if has_landed(flight, seen):
        return settle(link, flight, seen)
    is_old_enough = flight.answered_at is not None and now >= flight.answered_at + SETTLES_IN
    if not is_old_enough or flight.is_deletion or not seen.stands:
        return link
    if is_as_before(flight, seen):
        # Touched since, it was put back by somebody (docs/sync.md 14.4).
        return settle(link, flight, seen) if _was_touched_since(flight, seen) else link
    # Whoever writes over it gives what it was meant to change yet another value: beside what
    # still stands as before they have edited the event, and the write is still to come.
    return link if _find_unwritten(flight, seen) else settle(link, flight, seen)


def _is_older_creation(link: Link, flight: Flight, seen: Seen) -> bool:
    """Tell whether a read shows what an expired creation has made, and not yet the one after it."""
    older = link.older
    if older is None or older.sent is None or flight.sent is None or flight.before is not None:
        return False
    if not seen.stands or seen.content is None:
        return False
    told_by = [part for part in ALL_PARTS if not _same(part, older.sent, flight.sent)]
    return bool(told_by) and all(_same(part, seen.content, older.sent) for part in told_by)


def find_written_late(link: Link, older: Flight, seen: Seen, now: datetime) -> Parts:
    """Return what an expired write has made of an event that shows a newer one already.

    That is all in which the two differ: whoever edited it there would not write all of that.
    """
    is_known = now < older.decided_at + _KNOWN_FOR
    if not is_known or older.sent is None or link.there is None or seen.content is None:
        return NO_PARTS
    parts = frozenset(part for part in older.parts if not _same(part, older.sent, link.there))
    is_it = seen.stands and all(_same(part, seen.content, older.sent) for part in parts)
    return parts if is_it else NO_PARTS


def end_late(link: Link) -> Link:
    """Return the link whose event our own deletion took after it had been given up.

    Nobody removed it there. Where the entry stands, it was brought back since: that counts
    from the moment at which the deletion was decided (docs/sync.md 2).
    """
    state = link.state if link.state in _ENDED else LinkState.DELETED_HERE
    return replace(link, state=state, late=None, tries=0, acts=link.acts | {Act.RESTORED})


def has_landed(flight: Flight, seen: Seen) -> bool:
    """Tell whether a read shows a trace of a write."""
    if flight.is_deletion:
        return seen.is_deleted
    if seen.is_deleted and flight.before is None:
        # Nobody can delete what was never made, and an id is used for one event alone.
        return True
    if flight.sent is None or seen.content is None:
        return False
    before = flight.before.content if flight.before and flight.before.stands else None
    if before is None:
        return seen.stands
    # What was deleted may still show what our write had made of it until then.
    meant = [part for part in flight.parts if not _same(part, before, flight.sent)]
    return not meant or any(_same(part, seen.content, flight.sent) for part in meant)


def _find_unwritten(flight: Flight, seen: Seen) -> list[Part]:
    """Return the parts that a write was meant to change and that are what they were before."""
    before = flight.before.content if flight.before else None
    if flight.sent is None or before is None or seen.content is None:
        return []
    return [
        part
        for part in flight.parts
        if _same(part, seen.content, before) and not _same(part, before, flight.sent)
    ]


def settle(link: Link, flight: Flight, seen: Seen) -> Link:
    """Return the link with its shadow as the write that landed has made it."""
    if flight.sent is None or flight.here is None:
        # One deletion has taken it: another that was given up before is not to land any more.
        is_moot = flight.is_deletion and link.late is not None and link.late.is_deletion
        return replace(link, flight=None, late=None if is_moot else link.late, tries=0)
    # A deleted event may have lost its times, and no longer tell what it was.
    shown = seen.content or flight.sent
    here, there = link.here or flight.here, link.there or flight.sent
    showing = frozenset(
        part
        for part in flight.parts
        if _same(part, shown, flight.sent) or _was_cut_there(part, flight.sent, shown)
    )
    there = there.taking(flight.sent, flight.parts).taking(shown, showing)
    return replace(
        link,
        here=here.taking(flight.here, flight.parts),
        there=there,
        flight=None,
        tries=0,
        declined=_without(link.declined, flight.parts),
        conflicts=_without(link.conflicts, flight.parts),
    )


def _was_cut_there(part: Part, sent: Content, shown: Content) -> bool:
    """Tell whether a provider could not keep what was sent (docs/sync.md 10).

    Some have no private events, and some cut a title or a text shorter than Cronofy does.
    """
    if part is Part.PRIVATE:
        return sent.private and not shown.private
    whole, cut = canonical(part, sent.get(part)), canonical(part, shown.get(part))
    if not isinstance(whole, str) or not isinstance(cut, str):
        return False
    return _SHORTEST_CUT <= len(cut) < len(whole) and whole.startswith(cut)


def is_as_before(flight: Flight, seen: Seen | None) -> bool:
    """Tell whether an event shows what it did before a write was decided."""
    before = flight.before
    if before is None or seen is None:
        return before is None and seen is None
    if before.content is None or seen.content is None or before.is_deleted != seen.is_deleted:
        return before.is_deleted and seen.is_deleted
    return not find_differing(before.content, seen.content)


def _was_touched_since(flight: Flight, seen: Seen) -> bool:
    """Tell whether the event was changed later than we wrote, by the provider's seconds."""
    if seen.updated is None or flight.answered_at is None:
        return False
    return seen.updated > flight.answered_at.replace(microsecond=0)


def _same(part: Part, one: Content, other: Content) -> bool:
    return is_same(part, one.get(part), other.get(part))


def _without(mapping: Mapping[Part, Value], parts: Parts) -> dict[Part, Value]:
    return {part: value for part, value in mapping.items() if part not in parts}
