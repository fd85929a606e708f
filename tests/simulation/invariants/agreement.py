"""I1, I2: both sides end alike, and what differs has a reason in the log."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from calsync.core.link import LinkState, Side
from calsync.core.recurrence import expand, parse_rule
from calsync.core.run import Result
from calsync.core.window import Window
from calsync.db.models import Item
from calsync.services.item_rows import times_of
from tests.simulation.faults import FaultKind
from tests.simulation.invariants.faces import (
    face_of_event,
    face_of_item,
    find_unlike,
    is_same,
    value_of_dumped,
)
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.sight import is_out_of_sight
from tests.simulation.invariants.story import REPLACED, Case, Story, changes_of
from tests.simulation.records import Call, Commit
from tests.simulation.snapshots import Shown

_SLEEPING = (LinkState.REMOVED_THERE, LinkState.DELETED_HERE, LinkState.TOMBSTONE)
#: Results by which the log says that something was not done.
_NOT_DONE = (Result.DECLINED, Result.HELD, Result.CONFLICT, Result.FAILED)
#: Answers that hide what is there until a sweep shows it.
_LIES = {FaultKind.EMPTY_LIST, FaultKind.ALL_DELETED}
#: A write that was not applied this often is not tried again.
_TRIES = 3
#: The status of a batch that was answered write by write.
_ANSWERED = 207


def find_unsettled(story: Story) -> Iterator[str]:
    """I1: nothing is in flight, and nothing waits to be looked at."""
    # Of an integration that was ended nothing is asked any more.
    followed = {desk.integration_id for desk in story.history.office.desks}
    for row in story.sides.links:
        if row.flight_at is not None and row.integration_id in followed:
            yield f"I1 link {row.id} is in flight for ever"
        if row.looks and row.state is LinkState.LIVE:
            yield f"I1 link {row.id} is never looked at"


def find_differences(story: Story) -> Iterator[str]:
    """I1, I2: what stands on one side alone, or otherwise, has a reason."""
    sides, desks = story.sides, story.history.office.desks
    items, events = sides.standing_items, sides.standing_events
    users = {desk.integration_id: desk.person.who.user_id for desk in desks}
    for case in story.cases.values():
        for row in case.links:
            if row["is_present"] and not row["key"]:
                item, event = items.get(row["item_id"]), events.get(row["event_uid"] or "")
                user = users.get(row["integration_id"])
                if item is not None and user and user not in sides.assignees[item.id]:
                    # It stands on the calendars of others alone.
                    item = None
                if item is not None and event is None and not _has_date(item):
                    # What has lost its date is to stand there no longer.
                    item = None
                yield from _judge(story, case, row, item, event)


def find_unlinked(story: Story) -> Iterator[str]:
    """I2: what no link knows is new to nobody, or was judged."""
    history, office = story.history, story.history.office
    sides, rows = story.sides, story.sides.links
    # Of a kind that was ticked again, or left out, nobody knows here what was to be sent.
    is_sent = not any(act.name in ("tick", "drop") for act in history.acts)
    people = {desk.person.who.user_id for desk in office.desks}
    linked_items = {row.item_id for row in rows if row.is_present}
    judged = {change.row["event_uid"] for _, _, change in changes_of(story.tape, "judged_events")}
    known = {row.event_uid for row in rows} | office.judged() | judged
    for item in sides.items.values() if is_sent else ():
        is_shown = item.deleted_at is None and _takes_place(story, item)
        is_wanted = is_shown and people & sides.assignees[item.id]
        if is_wanted and item.id not in linked_items:
            yield f"I2 {item.subject!r} was never sent, and nothing says why"
    for desk in office.desks:
        of_desk = [event for event in sides.events if event.calendar_id == desk.calendar_id]
        for event in of_desk:
            if event.deleted or event.uid in known or _is_named(rows, event):
                continue
            if _LIES & story.faults and not history.plan.sweeps:
                story.limits[Limit.LIE_HIDDEN] += 1
            elif not is_out_of_sight(story, event):
                yield f"I2 {event.title!r} was never brought in, and nothing says why"


def _takes_place(story: Story, item: Item) -> bool:
    """Tell whether there is anything of an item to be sent: a series may be over."""
    times = times_of(item)
    if item.rule is None or times is None:
        return _has_date(item)
    window = Window(story.history.office.clock.now())
    return any(True for _ in expand(times, parse_rule(item.rule, times), window.start, window.end))


def _has_date(item: Item) -> bool:
    """Tell whether an item has a place in a calendar: a task without any date is not sent."""
    return bool(item.starts_at or item.starts_on or item.due_on)


def _is_named(rows: Sequence[Any], event: Shown) -> bool:
    return any(row.event_id == event.event_id for row in rows if event.event_id)


def _judge(
    story: Story, case: Case, row: Mapping[str, Any], item: Item | None, event: Shown | None
) -> Iterator[str]:
    state = row["state"]
    name = f"link {row['id']} ({state.value})"
    if item is not None and event is not None and state is LinkState.LIVE:
        yield from _judge_both(story, case, item, event)
    elif item is None and event is None:
        if state not in (*_SLEEPING, LinkState.PARKED, LinkState.UNDONE):
            yield f"I1 {name} has nothing on either side"
    elif state is LinkState.SET_ASIDE:
        if _count_lost(story, case) < _TRIES:
            yield f"I2 {name} was not refused or lost three times"
    elif state is LinkState.NOT_FOUND and event is not None:
        yield f"I2 {name} stands in its calendar"
    elif state in (LinkState.LIVE, *_SLEEPING, LinkState.HELD) and not (
        _explains(story, case) or _was_misled(story, event) or _went_unseen(story, row)
    ):
        yield f"I2 {name} has item {item is not None}, event {event is not None}, and no reason"


def _judge_both(story: Story, case: Case, item: Item, event: Shown) -> Iterator[str]:
    """Say in which parts an item and its event differ although nothing says why."""
    for part in find_unlike(face_of_item(item), face_of_event(event)):
        if case.is_by_rule(part) or _explains_part(story, case, item, event, part):
            continue
        if part == "private" and _was_never_shown_private(story, event):
            story.limits[Limit.PRIVATE] += 1
        elif not is_out_of_sight(story, event):
            yield f"I2 {part} of {item.subject!r} differs there, and nothing says why"


def _was_never_shown_private(story: Story, event: Shown) -> bool:
    """Tell whether the first answer that showed an event had it public.

    Some providers have no private events, and show what was sent as private like that.
    """
    shown = (
        each
        for call in story.tape.of(Call)
        for each in call.events
        if each.get("event_uid") == event.uid and not each.get("deleted")
    )
    first = next(shown, None)
    return first is not None and not first.get("event_private") and not event.private


def _went_unseen(story: Story, row: Mapping[str, Any]) -> bool:
    """Tell whether a link's event was removed where no read could see it any more."""
    gone = (each for each in story.sides.events if each.uid == row["event_uid"] and each.deleted)
    return any(is_out_of_sight(story, event) for event in gone)


