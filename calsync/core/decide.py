"""What is to be done to an entry and its event, by the state of their link (docs/sync.md 5).

Decided anew each time from what both sides are now; nothing here knows what was meant to
be done before.
"""

from dataclasses import replace
from datetime import datetime

from calsync.core.actions import (
    Decision,
    DeleteThere,
    Note,
    RestoreHere,
    SendAgain,
    Write,
    deed_of,
)
from calsync.core.content import Content
from calsync.core.instances import is_awaited
from calsync.core.link import Act, Link, LinkState, Side
from calsync.core.overwritten import tell_overwritten
from calsync.core.pair import Pair
from calsync.core.recognition import REVIVES_WITHIN
from calsync.core.table import decide_by_table, fall_asleep

#: States over which nothing flows until somebody switches or does something.
_SILENT = frozenset({LinkState.PARKED, LinkState.UNDONE})
#: States that end when a person acts here.
_SLEEPING = frozenset({LinkState.REMOVED_THERE, LinkState.DELETED_HERE, LinkState.TOMBSTONE})
#: What wakes them (docs/sync.md 2 and 4).
_WAKING = frozenset({Act.RESTORED, Act.REOPENED, Act.ASSIGNED, Act.RESCHEDULED, Act.SENT_AGAIN})


def decide(pair: Pair, now: datetime) -> Decision:
    """Return what is to be done to a pair, and why not what is not.

    While a write of ours is in flight nothing is: it is decided again when a read has
    shown it, or when its time is up. Until then what people did is remembered.
    """
    if pair.link.flight is not None or pair.link.state in _SILENT:
        return Decision(pair.link)
    if is_awaited(pair.link, now):
        return Decision(pair.link)
    if pair.link.state is LinkState.HELD:
        return _decide_held(pair, now)
    decision = _decide(pair, now)
    if decision.link.acts:
        decision = replace(decision, link=replace(decision.link, acts=frozenset()))
    return tell_overwritten(pair, decision)


def _decide_held(pair: Pair, now: datetime) -> Decision:
    """Decide on what waits for the user's word: it waits no more where its cause is gone."""
    link = replace(pair.link, state=LinkState.LIVE, held=frozenset(), held_for=None)
    decision = decide(replace(pair, link=link), now)
    deeds = {deed_of(action) for action in decision.actions}
    return Decision(pair.link) if deeds & pair.link.held else decision


def decide_superseded(pair: Pair, now: datetime) -> Decision:
    """Return what is to be done over a link in whose place a newer one has come.

    Its event was deleted, and an event that a person brought back beside the newer copy is
    left alone and listed. What our deletion has not taken is taken away once more: it was
    given up or refused, or our own late write made it anew.
    """
    link = pair.link
    if link.flight is not None or link.seen is None or not link.seen.stands:
        return Decision(link)
    if not is_left_over(link) and not _is_late_write(link, now):
        return Decision(link, (), (Note("superseded", Side.IN),))
    if pair.rules.bar_deletion is not None:
        return Decision(link, (), (Note(pair.rules.bar_deletion, Side.OUT),))
    return Decision(replace(link, deleted_at=None), (DeleteThere(),))


def is_left_over(link: Link) -> bool:
    """Tell whether the event of a link in whose place a newer one has come was never deleted."""
    return link.state is LinkState.LIVE and link.seen is not None and link.seen.stands


def _decide(pair: Pair, now: datetime) -> Decision:
    link = pair.link
    if link.state in _SLEEPING:
        return _decide_sleeping(pair, now)
    if link.state is LinkState.SET_ASIDE:
        return _decide_set_aside(pair, now)
    if link.state is LinkState.NOT_FOUND:
        return _decide_not_found(pair)
    return decide_by_table(pair)


def _decide_sleeping(pair: Pair, now: datetime) -> Decision:
    """Decide on a link over which nothing flows until a person acts, here or there."""
    link, here = pair.link, pair.here
    stands_there = link.seen is not None and link.seen.stands
    if _is_woken(link) and here.absence is None and here.content is not None:
        if stands_there:
            return decide_by_table(replace(pair, link=replace(link, state=LinkState.LIVE)))
        return _wake(pair, here.content)
    if not stands_there or link.seen is None or link.seen.content is None:
        return Decision(link)
    if _is_late_write(link, now):
        # Our own write landed after our deletion: it is taken away once more.
        there = link.there or link.seen.content
        return Decision(replace(link, deleted_at=None, there=there), (DeleteThere(),))
    if link.state is LinkState.DELETED_HERE:
        return Decision(link)
    return _decide_revived(pair, link.seen.content)


def _is_woken(link: Link) -> bool:
    """Tell whether a person's act ends the sleep of a link whose entry stands.

    An entry that was gone and stands again was brought back, whatever the act is called: a
    series that is lengthened, say, takes place again on days of which it had been cut short.
    """
    was_gone = link.state in (LinkState.DELETED_HERE, LinkState.TOMBSTONE)
    return bool(link.acts if was_gone else link.acts & _WAKING)


def _is_late_write(link: Link, now: datetime) -> bool:
    """Tell whether a copy that stands after our deletion is our own doing.

    It is where it stood again so soon, or stood there never before: then nobody else can
    have brought it back. The read that shows it may come long after.
    """
    seen, deleted_at = link.seen, link.deleted_at
    if not link.is_ours or deleted_at is None or seen is None:
        return False
    deleted_at = deleted_at.replace(microsecond=0)
    has_moved = seen.updated is not None and seen.updated >= deleted_at
    stood_at = seen.updated if seen.updated is not None and has_moved else now
    return link.there is None or stood_at < deleted_at + REVIVES_WITHIN


def _wake(pair: Pair, mine: Content) -> Decision:
    if pair.rules.bar_out is not None:
        return Decision(pair.link, (), (Note(pair.rules.bar_out, Side.OUT),))
    return Decision(replace(pair.link, state=LinkState.TOMBSTONE), (SendAgain(mine),))


def _decide_revived(pair: Pair, theirs: Content) -> Decision:
    """Decide on an event that a person restored there after it was seen to be gone."""
    live = replace(pair.link, state=LinkState.LIVE)
    if pair.here.absence is None and pair.here.content is not None:
        return decide_by_table(replace(pair, link=live))
    if not pair.rules.takes_create or pair.here.is_past:
        # Declined, it is settled: a switch that is turned on later does not bring it in.
        reason = "past" if pair.here.is_past else "create_off"
        return fall_asleep(pair.link, LinkState.DELETED_HERE, reason, Side.IN)
    edited = pair.link.find_edits_there() & pair.here.accepted
    return Decision(live, (RestoreHere(theirs, edited),))


def _decide_set_aside(pair: Pair, now: datetime) -> Decision:
    if not pair.link.acts:
        return Decision(pair.link)
    woken = replace(pair.link, state=LinkState.LIVE, tries=0)
    return _decide(replace(pair, link=woken), now)


def _decide_not_found(pair: Pair) -> Decision:
    """Decide on an event that complete reads did not show although nobody deleted it.

    Only what people do to a copy here goes out, which may bring it back.
    """
    live = replace(pair, link=replace(pair.link, state=LinkState.LIVE))
    decision = decide_by_table(live)
    flows = pair.link.is_ours and any(
        isinstance(action, Write | DeleteThere) for action in decision.actions
    )
    return decision if flows else Decision(pair.link)
