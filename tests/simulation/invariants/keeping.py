"""I3, I6: nothing that a person wrote is lost, and nothing that they deleted comes back."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from calsync.core.item import ItemStatus
from calsync.core.link import LinkState, Origin
from calsync.core.pair import Policy
from calsync.core.run import Result
from tests.simulation.faults import FaultKind
from tests.simulation.invariants.faces import PARTS, Values, face_of_event, face_of_item, is_same
from tests.simulation.invariants.faces import value_of_dumped as load
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.reasons import ACCEPTED
from tests.simulation.invariants.story import REPLACED, Case, Story, Turn
from tests.simulation.records import Call, Landing
from tests.simulation.writing import Waiting


def find_losses(story: Story) -> Iterator[str]:
    """I3: whatever replaced a person's words was meant to, or the words are in the log."""
    if FaultKind.ALL_DELETED in story.faults:
        # Nobody can be right about an event that stands and is shown as deleted.
        story.limits[Limit.LIE_DELETED] += 1
    if any(_looks_put_back(story, case) for case in story.cases.values()):
        story.limits[Limit.TOUCHED] += 1
    if _was_overtaken(story):
        story.limits[Limit.TWICE] += 1
    for case in story.cases.values():
        if case.is_series:
            continue
        yield from _find_overwritten_here(story, case)
        yield from _find_overwritten_there(story, case)
        yield from _find_stale(story, case)
        yield from _find_false_winners(story, case)


def _looks_put_back(story: Story, case: Case) -> bool:
    """Tell whether somebody touched an event and changed nothing, before our write landed.

    That is how it looks, too, where they put back what stood there before (SYNC.md 14, 12).
    """
    touches = [
        (uid, turn.at)
        for uid, turns in case.there.items()
        for turn in turns
        if turn.by_person and turn.before and turn.after and not turn.changed()
    ]
    ids = {row["event_id"] for row in case.links} - {None}
    accepted = story.history.office.provider.world.writing.accepted if touches else []
    return any(
        write.accepted_at <= at and (write.due is None or write.due > at)
        for uid, at in touches
        for write in accepted
        if write.event_id in ids or write.uid == uid
    )


def _was_overtaken(story: Story) -> bool:
    """Tell whether a write that was sent twice landed once more after what was written later.

    A process that had stalled sends what another one has sent again meanwhile, and Cronofy
    promises no order: there is nothing by which to know such an event from an edit.
    """
    landed = [record.landed.write for record in story.tape.of(Landing)]
    return any(
        late.number < other.number and late.event_id == other.event_id is not None
        for index, late in enumerate(landed)
        if any(_is_repeated(late, other) for other in landed)
        for other in landed[:index]
        if not _is_repeated(late, other)
    )


def _is_repeated(write: Waiting, other: Waiting) -> bool:
    contents = (write.method, write.span, write.content), (other.method, other.span, other.content)
    is_same_event = write.event_id is not None and write.event_id == other.event_id
    return is_same_event and write.number != other.number and contents[0] == contents[1]


def _find_overwritten_here(story: Story, case: Case) -> Iterator[str]:
    """Each value of a person that a change taken in replaced is in the log."""
    authors: dict[str, Turn] = {}
    for turn in case.here:
        for part in turn.changed():
            author = authors.pop(part, None)
            if turn.by_person:
                authors[part] = turn
            elif author is not None and author.after and turn.after:
                lost = author.after[part]
                is_kept = is_same(part, lost, turn.after[part])
                if not is_kept and not _is_logged(story, case, "mine", part, lost, author.index):
                    yield f"I3 {part} {lost!r} was replaced here by {turn.after[part]!r} in silence"


