"""What stands at the end: the last that a person wrote, or what the policy lets win."""

from collections.abc import Iterator

from calsync.core.item import ItemStatus
from calsync.core.link import LinkState, Origin, Side
from calsync.core.pair import Policy
from calsync.core.run import Result
from tests.simulation.invariants.faces import (
    PARTS,
    Values,
    face_of_event,
    face_of_item,
    is_same,
    value_of_dumped,
)
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.reasons import ACCEPTED
from tests.simulation.invariants.story import REPLACED, Case, Story, Turn


def find_stale(story: Story, case: Case) -> Iterator[str]:
    """What stands at the end is the last that a person gave it, on one side or the other."""
    if any(limit for limit in story.limits.values()):
        return
    for item, event in _standing(story, case):
        yield from _find_side(story, case, "here", item)
        yield from _find_side(story, case, "there", event)


def _find_side(story: Story, case: Case, name: str, face: Values | None) -> Iterator[str]:
    if face is None:
        return
    for part in PARTS:
        is_excused = _was_declined(story, case, part) or _was_thrown_away(case, part)
        is_excused = is_excused or _went_with_its_copy(story, case, part)
        is_excused = is_excused or _was_of_a_former_calendar(story, case, part)
        if not is_excused and not case.is_by_rule(part):
            wanted = [turn.after[part] for turn in _list_last(case, part) if turn.after]
            if wanted and not any(is_same(part, face[part], value) for value in wanted):
                yield f"I3 {part} is {face[part]!r} {name}, last it was made one of {wanted}"


def _was_thrown_away(case: Case, part: str) -> bool:
    """Tell whether the owner deleted an event after they had last changed a part of it.

    Whether that change was read before it was gone, the edit that brings the event back does
    not know.
    """
    edits = case.edits_there(part)
    return bool(edits) and any(
        turn.by_person and turn.after is None and turn.index > edits[-1].index
        for turns in case.there.values()
        if edits[-1] in turns
        for turn in turns
    )


def _went_with_its_copy(story: Story, case: Case, part: str) -> bool:
    """Tell whether the last edit there was of a copy that its user had go, as the log says.

    They did so with the calendar that was linked until then, and it was not read any more.
    """
    edits = case.edits_there(part)
    value = edits[-1].after[part] if edits and edits[-1].after else None
    return value is not None and any(
        row["action"] == "delete"
        and row["side"] is Side.OUT
        and index > edits[-1].index
        and part in (theirs := row["before"].get("theirs") or {})
        and is_same(part, value_of_dumped(part, theirs[part]), value)
        for index, row in story.log_of(case)
    )


def _was_of_a_former_calendar(story: Story, case: Case, part: str) -> bool:
    """Tell whether the last edit there came after the calendar was linked no more."""
    edits = case.edits_there(part)
    if not edits:
        return False
    uids = [uid for uid, turns in case.there.items() if edits[-1] in turns]
    names = {row["integration_id"] for row in case.links if row["event_uid"] in uids}
    return any(story.settings[name].at(edits[-1].index).is_deleted for name in names)


def _list_last(case: Case, part: str) -> list[Turn]:
    """Return the last edits of a part: one here, and one there.

    In several linked calendars each has one: which of those wins is between two policies, and
    may turn on which calendar was read first.
    """
    several = [case.edits_here(part), case.edits_there(part)]
    if len({row["integration_id"] for row in case.links}) > 1:
        of_each = case.there.values()
        several += [[t for t in ts if t.by_person and part in t.changed()] for ts in of_each]
    return [turns[-1] for turns in several if turns]


def _was_declined(story: Story, case: Case, part: str) -> bool:
    """Tell whether a change of a part was kept out: what stood before it stands still.

    So it is, too, with what differs when an entry and an event are linked as they are.
    """
    return any(
        (row["result"] is not Result.DONE or row["action"] == "link")
        and row["reason"] not in REPLACED
        and any(part in (row["before"].get(side) or {}) for side in ("mine", "theirs"))
        for _, row in story.log_of(case)
    )


def _standing(story: Story, case: Case) -> Iterator[tuple[Values | None, Values | None]]:
    """Yield the faces of both sides of each live link, each None where it does not stand."""
    item = story.sides.standing_items.get(case.item_id)
    events = story.sides.standing_events
    for row in case.links:
        if row["is_present"] and row["state"] is LinkState.LIVE:
            event = events.get(row["event_uid"] or "")
            yield item and face_of_item(item), event and face_of_event(event)


