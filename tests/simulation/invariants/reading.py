"""I14, I17: absence is not deletion, and no cursor moves past what was not read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.simulation.invariants.sight import is_out_of_sight
from tests.simulation.invariants.story import Story, changes_of
from tests.simulation.records import Call, Commit

_PAGES = "/v1/events/pages/"
#: So many seconds are read again with each read of changes.
_REREAD = 5


@dataclass
class _Read:
    """One read of events, over all of its pages."""

    began_at: float
    calendar_id: str
    next_page: str | None = None
    shows_any: bool = False


@dataclass
class _Known:
    """When the latest whole read of a calendar began, and the latest that showed anything."""

    any_at: float = 0.0
    shown_at: float = 0.0


def find_removals_unseen(story: Story) -> Iterator[str]:
    """I14: an item was removed from there only after an answer said ``deleted: true``."""
    said: dict[str, int] = {}
    uids: dict[str, set[str]] = {}
    for index, record in enumerate(story.tape.records):
        if isinstance(record, Call):
            for event in record.events:
                if event.get("deleted") is True:
                    said.setdefault(str(event.get("event_uid")), index)
                    said.setdefault(str(event.get("event_id")), index)
            continue
        if not isinstance(record, Commit):
            continue
        for change in record.of("links"):
            names = uids.setdefault(change.row["item_id"], set())
            names |= {change.row["event_uid"] or "", change.row["event_id"] or ""}
        for item_id, removal in _removals(record):
            if not uids.get(item_id, set()) & said.keys():
                yield f"I14 {removal} of item {item_id}, and nothing said that its event was gone"


def _removals(commit: Commit) -> Iterator[tuple[str, str]]:
    """Yield the items that a sync deleted or took off a calendar, and what was done to each."""
    for change in commit.of("item_changes"):
        if change.row["carried_by"] is not None and change.row["action"] == "deleted":
            yield change.row["item_id"], "delete"
    for change in commit.of("log_entries"):
        removal = change.row["after"].get("removal", "delete")
        if removal != "delete":
            yield change.row["item_id"], removal


def find_false_cursors(story: Story) -> Iterator[str]:
    """I17: a cursor is no later than the beginning of a read of which every page came.

    A read that shows nothing moves it by no more than is read again each time.
    """
    reads: dict[str, list[_Read]] = {}
    complete: dict[str, _Known] = {}
    for record in story.tape.records:
        if isinstance(record, Call):
            _follow(record, reads, complete)
        elif isinstance(record, Commit):
            for change in record.of("integrations"):
                if not change.has_changed("cursor") or change.after is None:
                    continue
                before, cursor = (change.before or {}).get("cursor"), change.after["cursor"]
                known = complete.get(change.row["calendar_id"], _Known())
                if cursor is None:
                    continue
                latest = known.any_at
                if before is not None:
                    latest = max(known.shown_at, min(latest, before.timestamp() + _REREAD))
                if cursor.timestamp() > latest + 1:
                    yield f"I17 the cursor is at {cursor}, the last whole read began at {latest}"


def _follow(call: Call, reads: dict[str, list[_Read]], complete: dict[str, _Known]) -> None:
    """Follow the pages of each read, and note when one was read to its end."""
    pages = call.reply.get("pages") if isinstance(call.reply, dict) else None
    if call.status != 200 or not isinstance(pages, dict):
        return
    if call.path == "/v1/events":
        calendar_id = next(iter(call.query.get("calendar_ids[]", [""])))
        read = _Read(call.at, calendar_id)
        reads.setdefault(calendar_id, []).append(read)
    elif call.path.startswith(_PAGES):
        found = [
            each
            for several in reads.values()
            for each in several
            if each.next_page and each.next_page.endswith(call.path)
        ]
        if not found:
            return
        read = found[-1]
    else:
        return
    read.next_page = pages.get("next_page") or None
    read.shows_any |= bool(call.events)
    if read.next_page is None:
        known = complete.setdefault(read.calendar_id, _Known())
        known.any_at = max(known.any_at, read.began_at)
        if read.shows_any:
            known.shown_at = max(known.shown_at, read.began_at)


def find_unread(story: Story) -> Iterator[str]:
    """I14: at the end no link of an event of the user's own is behind what its calendar shows.

    Events that no link knows are for ``agreement.find_unlinked``.
    """
    sides = story.sides
    links = {row.event_uid: row for row in sides.links if row.is_present and row.event_uid}
    judged = {change.row["event_uid"] for _, _, change in changes_of(story.tape, "judged_events")}
    # A calendar in whose place another was linked is read no more.
    followed = {desk.calendar_id for desk in story.history.office.desks}
    for event in sides.events:
        row = links.get(event.uid) if event.calendar_id in followed else None
        seen = row.record.get("seen") if row else None
        if seen and seen["updated"] and event.event_id is None:
            known = datetime.fromisoformat(seen["updated"]).timestamp()
            if known >= event.updated or event.uid in judged:
                continue
            if not is_out_of_sight(story, event):
                yield f"I14 {event.title!r} was changed at {event.updated}, read at {known}"
