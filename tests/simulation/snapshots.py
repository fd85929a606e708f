"""What an oracle sees of the events."""

from typing import NamedTuple

from tests.simulation.events import Kept


class Shown(NamedTuple):
    """One event in a snapshot, with what an oracle needs of it."""

    calendar_id: str
    uid: str
    event_id: str | None
    deleted: bool
    all_day: bool
    starts_at: int
    ends_at: int
    zone: str
    title: str
    text: str
    place: str
    private: bool
    free: bool
    status: str
    guests: tuple[str, ...]
    series: str | None
    created: int
    updated: int
    #: Whether the owner declined the invitation.
    declined: bool = False


def show(kept: Kept) -> Shown:
    """Return an event as it is now."""
    content, span = kept.content, kept.span
    return Shown(
        calendar_id=kept.shelf.calendar_id,
        uid=kept.uid,
        event_id=kept.event_id,
        deleted=kept.deleted,
        all_day=span.all_day,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        zone=span.zone,
        title=content.get("summary", ""),
        text=content.get("description", ""),
        place=(content.get("location") or {}).get("description", ""),
        private=content.get("event_private", False),
        free=kept.transparency == "transparent",
        status=content.get("status", "confirmed"),
        guests=tuple(each["email"] for each in content.get("attendees", ())),
        series=kept.series,
        created=kept.created,
        updated=kept.updated,
        declined=content.get("participation_status") == "declined",
    )