def find_false_winners(story: Story, case: Case) -> Iterator[str]:
    """Where both sides gave a part another value, the policy's winner stands on both."""
    integrations = {row["integration_id"] for row in case.links}
    if len(integrations) != 1 or any(story.limits.values()):
        return
    settings = story.settings[integrations.pop()]
    item, event = next(_standing(story, case), (None, None))
    is_external = any(row["origin"] is Origin.BROUGHT for row in case.links)
    turns = [*case.here, *(turn for each in case.there.values() for turn in each)]
    was_deleted = any(turn.by_person and turn.after is None for turn in turns)
    # What may go to the owner's own events is a matter of permissions, and an edit beats a
    # deletion whatever the policy.
    if is_external or was_deleted or not settings.were_always_open:
        return
    if item is None or event is None:
        return
    for part in PARTS:
        mine, theirs = case.edits_here(part), case.edits_there(part)
        if not mine or not theirs or _are_one(part, mine[-1], theirs[-1]):
            continue
        found = story.sides.items[case.item_id]
        if part not in ACCEPTED[found.kind] or found.status is not ItemStatus.OPEN:
            continue  # What is not taken from there cannot win.
        if _was_declined(story, case, part):
            continue
        if _was_waiting(story, case, mine[-1], theirs[-1]):
            # It looks as if the write had landed, and the owner had edited what it made.
            story.limits[Limit.NEVER_CAME] += 1
            continue
        winner = _winner(story, case, part, mine[-1], theirs[-1], settings.policy)
        if winner and winner.after and not is_same(part, item[part], winner.after[part]):
            yield f"I3 {part} is {item[part]!r}, and {winner.after[part]!r} should have won"


def _are_one(part: str, mine: Turn, theirs: Turn) -> bool:
    both = mine.after, theirs.after
    return None in both or is_same(part, both[0][part], both[1][part])  # type: ignore[index]


def _was_waiting(story: Story, case: Case, mine: Turn, theirs: Turn) -> bool:
    """Tell whether a write of ours was accepted between two edits and never applied."""
    accepted = story.history.office.provider.world.writing.accepted
    ids = {row["event_id"] for row in case.links} - {None}
    return any(
        write.due is None and mine.at <= write.accepted_at <= theirs.at
        for write in accepted
        if write.event_id in ids or write.uid in case.uids
    )


def _winner(
    story: Story, case: Case, part: str, mine: Turn, theirs: Turn, policy: Policy
) -> Turn | None:
    """Return the edit that wins, None where that cannot be told from outside."""
    assert mine.after
    assert theirs.after
    if _was_given_back(case, part, mine):
        return None
    if mine.index < theirs.index:
        has_seen = any(
            not turn.by_person and turn.after and is_same(part, turn.after[part], mine.after[part])
            for turns in case.there.values()
            for turn in turns
            if mine.index < turn.index < theirs.index
        )
        if has_seen:
            return theirs
    else:
        taken = [
            turn
            for turn in case.here
            if theirs.index < turn.index < mine.index and not turn.by_person and turn.after
        ]
        if any(is_same(part, t.after[part], theirs.after[part]) for t in taken if t.after):
            return mine
    if policy is Policy.MINE:
        return mine
    if policy is Policy.THEIRS:
        return theirs
    # Between the edit and the first read something else may have moved ``updated``.
    if int(mine.at) >= int(theirs.at) and mine.index > theirs.index:
        first = _first_shown(story, case, part, theirs)
        return mine if first is not None and int(mine.at) >= first else None
    return theirs if int(theirs.at) > int(mine.at) else None


def _was_given_back(case: Case, part: str, mine: Turn) -> bool:
    """Tell whether an edit here gave a part back what we had last written there.

    Then it may count as unchanged here, as both had agreed on that.
    """
    ours = [
        turn
        for turns in case.there.values()
        for turn in turns
        if not turn.by_person and turn.after and turn.index < mine.index
    ]
    last = max(ours, key=lambda turn: turn.index, default=None)
    if last is None or last.after is None or mine.after is None:
        return False
    return is_same(part, last.after[part], mine.after[part])


def _first_shown(story: Story, case: Case, part: str, edit: Turn) -> float | None:
    """Return an upper bound of the ``updated`` under which an edit was first read."""
    later = [
        turn.at
        for turns in case.there.values()
        for turn in turns
        if turn.index > edit.index and turn.after is not None
    ]
    return None if later else int(edit.at)
