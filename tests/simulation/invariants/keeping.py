"""I3, I21: nothing that a person wrote is lost, and nothing that they edited is removed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from calsync.core.run import Result
from tests.simulation.faults import FaultKind
from tests.simulation.invariants.faces import is_same
from tests.simulation.invariants.faces import value_of_dumped as load
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.standing import find_false_winners, find_stale
from tests.simulation.invariants.story import Case, Story, Turn
from tests.simulation.records import Call, Commit, Landing
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
    """I21: nothing is removed whose last edit by a person had not come to the other side.

    An edit that was kept out is settled: the log says so.
    """
    for case in story.cases.values():
        if case.is_series:
            continue
        for removal in case.here:
            edit = _find_last_edit(case.here, removal) if removal.action == "deleted" else None
            if edit and not _has_come(story, case, edit, removal, "mine"):
                yield f"I21 item {case.item_id} was removed, and a person had edited it"
        ours = {row["event_uid"] for row in case.links if row["event_id"]}
        for uid in case.there.keys() - ours:
            for removal in case.there[uid]:
                edit = _find_last_edit(case.there[uid], removal) if not removal.after else None
                if edit is None or _was_unreadable(story, uid, edit, removal):
                    continue
                if not _has_come(story, case, edit, removal, "theirs"):
                    yield f"I21 event {uid} was removed, and its owner had edited it"


def _find_last_edit(turns: Sequence[Turn], removal: Turn) -> Turn | None:
    """Return what a person last did to one side before a sync removed it, if that changed it."""
    deeds = [turn for turn in turns if turn.by_person and turn.index < removal.index]
    is_edit = deeds and deeds[-1].before and deeds[-1].after
    return deeds[-1] if is_edit and not removal.by_person else None


def _has_come(story: Story, case: Case, edit: Turn, removal: Turn, side: str) -> bool:
    """Tell whether the other side ever showed what a person edited, or the log says why not."""
    others = case.there.values() if side == "mine" else [case.here]
    given = edit.after
    parts = [] if given is None else edit.changed()
    return given is None or all(
        any(
            turn.after is not None and is_same(part, turn.after[part], given[part])
            for turns in others
            for turn in turns
            if turn.index < removal.index
        )
        or _was_kept_out(story, case, side, part, given[part])
        for part in parts
    )


def _was_kept_out(story: Story, case: Case, side: str, part: str, value: Any) -> bool:
    """Tell whether the log says that a value does not go to the other side."""
    return any(
        row["result"] is Result.DECLINED
        and part in (before := row["before"].get(side) or {})
        and is_same(part, load(part, before[part]), value)
        for _, row in story.log_of(case)
    )


def _looks_put_back(story: Story, case: Case) -> bool:
    """Tell whether somebody touched an event and changed nothing, before our write landed.

    That is how it looks, too, where they put back what stood there before (docs/sync.md 14.4).
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
                    was_unread = not was_late and _was_unreadable(story, uid, author, turn)
                    story.limits[Limit.OVER_UNREAD] += was_unread
                    continue
                is_noted = _was_noted(story, uid, part, author, turn)
                is_lost = is_noted and not _has_returned(turns, part, turn, lost)
                if not is_lost and _was_unreadable(story, uid, author, turn):
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


def _was_noted(story: Story, uid: str, part: str, edit: Turn, landing: Turn) -> bool:
    """Tell whether a sync has noted what the owner wrote, before our write landed over it."""
    assert edit.after is not None
    for record in story.tape.records[edit.index : landing.index]:
        for change in record.of("links") if isinstance(record, Commit) else ():
            seen = change.row["record"].get("seen") if change.row["event_uid"] == uid else None
            content = seen and not seen.get("is_deleted") and seen["content"]
            if content and is_same(part, load(part, content[part]), edit.after[part]):
                return True
    return False


def _has_returned(turns: Sequence[Turn], part: str, landing: Turn, lost: Any) -> bool:
    """Tell whether what our write replaced there was put back."""
    return any(
        turn.index > landing.index and turn.after and is_same(part, turn.after[part], lost)
        for turn in turns
    )


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
        for change in record.of("links") if isinstance(record, Commit) else ():
            is_it = change.row["event_uid"] == uid and change.has_changed("flight_at")
            if is_it and change.row["flight_at"] is not None:
                decided = index
    return decided is not None and decided < read
