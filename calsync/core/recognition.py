"""What a read says about our own writes: landed, not yet, overtaken, or never.

Cronofy accepts a write and applies it later, without saying when, and it takes no
precondition: a read after a write may show the state before it (docs/sync.md 14.3 and 14.4).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from calsync.core.content import ALL_PARTS, find_differing
from calsync.core.landing import (
    SETTLES_IN,
    end_late,
    find_written_late,
    has_landed,
    is_as_before,
    judge,
    settle,
)
from calsync.core.link import Flight, Link, LinkState, Seen
from calsync.core.overwritten import note_overwritten

#: From then on a complete read that does not show a write says that it will not come.
EXPIRES_AFTER = timedelta(minutes=10)
#: A copy that stands again this soon after we deleted it is our own late write.
REVIVES_WITHIN = timedelta(minutes=10)
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
        return judge(link, link.flight, seen, now)
    late = link.late
    if late is not None and has_landed(late, seen):
        if late.is_deletion:
            return end_late(link)
        if link.state is LinkState.SET_ASIDE:
            # What was given up for good has come after all.
            link = replace(link, state=LinkState.LIVE)
        if link.deleted_at is not None and link.there is None:
            # Nothing is agreed on what was to be gone before it stood there for the first time.
            return replace(link, late=None)
        return settle(replace(link, late=None), late, seen)
    if link.older is not None and (parts := find_written_late(link, link.older, seen, now)):
        return settle(replace(link, older=None), replace(link.older, parts=parts), seen)
    return _take_as_agreed(link, seen)


def expire(link: Link, read_began_at: datetime, *, is_unread: bool = False) -> Link:
    """Return the link after a complete read of its kind that began at that moment.

    A flight whose time is up is given up. What was sent stays known: it may still land. A copy
    that ``is_unread`` stands there, and nothing of it could be read: it is not made again over
    what its user may have written.
    """
    flight = link.flight
    if flight is None or read_began_at < flight.decided_at + EXPIRES_AFTER:
        return link
    if flight.is_deletion and link.seen is None:
        # There is nothing to delete. Should what was to be made before come yet, it is ours.
        return replace(link, flight=None, tries=0)
    is_made = is_unread and flight.before is None and not flight.is_deletion
    tries = MOST_TRIES if is_made else link.tries + 1
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
    if not has_landed(flight, seen) or _was_touched_long_after(flight, seen):
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
        and is_as_before(flight, link.seen)
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


def _with_agreed(link: Link, seen: Seen) -> Link:
    """Return the link with what the event was when all was agreed (docs/sync.md 5)."""
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


def _was_touched_long_after(flight: Flight, seen: Seen) -> bool:
    """Tell whether the event was changed later than a write can have taken to be done."""
    wrote_at = flight.answered_at or flight.decided_at
    return seen.updated is not None and seen.updated > wrote_at + SETTLES_IN
