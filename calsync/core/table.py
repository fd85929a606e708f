"""What became of an entry and of its event, and what to do about it (docs/sync.md 2)."""

from dataclasses import replace
from enum import Enum, auto

from calsync.core.actions import (
    CallOff,
    Decision,
    DeleteThere,
    Hold,
    Note,
    Removal,
    RemoveHere,
    RestoreHere,
    SendAgain,
    Write,
)
from calsync.core.content import ALL_PARTS, Part, Parts
from calsync.core.item import Kind
from calsync.core.link import Link, LinkState, Seen, Side
from calsync.core.merge import find_bar_in, merge
from calsync.core.pair import Absence, Here, Pair


class Fate(Enum):
    """What became of one side since both were last in step."""

    KEPT = auto()
    EDITED = auto()
    GONE = auto()


class Verdict(Enum):
    """What to do about it."""

    #: Part by part; nothing at all where neither side was touched.
    MERGE = auto()
    REMOVE_HERE = auto()
    SEND_AGAIN = auto()
    DELETE_THERE = auto()
    RESTORE_OR_DELETE = auto()
    BURY = auto()


#: What became of (entry, event): what to do. An edit beats a deletion: a duplicate is a
#: nuisance, a lost meeting is not.
VERDICTS: dict[tuple[Fate, Fate], Verdict] = {
    (Fate.KEPT, Fate.KEPT): Verdict.MERGE,
    (Fate.KEPT, Fate.EDITED): Verdict.MERGE,
    (Fate.KEPT, Fate.GONE): Verdict.REMOVE_HERE,
    (Fate.EDITED, Fate.KEPT): Verdict.MERGE,
    (Fate.EDITED, Fate.EDITED): Verdict.MERGE,
    (Fate.EDITED, Fate.GONE): Verdict.SEND_AGAIN,
    (Fate.GONE, Fate.KEPT): Verdict.DELETE_THERE,
    (Fate.GONE, Fate.EDITED): Verdict.RESTORE_OR_DELETE,
    (Fate.GONE, Fate.GONE): Verdict.BURY,
}

#: What a removal there does to an item of one person, by kind (docs/sync.md 4).
REMOVALS: dict[Kind, Removal] = {
    Kind.APPOINTMENT: Removal.DELETE,
    Kind.TODO: Removal.DELETE,
    Kind.CRM_ACTIVITY: Removal.CANCEL,
    Kind.TASK: Removal.UNSCHEDULE,
    # The last one stays assigned to a cancelled call.
    Kind.SERVICE_CALL: Removal.CANCEL,
}

#: The kinds whose deletion an edit there may undo.
_RESTORABLE = frozenset({Kind.APPOINTMENT, Kind.TODO})


def fate_here(here: Here, link: Link) -> Fate:
    """Return what became of the entry."""
    if here.absence is not None or here.content is None:
        return Fate.GONE
    if link.here is None or link.find_edits_here(here.content):
        return Fate.EDITED
    return Fate.KEPT


def fate_there(link: Link) -> Fate:
    """Return what became of the event, as far as any read has shown it."""
    seen = link.seen
    if seen is None:
        return Fate.KEPT
    if not seen.stands:
        return Fate.GONE
    return Fate.EDITED if link.find_edits_there() else Fate.KEPT


def removal_of(here: Here) -> Removal:
    """Return what a removal there does to this entry."""
    return Removal.UNASSIGN if here.has_several_assignees else REMOVALS[here.kind]


def decide_by_table(pair: Pair) -> Decision:
    """Return what is to be done over a link that is live."""
    link, here = pair.link, pair.here
    if link.here is None and link.seen is None:
        return _decide_unseen(pair)
    fates = fate_here(here, link), fate_there(link)
    if fates[0] is Fate.EDITED and not _was_edited_by_a_person(pair):
        # A value merely taken in from elsewhere does not win over a removal.
        fates = (Fate.KEPT if fates[1] is Fate.GONE else fates[0], fates[1])
    match VERDICTS[fates]:
        case Verdict.MERGE:
            return _decide_merge(pair)
        case Verdict.REMOVE_HERE:
            return _decide_removal(pair)
        case Verdict.SEND_AGAIN:
            return _decide_sending_again(pair)
        case Verdict.DELETE_THERE:
            return _decide_deletion(pair)
        case Verdict.RESTORE_OR_DELETE:
            return _decide_restoring(pair)
        case Verdict.BURY:
            return Decision(replace(link, state=LinkState.TOMBSTONE))


