"""I6: what a person deleted stays deleted, unless a person brings it back."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.acts import Side
from tests.simulation.faults import FaultKind
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.story import Case, Story, Turn
from tests.simulation.records import Call


def find_resurrections(story: Story) -> Iterator[str]:
    """Yield what came back without a person's act that would bring it back."""
    for case in story.cases.values():
        if not case.is_series:
            yield from _find_risen_here(story, case)
            yield from _find_risen_there(story, case)
            yield from _find_sent_again(story, case)


def _find_risen_here(story: Story, case: Case) -> Iterator[str]:
    """An item that a sync took out of the bin was edited or revived there meanwhile.

    That is since the read from which a sync last gave it anything: what was done there
    before may still have been unread when a person deleted it here.
    """
    given_at = -1
    for turn in case.here:
        if turn.by_person:
            continue
        if turn.action == "restored":
            deeds = [deed for turns in case.there.values() for deed in turns if deed.by_person]
            if any(deed.after and given_at < deed.index < turn.index for deed in deeds):
                continue
            if FaultKind.ALL_DELETED in story.faults:
                story.limits[Limit.LIE_DELETED] += 1
            else:
                yield f"I6 item {case.item_id} came back, and nobody there had touched its event"
        if turn.action != "deleted":
            # An event may be brought back between the read of its removal and the commit.
            given_at = _find_read(story, case, turn)


def _find_read(story: Story, case: Case, turn: Turn) -> int:
    """Return the last record before Cronofy answered with what a sync gave the item."""
    for index in range(turn.index - 1, -1, -1):
        record = story.tape.records[index]
        if isinstance(record, Call) and any(e.get("event_uid") in case.uids for e in record.events):
            return record.answered_after - 1
    return turn.index


def _find_risen_there(story: Story, case: Case) -> Iterator[str]:
    """An event that a write of ours made again was wanted by a person here."""
    for uid, turns in case.there.items():
        was_deleted_by: Turn | None = None
        for turn in turns:
            if turn.after is None:
                was_deleted_by = turn
            elif was_deleted_by is not None and turn.before is None:
                if not turn.by_person and was_deleted_by.by_person:
                    if _was_queued(story, was_deleted_by, turn):
                        story.limits[Limit.DELETED_WHILE_QUEUED] += 1
                    else:
                        yield f"I6 event {uid}, which its owner deleted, was written again"
                was_deleted_by = None


def _was_queued(story: Story, deletion: Turn, landing: Turn) -> bool:
    """Tell whether no answer could have shown a deletion before the write was accepted."""
    landed = story.tape.records[landing.index].landed  # type: ignore[union-attr]
    if landed.write.accepted_at <= deletion.at:
        return True
    uid = story.tape.records[landing.index].after.uid  # type: ignore[union-attr]
    for record in story.tape.records[deletion.index : landing.index]:
        if not isinstance(record, Call):
            continue
        if landed.write.number in record.accepted:
            # What was read while it was on its way came too late.
            return True
        if any(e.get("event_uid") == uid and e.get("deleted") is True for e in record.events):
            return False
    return True


def _find_sent_again(story: Story, case: Case) -> Iterator[str]:
    """A further copy was sent only after a person acted, since the last one stood."""
    history = story.history
    places = {event.uid: event.calendar_id for event in story.sides.events}
    asked = sum(1 for act in history.acts if act.side is Side.SETTINGS)
    for place in sorted({places[uid] for uid in case.there if uid in places}):
        made = sorted(
            turn.index
            for uid, turns in case.there.items()
            for turn in turns
            if places.get(uid) == place and _is_made(turn)
        )
        for number, (before, again) in enumerate(pairwise(made), 2):
            acts = [turn for turn in case.here if turn.by_person and turn.index < again]
            # What is made private in one calendar is made anew in the others.
            acts += [
                turn
                for uid, turns in case.there.items()
                for turn in turns
                if places.get(uid) != place and turn.by_person and "private" in turn.changed()
            ]
            # The first copy answers for one act, and each further one for one more.
            if len(acts) + asked >= number or _came_back(case, before, again):
                continue
            if any(pick < 0 for pick in history.office.scheduler.taken.values()):
                # It was decided before the deletion that another process has sent meanwhile.
                story.limits[Limit.STALLED] += 1
            else:
                yield f"I6 item {case.item_id} was sent again, and nobody had asked for it"


def _is_made(turn: Turn) -> bool:
    return turn.before is None and turn.after is not None and not turn.by_person


def _came_back(case: Case, before: int, again: int) -> bool:
    """Tell whether an item came back in between, as its event was edited there."""
    return any(turn.action == "restored" and before < turn.index < again for turn in case.here)