def _find_overwritten_there(story: Story, case: Case) -> Iterator[str]:
    """Each value of the owner's that a write of ours replaced is in the log."""
    for uid, turns in case.there.items():
        authors: dict[str, Turn] = {}
        for turn in turns:
            if turn.after is None and not turn.by_person and _was_replaced(case, uid, turn):
                gone = any(_was_unreadable(story, uid, edit, turn) for edit in authors.values())
                story.limits[Limit.REPLACED_UNREAD] += gone
            for part in turn.changed():
                author = authors.pop(part, None)
                if turn.by_person:
                    authors[part] = turn
                    continue
                if author is None or author.after is None or turn.after is None:
                    continue
                lost = author.after[part]
                if _is_logged(story, case, "theirs", part, lost, author.index):
                    was_late = _write_of(story, turn).accepted_at <= author.at
                    story.limits[Limit.OVER_LATER] += was_late
                    continue
                if _was_unreadable(story, uid, author, turn):
                    story.limits[Limit.OVER_UNREAD] += 1
                    continue
                yield f"I3 {part} {lost!r} was replaced there by {turn.after[part]!r} in silence"


def _was_replaced(case: Case, uid: str, deletion: Turn) -> bool:
    """Tell whether we deleted an event to put another one in its place."""
    others = (turn for each, turns in case.there.items() if each != uid for turn in turns)
    return any(turn.before is None and turn.index > deletion.index for turn in others)


def _is_logged(story: Story, case: Case, side: str, part: str, lost: Any, since: int) -> bool:
    for index, row in story.log_of(case):
        before = row["before"].get(side) or {}
        if index > since and part in before and is_same(part, load(part, before[part]), lost):
            return True
    return False


def _write_of(story: Story, landing: Turn) -> Waiting:
    """Return the write that a change of ours there came of."""
    record = story.tape.records[landing.index]
    assert isinstance(record, Landing)
    return record.landed.write


def _was_unreadable(story: Story, uid: str, edit: Turn, landing: Turn) -> bool:
    """Tell whether no answer showed an edit before the call whose write landed over it.

    No write takes a condition, so nobody can do better (docs/simulation.md).
    """
    records = story.tape.records
    number = _write_of(story, landing).number
    for index, record in enumerate(records):
        if not isinstance(record, Call):
            continue
        if number in record.accepted:
            return True
        if index > edit.index and any(_shows(event, uid, edit) for event in record.events):
            # What was decided before it was read is sent after it all the same.
            return _was_decided_before(story, uid, index, number)
    return True


def _shows(event: Mapping[str, Any], uid: str, edit: Turn) -> bool:
    """Tell whether an answer has an event as it was after an edit.

    The edit may fall between the moment of which an answer tells and its arrival.
    """
    if event.get("event_uid") != uid:
        return False
    try:
        updated = datetime.fromisoformat(str(event.get("updated")))
    except ValueError:
        return True
    return updated.timestamp() >= int(edit.at)


def _was_decided_before(story: Story, uid: str, read: int, number: int) -> bool:
    """Tell whether the intent of a write was committed before a read was made."""
    decided = None
    for index, record in enumerate(story.tape.records):
        if isinstance(record, Call):
            if number in record.accepted:
                break
            continue
        for change in record.of("links") if hasattr(record, "of") else ():
            is_it = change.row["event_uid"] == uid and change.has_changed("flight_at")
            if is_it and change.row["flight_at"] is not None:
                decided = index
    return decided is not None and decided < read


def _find_stale(story: Story, case: Case) -> Iterator[str]:
    """What stands at the end is the last that a person gave it, on one side or the other."""
    if any(limit for limit in story.limits.values()):
        return
    for item, event in _standing(story, case):
        yield from _find_stale_side(story, case, "here", item)
        yield from _find_stale_side(story, case, "there", event)


def _find_stale_side(story: Story, case: Case, name: str, face: Values | None) -> Iterator[str]:
    if face is None:
        return
    for part in PARTS:
        is_excused = _was_declined(story, case, part) or _was_thrown_away(case, part)
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
    """Tell whether a change of a part was kept out: what stood before it stands still."""
    return any(
        row["result"] is not Result.DONE
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


def _find_false_winners(story: Story, case: Case) -> Iterator[str]:
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


def _first_shown(story: Story, case: Case, part: str, edit: Turn) -> float | None:
    """Return an upper bound of the ``updated`` under which an edit was first read."""
    later = [
        turn.at
        for turns in case.there.values()
        for turn in turns
        if turn.index > edit.index and turn.after is not None
    ]
    return None if later else int(edit.at)