def _decide_unseen(pair: Pair) -> Decision:
    """Decide on a copy that was never seen: it is still to be made, or no longer wanted."""
    link, mine = pair.link, pair.here.content
    was_called = link.late is not None
    if mine is None or pair.here.absence is not None:
        if was_called:
            return Decision(link, (DeleteThere(),))
        return Decision(replace(link, state=LinkState.TOMBSTONE))
    if pair.rules.bar_out is not None:
        return Decision(link, (), (Note(pair.rules.bar_out, Side.OUT),))
    return Decision(link, (Write(mine, ALL_PARTS),))


def _decide_merge(pair: Pair) -> Decision:
    link, mine, seen = pair.link, pair.here.content, pair.link.seen
    if mine is None:
        raise ValueError("an entry that is there shows something")
    theirs = seen.content if seen and seen.content else link.there
    if theirs is None:
        raise ValueError("an event that is there was seen")
    if link.here is None:
        # A copy stands there of which we believed that it was refused: what the entry shows
        # besides is still to be sent.
        pair = replace(pair, link=replace(link, here=theirs, there=theirs))
    merged = merge(pair, mine, seen or Seen(theirs), theirs)
    return _with_calling_off(pair, seen, merged)


def _with_calling_off(pair: Pair, seen: Seen | None, merged: Decision) -> Decision:
    """Add that an event was cancelled, or an invitation declined: that is a change too."""
    if seen is None or seen.is_off == pair.link.is_off:
        return merged
    link = replace(merged.link, is_off=seen.is_off)
    reason = find_bar_in(pair, Part.FREE) if pair.link.is_ours else _bar_of_any_change(pair)
    if reason is not None:
        return replace(merged, link=link, notes=(*merged.notes, Note(reason, Side.IN)))
    return replace(merged, link=link, actions=(*merged.actions, CallOff(seen.is_off)))


def _bar_of_any_change(pair: Pair) -> str | None:
    if pair.here.is_past:
        return "past"
    return None if pair.rules.takes_update else "update_off"


def _decide_removal(pair: Pair) -> Decision:
    reason = _bar_of_removal(pair)
    if reason is not None:
        return fall_asleep(pair.link, LinkState.REMOVED_THERE, reason, Side.IN)
    removal = removal_of(pair.here)
    is_gone = removal is Removal.DELETE
    state = LinkState.TOMBSTONE if is_gone else LinkState.REMOVED_THERE
    return Decision(replace(pair.link, state=state), (RemoveHere(removal),))


def _bar_of_removal(pair: Pair) -> str | None:
    if pair.here.is_past:
        return "past"
    return None if pair.rules.takes_delete else "delete_off"


def _decide_sending_again(pair: Pair) -> Decision:
    link, mine = pair.link, pair.here.content
    reason = pair.rules.bar_out or (None if pair.rules.takes_delete else "delete_off")
    if reason is not None or mine is None:
        return fall_asleep(link, LinkState.REMOVED_THERE, reason or "delete_off", Side.IN)
    return Decision(replace(link, state=LinkState.TOMBSTONE), (SendAgain(mine),))


def _decide_deletion(pair: Pair) -> Decision:
    """Decide on the event of an entry that is gone."""
    link, seen = pair.link, pair.link.seen
    reason = pair.rules.bar_deletion
    if reason is None and not link.is_ours and fate_there(link) is Fate.EDITED:
        reason = "edited_there"
    if reason is not None:
        return fall_asleep(link, LinkState.DELETED_HERE, reason, Side.OUT)
    if link.is_ours and seen is not None and seen.has_guests:
        return Decision(link, (Hold(DeleteThere(), "guests"),))
    return Decision(link, (DeleteThere(),))


def _decide_restoring(pair: Pair) -> Decision:
    parts, seen = _restoring_parts(pair), pair.link.seen
    if not parts or seen is None or seen.content is None:
        return _decide_deletion(pair)
    return Decision(pair.link, (RestoreHere(seen.content, parts),))


def _restoring_parts(pair: Pair) -> Parts:
    """Return the edited parts that may come in, where they bring a deleted entry back.

    What was cancelled there, or declined, is no longer wanted on either side.
    """
    here, seen = pair.here, pair.link.seen
    if here.kind not in _RESTORABLE or here.absence is not Absence.DELETED:
        return frozenset()
    if seen is not None and seen.is_off:
        return frozenset()
    edited = pair.link.find_edits_there()
    return frozenset(part for part in edited if find_bar_in(pair, part) is None)


def _was_edited_by_a_person(pair: Pair) -> bool:
    here, link = pair.here, pair.link
    if here.content is None:
        return False
    return bool(link.find_edits_here(here.content) & here.edited_by_person)


def fall_asleep(link: Link, state: LinkState, reason: str, side: Side) -> Decision:
    """Return that nothing flows any more until a person acts, and why."""
    return Decision(replace(link, state=state), (), (Note(reason, side),))
