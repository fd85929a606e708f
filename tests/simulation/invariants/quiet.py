"""I8, I9, I10: nothing is written without need, and a switch rewrites nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from calsync.services.integrations import change_options
from tests.simulation.faults import FaultKind
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.story import Case, Story
from tests.simulation.scenario import History
from tests.simulation.writing import Waiting

#: After so many seconds a write that does not show may be taken for lost.
_SETTLES_IN = 60
#: So often a write that was never applied is sent.
_TRIES = 3


def find_unrest(history: History) -> Iterator[str]:
    """I9: with nothing changed, further syncs write nothing on either side."""
    if _is_anything_to_land(history):
        history.limits[Limit.TOO_LATE] = 1
        return
    if any(act.name in ("drop", "swap") for act in history.acts):
        # Of a series whose copies were to go one may have been on its way; where the calendar
        # is linked again the others follow it with the sweep after the one that showed it.
        _idle(history, polls=1)
    before = _state(history)
    _idle(history, polls=2)
    if _state(history) != before:
        yield "I9 idle syncs go on changing things"


def find_surprises(history: History) -> Iterator[str]:
    """I8: a switch that is turned on at the end, when all is settled, changes nothing."""
    chosen = [
        (desk, replace(desk.options, **dict.fromkeys(_SWITCHES, True)))
        for desk in history.office.desks
    ]
    was_locked = any(act.name == "lock" for act in history.acts)
    if all(options == desk.options for desk, options in chosen):
        return
    if _is_anything_to_land(history) or (was_locked and not history.plan.sweeps):
        # What could not be written while the calendar was locked is sent by the next sweep.
        return
    before = _state(history)
    for desk, options in chosen:
        if options != desk.options:
            change_options(history.office.tools, desk.person.who, desk.integration_id, options)
            desk.options = options
    _idle(history, polls=1)
    if _state(history) == before:
        return
    fired = history.office.provider.faults.fired.values()
    if any(fault.kind is FaultKind.ALL_DELETED for fault in fired):
        # What stands again after it was said to be deleted is there anew.
        history.limits[Limit.LIE_DELETED] = 1
    else:
        yield "I8 turning switches on changed what was settled"


_SWITCHES = ("takes_create", "takes_update", "takes_delete")


def _is_anything_to_land(history: History) -> bool:
    """Tell whether Cronofy has still to do what it accepted long ago: then it is not idle."""
    now = history.office.clock.now().timestamp()
    accepted = history.office.provider.world.writing.accepted
    return any(write.due is not None and write.due > now for write in accepted)


def _idle(history: History, *, polls: int) -> None:
    """Have the changes read so often, and the first time all there is if it ever is."""
    office = history.office
    for number in range(polls):
        office.ask_for_reads(sweeps=history.plan.sweeps and number == 0)
        office.clock.move(timedelta(minutes=10))
        for _ in office.desks:
            history.workers.work()


def _state(history: History) -> tuple[Any, ...]:
    calls = history.office.provider.traffic.calls
    writes = sum(call.writes for call in calls)
    return writes, tuple((item.id, item.version) for item in history.office.items())


def find_waste(story: Story) -> Iterator[str]:
    """I10: an edit costs one write in each other calendar, and a fault one more."""
    provider = story.history.office.provider
    faults = len(provider.faults.fired)
    for case in story.cases.values():
        if case.is_series:
            continue
        integrations = {row["integration_id"] for row in case.links}
        edits = sum(1 for turn in case.here if turn.by_person)
        lost = _count_lost(story, case)
        # What is private is made anew: a deletion and a creation.
        anew = sum(1 for turn in case.here if turn.by_person and "private" in turn.changed())
        restored = sum(1 for turn in case.here if turn.action == "restored")
        budget = (edits + anew + restored + lost * _TRIES) * len(integrations) + faults
        # What came in from one calendar is written to each other one that the item is in.
        budget += sum(1 for turn in case.here if not turn.by_person) * (len(integrations) - 1)
        # Who stalls for long is overtaken, and both send it.
        budget += _count_repeated(story, case) if story.history.office.scheduler.taken else 0
        # A title that is the ticket's own is put back, once for each that was given.
        budget += sum(row["reason"] == "title_is_the_tickets" for _, row in story.log_of(case))
        written = _count_writes(story, case)
        if written > budget:
            yield f"I10 item {case.item_id} was written {written} times for {edits} edits"


def _count_writes(story: Story, case: Case) -> int:
    """Return how many writes to a case's events were accepted."""
    return sum(1 for write in _list_writes(story, case))


def _count_repeated(story: Story, case: Case) -> int:
    """Return how many writes were the same as the one before to that event."""
    contents: dict[str | None, list[Any]] = {}
    for write in _list_writes(story, case):
        same = contents.setdefault(write.event_id or write.uid, [])
        same.append((write.method, write.span, write.content))
    return sum(one == other for each in contents.values() for one, other in pairwise(each))


def _list_writes(story: Story, case: Case) -> list[Waiting]:
    ids = {row["event_id"] for row in case.links} - {None}
    accepted = story.history.office.provider.world.writing.accepted
    return [write for write in accepted if write.event_id in ids or write.uid in case.uids]


def _count_lost(story: Story, case: Case) -> int:
    """Return how many accepted writes were never applied, or so late that they were given up."""
    return sum(
        1
        for write in _list_writes(story, case)
        if write.due is None or write.due - write.accepted_at > _SETTLES_IN
    )
