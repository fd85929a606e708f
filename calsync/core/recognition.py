"""What a read says about our own writes: landed, not yet, overtaken, or never.

Cronofy accepts a write and applies it later, without saying when, and it takes no
precondition: a read after a write may show the state before it (SYNC.md 14, 3 and 12).
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
from calsync.core.overwritten import note_overwritten

Value = TypeVar("Value")

#: States that a late deletion leaves as they are.
_ENDED = frozenset({LinkState.PARKED, LinkState.REMOVED_THERE, LinkState.TOMBSTONE})

#: How long a write that was accepted may take to show, in all that is known.
SETTLES_IN = timedelta(seconds=60)
#: From then on a complete read that does not show a write says that it will not come.
EXPIRES_AFTER = timedelta(minutes=10)
#: A copy that stands again this soon after we deleted it is our own late write.
REVIVES_WITHIN = timedelta(minutes=10)
#: So long an expired write stays known that another one followed.
KNOWN_FOR = timedelta(days=1)
#: No provider is known to cut a text to less than this.
_SHORTEST_CUT = 200
#: A write that was never applied this many times is set aside.
MOST_TRIES = 3
#: Reads that follow a write, until one shows it.
READS_AFTER = (
    timedelta(seconds=2),
    timedelta(seconds=10),
    timedelta(seconds=60),
    timedelta(minutes=5),
    EXPIRES_AFTER,
)


def observe(link: Link, seen: Seen, now: datetime) -> Link:
    """Return the link after a read that showed the event, in whatever state.

    A flight that has landed is settled part by part; one that has not stays. Of two reads
    that overlap, the newer ``updated`` counts.
    """
    if _is_older(seen, link.seen) and not _was_gone_for_long(link, seen, now):
        return link
    return _buried(_observe(link, seen, now))


def _observe(link: Link, seen: Seen, now: datetime) -> Link:
    # A deleted event may no longer say of which series it was.
    known = link.seen.series if link.seen else None
    gone_at = None if seen.stands else (link.gone_at or now)
    seen = replace(_with_since(seen, link.seen), series=seen.series or known)
    link = replace(note_overwritten(link, seen), seen=seen, gone_at=gone_at)
    link = _with_agreed(link, seen)
    if link.flight is not None:
        return _judge(link, link.flight, seen, now)
    if link.late is not None and _has_landed(link.late, seen):
        if link.late.is_deletion:
            return _end_late(link)
        return _settle(replace(link, late=None), link.late, seen)
    if link.older is not None and (parts := _find_written_late(link, link.older, seen, now)):
        return _settle(replace(link, older=None), replace(link.older, parts=parts), seen)
    return _take_as_agreed(link, seen)


def expire(link: Link, read_began_at: datetime) -> Link:
    """Return the link after a complete read of its kind that began at that moment.

    A flight whose time is up is given up. What was sent stays known: it may still land.
    """
    flight = link.flight
    if flight is None or read_began_at < flight.decided_at + EXPIRES_AFTER:
        return link
    if flight.is_deletion and link.seen is None:
        # There is nothing to delete. Should what was to be made before come yet, it is ours.
        return replace(link, flight=None, tries=0)
    tries = link.tries + 1
    # A deletion that never came is decided again, as if it had not been.
    state = flight.came_from if flight.is_deletion else link.state
    state = LinkState.SET_ASIDE if tries >= MOST_TRIES else state
    return replace(link, flight=None, late=flight, tries=tries, state=state)


def was_altered(before: Link, after: Link) -> bool:
    """Tell whether a write of ours to the user's own event changed more of it than it was to.

    ``before`` and ``after`` are the link around the read that first showed the write. What
    was changed long after we wrote was changed by somebody else.
    """
    flight, seen = before.flight, after.seen
    if before.is_ours or flight is None or after.flight is not None or seen is None:
        return False
    known = flight.before
    if flight.sent is None or known is None or not known.content or not seen.content:
        return False
    if not _has_landed(flight, seen) or _was_touched_long_after(flight, seen):
        return False
    differing = find_differing(known.content, seen.content) - flight.parts
    return bool(differing) or known.has_guests != seen.has_guests


def has_landed_unanswered(before: Link, after: Link) -> bool:
    """Tell whether a read has shown a write of which nobody knew whether it arrived.

    ``before`` and ``after`` are the link around that read.
    """
    flight, is_over = before.flight, after.flight is None
    if flight is None:
        flight, is_over = before.late, after.late is None
    return flight is not None and flight.answered_at is None and is_over


def is_lost(link: Link, now: datetime) -> bool:
    """Tell whether a call was made of which nobody knows, and no read shows a trace of it.

    Then the very same may be sent again: it is an upsert by an id of ours.
    """
    flight = link.flight
    return (
        flight is not None
        and flight.answered_at is None
        and now >= flight.decided_at + SETTLES_IN
        and _is_as_before(flight, link.seen)
    )


def next_read(decided_at: datetime, now: datetime) -> datetime:
    """Return when to look next for a write, decided then, that has not shown yet."""
    for delay in READS_AFTER:
        if decided_at + delay > now:
            return decided_at + delay
    return now + EXPIRES_AFTER


def _buried(link: Link) -> Link:
    """Return the link with both sides gone, where a read has shown that the event is.

    At once, not when the pair is decided: by then it may stand again, and that it was gone
    is what tells a person's restore there from a deletion of ours that was declined.
    """
    is_gone = link.seen is not None and link.seen.is_deleted
    if link.state is LinkState.DELETED_HERE and link.flight is None and is_gone:
        return replace(link, state=LinkState.TOMBSTONE)
    return link


def _is_older(seen: Seen, known: Seen | None) -> bool:
    if known is None or seen.updated is None or known.updated is None:
        return False
    return seen.updated < known.updated


def _was_gone_for_long(link: Link, seen: Seen, now: datetime) -> bool:
    """Tell whether what was shown as deleted a while ago stands after all.

    An answer that falsely says so may give that very moment as ``updated``.
    """
    return seen.stands and link.gone_at is not None and now >= link.gone_at + REVIVES_WITHIN


def _with_since(seen: Seen, known: Seen | None) -> Seen:
    """Return what was seen, with the time at which each part got its present value."""
    if seen.content is None:
        return seen
    changed = find_differing(known.content, seen.content) if known and known.content else ALL_PARTS
    since = dict(known.since) if known else {}
    if seen.updated is not None:
        since |= dict.fromkeys(changed, seen.updated)
    return replace(seen, since=since)


def _judge(link: Link, flight: Flight, seen: Seen, now: datetime) -> Link:
    if _is_older_creation(link, flight, seen):
        return link
    if _has_landed(flight, seen):
        return _settle(link, flight, seen)
    is_old_enough = flight.answered_at is not None and now >= flight.answered_at + SETTLES_IN
    if not is_old_enough or flight.is_deletion or not seen.stands:
        return link
    if _is_as_before(flight, seen):
        # Touched since, it was put back by somebody (SYNC.md 14, 12).
        return _settle(link, flight, seen) if _was_touched_since(flight, seen) else link
    # Whoever writes over it gives what it was meant to change yet another value: beside what
    # still stands as before they have edited the event, and the write is still to come.
    return link if _find_unwritten(flight, seen) else _settle(link, flight, seen)


def _is_older_creation(link: Link, flight: Flight, seen: Seen) -> bool:
    """Tell whether a read shows what an expired creation has made, and not yet the one after it."""
    older = link.older
    if older is None or older.sent is None or flight.sent is None or flight.before is not None:
        return False
    if not seen.stands or seen.content is None:
        return False
    told_by = [part for part in ALL_PARTS if not _same(part, older.sent, flight.sent)]
    return bool(told_by) and all(_same(part, seen.content, older.sent) for part in told_by)


def _find_written_late(link: Link, older: Flight, seen: Seen, now: datetime) -> Parts:
    """Return what an expired write has made of an event that shows a newer one already.

    That is all in which the two differ: whoever edited it there would not write all of that.
    """
    is_known = now < older.decided_at + KNOWN_FOR
    if not is_known or older.sent is None or link.there is None or seen.content is None:
        return NO_PARTS
    parts = frozenset(part for part in older.parts if not _same(part, older.sent, link.there))
    is_it = seen.stands and all(_same(part, seen.content, older.sent) for part in parts)
    return parts if is_it else NO_PARTS


def _end_late(link: Link) -> Link:
    """Return the link whose event our own deletion took after it had been given up.

    Nobody removed it there. Where the entry stands, it was brought back since: that counts
    from the moment at which the deletion was decided (SYNC.md 2).
    """
    state = link.state if link.state in _ENDED else LinkState.DELETED_HERE
    return replace(link, state=state, late=None, tries=0, acts=link.acts | {Act.RESTORED})


def _has_landed(flight: Flight, seen: Seen) -> bool:
    """Tell whether a read shows a trace of a write."""
    if flight.is_deletion:
        return seen.is_deleted
    if seen.is_deleted:
        # Nobody can delete what was never made, and an id is used for one event alone.
        return flight.before is None
    if flight.sent is None or seen.content is None:
        return False
    before = flight.before.content if flight.before and flight.before.stands else None
    if before is None:
        return True
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


def _settle(link: Link, flight: Flight, seen: Seen) -> Link:
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
        if _same(part, shown, flight.sent) or _is_lost(part, flight.sent, shown)
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


def _is_lost(part: Part, sent: Content, shown: Content) -> bool:
    """Tell whether a provider could not keep what was sent (SYNC.md 10).

    Some have no private events, and some cut a title or a text shorter than Cronofy does.
    """
    if part is Part.PRIVATE:
        return sent.private and not shown.private
    whole, cut = canonical(part, sent.get(part)), canonical(part, shown.get(part))
    if not isinstance(whole, str) or not isinstance(cut, str):
        return False
    return _SHORTEST_CUT <= len(cut) < len(whole) and whole.startswith(cut)


def _with_agreed(link: Link, seen: Seen) -> Link:
    """Return the link with what the event was when all was agreed, shown only now (SYNC.md 5)."""
    if link.agreed_at is None:
        return link
    is_before = seen.updated is None or seen.updated <= link.agreed_at
    link = replace(link, agreed_at=None)
    if not is_before or link.flight is not None or link.state is not LinkState.LIVE:
        return link
    if not seen.stands:
        return replace(link, state=LinkState.REMOVED_THERE)
    return replace(link, there=seen.content, is_off=seen.is_off, declined={}, conflicts={})


def _take_as_agreed(link: Link, seen: Seen) -> Link:
    """Return the link with parts as agreed that a provider gave back in other words."""
    if link.there is None or seen.content is None or seen.is_deleted:
        return link
    edited = find_differing(link.there, seen.content)
    return replace(link, there=link.there.taking(seen.content, ALL_PARTS - edited))


def _is_as_before(flight: Flight, seen: Seen | None) -> bool:
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


def _was_touched_long_after(flight: Flight, seen: Seen) -> bool:
    """Tell whether the event was changed later than a write can have taken to be done."""
    wrote_at = flight.answered_at or flight.decided_at
    return seen.updated is not None and seen.updated > wrote_at + SETTLES_IN


def _same(part: Part, one: Content, other: Content) -> bool:
    return is_same(part, one.get(part), other.get(part))


def _without(mapping: Mapping[Part, Value], parts: Parts) -> dict[Part, Value]:
    return {part: value for part, value in mapping.items() if part not in parts}
