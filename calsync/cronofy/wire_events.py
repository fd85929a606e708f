"""Events between Cronofy's JSON and our values (docs/cronofy-api.md 5 and 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from calsync.core.event import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_REMINDERS,
    AllDay,
    Attendee,
    BusyTime,
    Event,
    EventDraft,
    EventOptions,
    EventStatus,
    ExternalEdit,
    Participation,
    Person,
    Timed,
    Times,
    UnreadableEvent,
)
from calsync.cronofy import wire
from calsync.errors import UnreadableAnswer

Word = TypeVar("Word", bound=StrEnum)

_LONGEST_ID = 512


@dataclass(frozen=True, slots=True)
class PageOf:
    """Where a page stands in a read: its number, how many there are, where the next is."""

    current: int | None
    total: int | None
    next_page: str | None


def read_events(answer: Mapping[str, Any]) -> tuple[Event | UnreadableEvent, ...]:
    """Return the events of one page; a bad one is set aside and costs no other."""
    entries = answer.get("events")
    if not isinstance(entries, list):
        raise UnreadableAnswer("The answer has no list of events.")
    return tuple(read_event(entry) for entry in entries)


def read_event(raw: object) -> Event | UnreadableEvent:
    """Return one event, or what could still be told of one that cannot be read."""
    if not isinstance(raw, dict):
        return UnreadableEvent(uid=None, reason="event.wrong_type")
    try:
        return _event(raw)
    except wire.UnreadableField as problem:
        reason = problem.reason
    return UnreadableEvent(
        uid=_find_id(raw, "event_uid"),
        reason=reason,
        event_id=_find_id(raw, "event_id"),
        calendar_id=_find_id(raw, "calendar_id"),
    )


def read_page(answer: Mapping[str, Any]) -> PageOf:
    """Return where a page stands; a missing or empty ``next_page`` means the last.

    An answer that does not say where it stands may have been cut: it is not taken for whole.
    """
    pages = answer.get("pages")
    if not isinstance(pages, dict):
        raise UnreadableAnswer("The answer's pages are no object.")
    further = pages.get("next_page")
    if further is not None and not isinstance(further, str):
        raise UnreadableAnswer("The answer's next page is no address.")
    return PageOf(_find_count(pages, "current"), _find_count(pages, "total"), further or None)


def read_busy_times(answer: Mapping[str, Any]) -> tuple[BusyTime, ...]:
    """Return the stretches of a free/busy page; one bad stretch spoils the answer.

    To leave it out would show somebody as free who is not.
    """
    try:
        return tuple(
            BusyTime(
                calendar_id=wire.identifier(raw, "calendar_id"),
                times=wire.times(raw),
                status=wire.text(raw, "free_busy_status") or "unknown",
            )
            for raw in wire.objects(answer, "free_busy")
        )
    except wire.UnreadableField as problem:
        reason = problem.reason
    raise UnreadableAnswer(f"The free/busy answer cannot be read: {reason}.")


def write_draft(draft: EventDraft) -> dict[str, Any]:
    """Return the body of an upsert: every field that we own, so that none is left over."""
    body = {
        "event_id": draft.event_id,
        **_required(draft.title, draft.times),
        "description": _cut_to(LONGEST_TEXT, draft.text),
        "location": {"description": wire.clean(draft.place)},
        "event_private": draft.private,
        "transparency": _transparency(draft),
    }
    if draft.reminders is not None:
        body["reminders"] = [{"minutes": m} for m in draft.reminders[:MOST_REMINDERS]]
    return body


def write_edit(edit: ExternalEdit) -> dict[str, Any]:
    """Return the body of a change to the user's own event: only what changed (docs/sync.md 7)."""
    body = {"event_uid": edit.event_uid, **_required(edit.title, edit.times)}
    if edit.text is not None:
        body["description"] = _cut_to(LONGEST_TEXT, edit.text)
    if edit.place is not None:
        body["location"] = {"description": wire.clean(edit.place)}
    if edit.free is not None:
        body["transparency"] = "transparent" if edit.free else "opaque"
    return body


