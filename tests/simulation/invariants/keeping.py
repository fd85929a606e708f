"""I3, I6: nothing that a person wrote is lost, and nothing that they deleted comes back."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.faults import FaultKind
from tests.simulation.invariants.faces import is_same
from tests.simulation.invariants.faces import value_of_dumped as load
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.standing import find_false_winners, find_stale
from tests.simulation.invariants.story import Case, Story, Turn
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
        yield from find_stale(story, case)
        yield from find_false_winners(story, case)


def find_edited_removals(story: Story) -> Iterator[str]:
    """I21: no sync removes an item whose last edit by a person had not come to its events."""
    for case in story.cases.values():
        for removal in () if case.is_series else case.here:
            if removal.by_person or removal.action != "deleted":
                continue
            edits = [t for t in case.here if t.by_person and t.index < removal.index]
            if edits and edits[-1].before and not _has_come(case, edits[-1], removal):
                yield f"I21 item {case.item_id} was removed, and a person had edited it"


def _has_come(case: Case, edit: Turn, removal: Turn) -> bool:
    """Tell whether any event showed what a person edited, before the removal came in."""
    given = edit.after
    parts = edit.changed()
    return given is None or any(
        turn.after is not None and all(is_same(p, turn.after[p], given[p]) for p in parts)
        for turns in case.there.values()
        for turn in turns
        if turn.index < removal.index
    )


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