def _was_misled(story: Story, event: Shown | None) -> bool:
    """Tell whether an answer said that a standing event was deleted, with no sweep; count it."""
    is_it = FaultKind.ALL_DELETED in story.faults and not story.history.plan.sweeps
    if not is_it or event is None:
        return False
    story.limits[Limit.LIE_DELETED] += 1
    return True


def _explains_part(story: Story, case: Case, item: Item, event: Shown, part: str) -> bool:
    """Tell whether the log says of these very values why they stay as they are."""
    faces = {"mine": face_of_item(item), "theirs": face_of_event(event)}
    for _, row in story.log_of(case):
        # What differs when an entry and an event are taken for one counts as agreed.
        is_agreed = row["action"] == "link"
        if not is_agreed and (row["result"] not in _NOT_DONE or row["reason"] in REPLACED):
            continue
        kept_out = ("theirs",) if row["side"].value == "in" else ("mine",)
        are_both = is_agreed or row["result"] is Result.CONFLICT
        sides = ("mine", "theirs") if are_both else kept_out
        before = {side: row["before"].get(side) or {} for side in sides}
        if all(
            part in before[side]
            and is_same(part, value_of_dumped(part, before[side][part]), faces[side][part])
            for side in sides
        ):
            return True
    return False


def _explains(story: Story, case: Case) -> bool:
    """Tell whether the log says why one side stands alone, or why nothing flows."""
    # Copies go where their user says so, when a kind is un-ticked or an integration deleted.
    may_go = any(act.fields.get("goes") for act in story.history.acts)
    return any(
        (row["result"] in _NOT_DONE and row["reason"] and row["reason"] not in REPLACED)
        or (row["action"] == "delete" and row["after"].get("removal") not in (None, "delete"))
        or (row["action"] == "delete" and row["side"] is Side.OUT and may_go)
        for _, row in story.log_of(case)
    )


def _count_lost(story: Story, case: Case) -> int:
    """Return how many writes to a case's events were refused or never applied in time."""
    ids = {row["event_id"] for row in case.links} - {None}
    writing = story.history.office.provider.world.writing
    lost = 0
    for write in writing.accepted:
        if write.event_id in ids or write.uid in case.uids:
            lost += write.due is None or write.due - write.accepted_at >= 600
    refused = sum(
        1 for _, row in story.log_of(case) if row["result"] is Result.FAILED and row["reason"]
    )
    # Of a call that failed as a whole nobody knows whether it arrived, until its time is over.
    failed = sum(
        1
        for call in story.tape.of(Call)
        if call.status != _ANSWERED and not call.accepted
        for body in call.written
        if body.get("event_id") in ids or body.get("event_uid") in case.uids
    )
    return lost + refused + failed + _count_unsent(story, case)


def _count_unsent(story: Story, case: Case) -> int:
    """Return how often a write was decided and never sent, as the process fell in between."""
    links, ids = {row["id"] for row in case.links}, {row["event_id"] for row in case.links}
    unsent, waiting = 0, False
    for record in story.tape.records:
        if isinstance(record, Call):
            is_it = any(body.get("event_id") in ids for body in record.written)
            waiting = waiting and not is_it
        for change in record.of("links") if isinstance(record, Commit) else ():
            if change.row["id"] in links and change.has_changed("flight_at"):
                unsent += waiting
                waiting = change.row["flight_at"] is not None
    return unsent
