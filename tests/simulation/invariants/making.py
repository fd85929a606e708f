"""I4, I5: nothing is made up, and nothing is made twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from calsync.core.event_id import read_event_id
from calsync.core.newcomers import Verdict
from calsync.db.models import LinkRow
from tests.simulation.invariants.faces import is_same
from tests.simulation.invariants.story import Case, Story, Turn, changes_of
from tests.simulation.snapshots import Shown


def find_inventions(story: Story) -> Iterator[str]:
    """I4: every value that a sync gave a field was given to that very entry by a person."""
    for case in story.cases.values():
        if case.is_series:
            continue
        written: dict[str, list[Any]] = {}
        for turn in _in_order(case):
            for part in turn.changed():
                assert turn.after
                value, known = turn.after[part], written.setdefault(part, [])
                if turn.gives(part):
                    known.append(value)
                elif not any(is_same(part, value, each) for each in known):
                    yield f"I4 nobody wrote {part} {value!r}, which a sync {turn.action}"


def _in_order(case: Case) -> list[Turn]:
    turns = [*case.here, *(turn for turns in case.there.values() for turn in turns)]
    return sorted(turns, key=lambda turn: turn.index)


def find_doubles(story: Story) -> Iterator[str]:
    """I5: of one entry there is one event, and of one event one item."""
    sides, rows = story.sides, story.sides.links
    # What its user brought back beside the copy that was sent again is left alone.
    older = {row.event_uid for row in rows if not row.is_present}
    standing = sides.standing_events.values()
    copies = Counter(
        entry
        for event in standing
        if event.uid not in older and (entry := _entry_of(rows, event)) is not None
    )
    yield from (f"I5 entry {entry} stands there twice" for entry in _repeated(copies))
    items = sides.standing_items
    ties = Counter(
        (row.integration_id, row.event_uid)
        for row in rows
        if row.item_id in items and row.event_uid
    )
    yield from (f"I5 event {uid} stands here twice" for uid in _repeated(ties))
    uids = {event.uid for event in standing} - older
    pairs = Counter(
        (row.integration_id, row.item_id, row.key) for row in rows if row.event_uid in uids
    )
    yield from (f"I5 entry {entry} has two events" for entry in _repeated(pairs))


def _entry_of(rows: Sequence[LinkRow], event: Shown) -> tuple[str, str, str] | None:
    """Return of which entry an event is a copy: as its link has it, else as its id says.

    A series that is divided hands occurrences on to another item; their copies keep their ids.
    """
    if event.event_id is None:
        return None
    for row in rows:
        if row.event_id == event.event_id:
            return row.integration_id, row.item_id, row.key
    name = read_event_id(event.event_id)
    return name and (name.integration_id, name.item_id, name.key)


def find_twins(story: Story) -> Iterator[str]:
    """I5: nobody wrote the same title twice, so it stands once on each side."""
    sides = story.sides
    older = {row.event_uid for row in sides.links if not row.is_present}
    standing = sides.standing_events.values()
    if story.history.series or any(event.uid in older for event in standing):
        return
    if any(act.name == "carry" for act in story.history.acts) and _keeps_removed(story):
        # What was carried to another linked calendar came in there and stays here, or stands
        # there beside the copy of its own.
        return
    alike = {
        change.row["event_uid"]
        for _, _, change in changes_of(story.tape, "judged_events")
        if change.row["reason"] == Verdict.LOOK_ALIKE
    }
    subjects = Counter(item.subject for item in sides.standing_items.values())
    titles = Counter((e.calendar_id, e.title) for e in standing if e.uid not in alike)
    yield from (f"I5 {title!r} stands here twice" for title in _repeated(subjects))
    yield from (f"I5 {title!r} stands there twice" for title in _repeated(titles))


def _keeps_removed(story: Story) -> bool:
    """Tell whether a removal there was kept out, or was none."""
    return any(row["reason"] in ("delete_off", "moved") for _, row in story.log)


def _repeated(counts: Counter[Any]) -> list[Any]:
    return [key for key, count in counts.items() if count > 1]