def write_time(moment: datetime) -> str:
    """Return an aware time as Cronofy wants it: UTC, whole seconds, rounded down."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone says nothing")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _event(raw: Mapping[str, Any]) -> Event:
    deleted = wire.flag(raw, "deleted")
    return Event(
        uid=wire.identifier(raw, "event_uid"),
        event_id=wire.find_text(raw, "event_id") or None,
        calendar_id=wire.identifier(raw, "calendar_id"),
        title=wire.text(raw, "summary"),
        text=wire.text(raw, "description"),
        place=wire.text(wire.child(raw, "location"), "description"),
        times=_times(raw, deleted=deleted),
        private=wire.flag(raw, "event_private"),
        free=_FREE.get(wire.text(raw, "transparency")),
        status=_word(EventStatus, raw, "status" if raw.get("status") else "event_status"),
        participation_status=_word(Participation, raw, "participation_status"),
        attendees=tuple(map(_attendee, wire.children(raw, "attendees"))),
        organizer=_organizer(wire.child(raw, "organizer")),
        options=_options(wire.child(raw, "options")),
        recurring=wire.flag(raw, "recurring"),
        series_id=wire.find_text(raw, "series_identifier") or None,
        meeting_url=wire.link(raw, "meeting_url"),
        google_id=wire.find_text(raw, "google_event_id") or None,
        created=wire.moment(raw.get("created")),
        updated=wire.moment(raw.get("updated")),
        deleted=deleted,
    )


_FREE = {"transparent": True, "opaque": False}


def _times(raw: Mapping[str, Any], *, deleted: bool) -> Times | None:
    """Return when an event is; a deleted one may have lost its times and is still deleted."""
    try:
        return wire.times(raw)
    except wire.UnreadableField:
        if not deleted:
            raise
        return None


def _word(words: type[Word], raw: Mapping[str, Any], key: str) -> Word:
    """Return one of a list of words that may grow: what is not yet known is unknown."""
    value = wire.text(raw, key)
    return words(value) if value in list(words) else words("unknown")


def _attendee(raw: Mapping[str, Any]) -> Attendee:
    return Attendee(
        email=wire.text(raw, "email"),
        name=wire.text(raw, "display_name"),
        status=_word(Participation, raw, "status"),
    )


def _organizer(raw: Mapping[str, Any]) -> Person | None:
    if not raw:
        return None
    return Person(email=wire.text(raw, "email"), name=wire.text(raw, "display_name"))


def _options(raw: Mapping[str, Any]) -> EventOptions:
    return EventOptions(
        update=wire.flag(raw, "update"),
        delete=wire.flag(raw, "delete"),
        rsvp=wire.flag(raw, "change_participation_status"),
    )


def _find_id(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    fits = isinstance(value, str) and 0 < len(value) <= _LONGEST_ID
    return wire.clean(value) if fits and isinstance(value, str) else None


def _find_count(raw: Mapping[str, Any], key: str) -> int | None:
    value = raw.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _required(title: str, times: Times) -> dict[str, Any]:
    match times:
        case Timed():
            ends = {"start": write_time(times.start), "end": write_time(times.end)}
            zone = {"tzid": times.zone}
        case AllDay():
            ends = {"start": _write_date(times.start), "end": _write_date(times.end)}
            zone = {}
    return {"summary": _cut_to(LONGEST_TITLE, title), **ends, **zone}


def _write_date(day: date) -> str:
    return day.isoformat()


def _cut_to(most: int, words: str) -> str:
    """Return at most ``most`` characters; the mark of a cut is the mapping's business."""
    return wire.clean(words)[:most]


def _transparency(draft: EventDraft) -> str:
    """Say free or busy always: left out, the event would keep what it had."""
    free = isinstance(draft.times, AllDay) if draft.free is None else draft.free
    return "transparent" if free else "opaque"
