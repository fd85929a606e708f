"""I25: the log tells of each write of ours that was done, once, and of no other."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from calsync.core.link import Side
from calsync.core.run import Result
from tests.simulation.invariants.gates import is_intent
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.story import Story, changes_of
from tests.simulation.records import Call, Deed, Landing

_WRITES = ("create", "update", "delete")


@dataclass
class Turn:
    """A write from its intent on, up to the next of the same link."""

    began: int
    #: No read had shown it when it was given up.
    is_given_up: bool = False
    #: It was applied, and changed the event.
    is_done: bool = False
    logged: Counter[str] = field(default_factory=Counter)


def find_unlogged(story: Story) -> Iterator[str]:
    """I25: hold each write that was applied, and that a read may have shown, against the log."""
    turns = _list_turns(story)
    _note_landings(story, turns)
    _note_log(story, turns)
    accepted = _count_accepted(story)
    for link in story.sides.links:
        own = turns.get(link.id, [])
        told = sum(number for turn in own for number in turn.logged.values())
        if told > accepted[link.event_id or link.event_uid or ""]:
            yield f"I25 the log tells of {told} writes of link {link.id}, and fewer were accepted"
        for turn in own:
            for action, number in turn.logged.items():
                if number > 1:
                    yield f"I25 the {action} of link {link.id} is in the log {number} times"
            if not turn.is_done or turn.logged:
                continue
            is_last = turn is own[-1]
            is_open = bool(link.record.get("flight") or link.record.get("late"))
            if (is_last and is_open) or (turn.is_given_up and not is_last):
                story.limits[Limit.UNANSWERED] += 1
            else:
                yield f"I25 a write of link {link.id} was done, and the log does not tell of it"


def _count_accepted(story: Story) -> Counter[str]:
    """Return of each event how many writes Cronofy has accepted, and what its owner did to it.

    Where no answer came, what the owner did themselves looks as if the write were done.
    """
    accepted = story.history.office.provider.world.writing.accepted
    counts = Counter(write.event_id or write.uid or "" for write in accepted)
    shown = [deed.after for deed in story.tape.of(Deed) if deed.after]
    return counts + Counter(event.event_id or event.uid for event in shown)


def _list_turns(story: Story) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = defaultdict(list)
    for index, _, change in changes_of(story.tape, "links"):
        own = turns[change.row["id"]]
        if is_intent(change):
            own.append(Turn(index))
        elif own and change.after is not None and change.after["record"].get("late"):
            own[-1].is_given_up = True
    return turns


def _note_landings(story: Story, turns: Mapping[str, list[Turn]]) -> None:
    ids = {name: link.id for link in story.sides.links if (name := link.event_id or link.event_uid)}
    called = {
        number: index
        for index, record in enumerate(story.tape.records)
        if isinstance(record, Call)
        for number in record.accepted
    }
    for index, record in enumerate(story.tape.records):
        if not isinstance(record, Landing) or record.before == record.after:
            continue
        write = record.landed.write
        link_id = ids.get(write.event_id or write.uid or "", "")
        turn = _find_turn(turns.get(link_id, []), called.get(write.number, -1))
        if turn is not None and turn is _find_turn(turns[link_id], index):
            turn.is_done = True


def _note_log(story: Story, turns: Mapping[str, list[Turn]]) -> None:
    for index, row in story.log:
        is_write = row["side"] is Side.OUT and row["action"] in _WRITES
        if is_write and row["result"] is Result.DONE:
            turn = _find_turn(turns.get(row["link_id"], []), index)
            if turn is not None:
                turn.logged[row["action"]] += 1


def _find_turn(own: list[Turn], index: int) -> Any:
    """Return the write that was under way at a record of the tape, None before the first."""
    return next((turn for turn in reversed(own) if turn.began <= index), None)
