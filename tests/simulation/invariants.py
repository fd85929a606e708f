"""What holds after every history, whatever went wrong in it (RELIABILITY.md 3)."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from calsync.core.content import Part
from calsync.core.event_id import read_event_id
from calsync.core.link import Link, LinkState
from calsync.db.links import link_of
from calsync.db.models import Item
from tests.simulation.office import Office
from tests.simulation.scenario import History
from tests.simulation.snapshots import Shown


def find_violations(history: History) -> list[str]:
    """Return what does not hold, each as a sentence."""
    office = history.office
    found = [
        *_find_unsettled(office),
        *_find_differences(office),
        *_find_doubles(history),
        *_find_inventions(history),
        *_find_unlinked(history),
    ]
    return [*found, *_find_unrest(history)]


def _find_unsettled(office: Office) -> Iterator[str]:
    """I1: nothing is in flight, and nothing waits to be looked at."""
    for row in office.links():
        if row.flight_at is not None:
            yield f"I1 link {row.id} is in flight for ever"
        if row.looks and row.state is LinkState.LIVE:
            yield f"I1 link {row.id} is never looked at"


def _find_differences(office: Office) -> Iterator[str]:
    """I1, I2: both sides of a live link are alike, but for what is declined with a reason."""
    events = {event.uid: event for event in office.events()}
    items = {item.id: item for item in office.items()}
    explained = office.declined()
    for row in office.links():
        link = link_of(row)
        if not row.is_present or link.state is not LinkState.LIVE:
            continue
        event, item = events.get(row.event_uid or ""), items.get(row.item_id)
        if link.seen is None and row.id in explained:
            continue
        if event is None or event.deleted:
            yield f"I1 live link {row.id} has no event"
        elif item is None or item.deleted_at is not None:
            yield f"I1 live link {row.id} has no item"
        elif not row.key and (unlike := _unlike(item, event, link)):
            yield f"I1 {item.subject!r} and {event.title!r} differ in {unlike}"


def _unlike(item: Item, event: Shown, link: Link) -> str:
    """Return the parts in which both sides differ and nobody says why."""
    found = []
    if item.subject != event.title and Part.TITLE not in link.declined:
        found.append("title")
    starts_at = int(item.starts_at.timestamp()) if item.starts_at else None
    is_moved = starts_at is not None and starts_at // 60 != event.starts_at // 60
    if is_moved and Part.TIMES not in link.declined:
        found.append("times")
    return " ".join(found)


def _find_doubles(history: History) -> Iterator[str]:
    """I5: of one entry there is one event, of one event one item."""
    office = history.office
    # What its user brought back beside the copy that was sent again is left alone.
    older = {row.event_uid for row in office.links() if not row.is_present}
    standing = [event for event in office.events() if not event.deleted]
    copies = Counter(
        (event.calendar_id, name.item_id, name.key)
        for event in standing
        if event.event_id and event.uid not in older and (name := read_event_id(event.event_id))
    )
    yield from (f"I5 entry {entry} stands there twice" for entry in _repeated(copies))
    # A series has several entries of one title, of which some may have been renamed.
    if history.series or any(event.uid in older for event in standing):
        return
    subjects = Counter(item.subject for item in office.items() if item.deleted_at is None)
    titles = Counter((event.calendar_id, event.title) for event in standing)
    yield from (f"I5 {title!r} stands here twice" for title in _repeated(subjects))
    yield from (f"I5 {title!r} stands there twice" for title in _repeated(titles))


def _repeated(counts: Counter[Any]) -> list[Any]:
    return [key for key, count in counts.items() if count > 1]


def _find_inventions(history: History) -> Iterator[str]:
    """I4: nothing stands anywhere that nobody ever wrote."""
    office = history.office
    for title in {item.subject for item in office.items()} - history.titles:
        yield f"I4 nobody wrote {title!r} here"
    for title in {event.title for event in office.events()} - history.titles:
        yield f"I4 nobody wrote {title!r} there"


def _find_unlinked(history: History) -> Iterator[str]:
    """I3: what stands on one side alone has a reason to."""
    office = history.office
    # Of a kind that was ticked again, or left out, nobody knows here what was to be sent.
    is_sent = not any(act.name in ("tick", "drop") for act in history.acts)
    people = {desk.person.who.user_id for desk in office.desks}
    rows = [row for row in office.links() if row.is_present]
    linked_items = {row.item_id for row in rows}
    linked_events = {row.event_uid for row in office.links()} | office.judged()
    for item in office.items():
        is_wanted = is_sent and item.deleted_at is None and people & office.assignees(item.id)
        if is_wanted and item.id not in linked_items:
            yield f"I3 {item.subject!r} was never sent"
    for desk in office.desks:
        if not desk.options.takes_create:
            continue
        for event in office.events(desk):
            if not event.deleted and event.event_id is None and event.uid not in linked_events:
                yield f"I3 {event.title!r} was never brought in"


def _find_unrest(history: History) -> Iterator[str]:
    """I9: with nothing changed, further syncs write nothing on either side."""
    office = history.office
    before = _state(office)
    for _ in range(3):
        office.ask_for_reads(sweeps=history.plan.sweeps)
        office.clock.move(timedelta(hours=1))
        for _ in office.desks:
            history.workers.work()
    if _state(office) != before:
        yield "I9 idle syncs go on changing things"


def _state(office: Office) -> tuple[object, ...]:
    writes = sum(call.writes for call in office.provider.traffic.calls)
    return writes, tuple((item.id, item.version) for item in office.items())
