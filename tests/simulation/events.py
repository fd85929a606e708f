"""Events and the calendars that hold them."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.moments import write_date, write_localized, write_time

NO_ZONE = "Etc/UTC"
#: So many seconds after a change a page may still show what was before.
_LAG = 60


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in epoch seconds; a day is its midnight in UTC, the end exclusive."""

    all_day: bool
    starts_at: int
    ends_at: int
    zone: str = NO_ZONE
    end_zone: str = NO_ZONE


@dataclass(slots=True)
class Kept:
    """An event as the provider keeps it; ``event_id`` is there if the application made it.

    ``content`` has the names of the API and is replaced, never changed: what once was
    read of it stays what it was. ``touched`` is when anything last happened to it, which
    may be later than what it shows as ``updated``.
    """

    uid: str
    event_id: str | None
    shelf: "Shelf"
    number: int
    span: Span
    content: dict[str, Any]
    created: int
    updated: int
    touched: int
    deleted: bool = False
    series: str | None = None
    past: tuple[Span, ...] = ()
    #: What the application may do, where the owner of the mailbox has it otherwise.
    options: dict[str, bool] = field(default_factory=dict)
    #: What it shows otherwise than it should, at each read; ``...`` leaves a field out.
    oddities: dict[str, Any] = field(default_factory=dict)
    #: What it showed before its last change, plain and localized, for pages that lag behind.
    stale: tuple[str | None, str | None] = (None, None)
    _plain: str | None = None
    _localized: str | None = None

    def change(self, now: int, *, moves_updated: bool = True, **values: Any) -> None:
        """Give it new values, now; the calendar's order of last changes follows."""
        if moves_updated and now > self.updated:
            self.stale = self._plain, self._localized
        if "span" in values and values["span"] != self.span:
            self.past = (*self.past, self.span)
        for name, value in values.items():
            setattr(self, name, value)
        if moves_updated:
            self.updated = max(self.updated, now)
        self.touched = max(now, self.shelf.touched)
        self.shelf.touch(self)
        self.forget()

    def forget(self) -> None:
        """Let it be written anew: it or its calendar has changed."""
        self._plain = self._localized = None

    def text(self, *, localized: bool, keeps_zones: bool) -> str:
        """Return the event as the API shows it, in JSON."""
        if localized:
            if self._localized is None:
                self._localized = json.dumps(self.show(localized=True, keeps_zones=keeps_zones))
            return self._localized
        if self._plain is None:
            self._plain = json.dumps(self.show())
        return self._plain

    def stale_text(self, *, localized: bool, now: float) -> str | None:
        """Return what a page shows that lags behind by a minute, None where it is as it was."""
        return self.stale[localized] if self.touched >= now - _LAG else None

    def show(self, *, localized: bool = False, keeps_zones: bool = True) -> dict[str, Any]:
        """Return the event as the API shows it (docs/cronofy-api.md 5.3)."""
        content = self.content
        shown: dict[str, Any] = {"calendar_id": self.shelf.calendar_id, "event_uid": self.uid}
        if self.event_id is not None:
            shown["event_id"] = self.event_id
        shown |= {
            "summary": content.get("summary", ""),
            "description": content.get("description", ""),
            "start": self._show_end(self.span.starts_at, self.span.zone, localized, keeps_zones),
            "end": self._show_end(self.span.ends_at, self.span.end_zone, localized, keeps_zones),
            "deleted": self.deleted,
            "created": write_time(self.created),
            "updated": write_time(self.updated),
            "participation_status": content.get("participation_status", "accepted"),
            "attendees": content.get("attendees", []),
            "transparency": self.transparency,
            "status": content.get("status", "confirmed"),
            "categories": content.get("categories", []),
            "recurring": self.series is not None,
            "event_private": content.get("event_private", False),
            "options": self.show_options(),
        }
        if self.series is not None:
            shown["series_identifier"] = self.series
        for name in ("location", "organizer", "meeting_url"):
            if content.get(name) is not None:
                shown[name] = content[name]
        if self.oddities:
            shown |= self.oddities
            return {name: value for name, value in shown.items() if value is not ...}
        return shown

    @property
    def transparency(self) -> str:
        """Busy if timed and free if all-day, unless somebody said otherwise (6.1)."""
        said: str | None = self.content.get("transparency")
        return said or ("transparent" if self.span.all_day else "opaque")

    def show_options(self) -> dict[str, bool]:
        """Return what the application may do with it: never change an instance (6.2)."""
        shelf, ours = self.shelf, self.event_id is not None
        may = self.series is None and not shelf.readonly
        may = may and (ours or shelf.permission == "unrestricted")
        invited = not ours and not shelf.readonly and bool(self.content.get("attendees"))
        return {
            "delete": may and self.options.get("delete", True),
            "update": may and self.options.get("update", True),
            "change_participation_status": invited,
        }

    def _show_end(self, second: int, zone: str, localized: bool, keeps_zones: bool) -> Any:
        zone = zone if keeps_zones else NO_ZONE
        if self.span.all_day:
            day = write_date(second)
            return {"time": day, "tzid": zone} if localized else day
        if localized:
            return {"time": write_localized(second, zone), "tzid": zone}
        return write_time(second)


@dataclass(slots=True, eq=False)
class Shelf:
    """A calendar: its events in the order of their last change, and ours by their id."""

    calendar_id: str
    profile_id: str
    name: str
    primary: bool = False
    readonly: bool = False
    deleted: bool = False
    permission: str = "sandbox"
    events: dict[str, Kept] = field(default_factory=dict)
    managed: dict[str, Kept] = field(default_factory=dict)
    #: When anything in it was last touched: never goes back, whatever the clock does.
    touched: int = 0
    #: Whether, once it is deleted, its events are shown as deleted instead of not at all.
    tombstones: bool = False
    #: Uids of the events that went with it, to come back with it.
    buried: list[str] = field(default_factory=list)

    def add(self, kept: Kept) -> None:
        """Put an event there."""
        self.events[kept.uid] = kept
        if kept.event_id is not None:
            self.managed[kept.event_id] = kept
        kept.touched = max(kept.touched, self.touched)
        self.touched = kept.touched

    def touch(self, kept: Kept) -> None:
        """Move an event to the end of the order of changes."""
        self.touched = kept.touched
        del self.events[kept.uid]
        self.events[kept.uid] = kept

    def set(self, **rights: Any) -> None:
        """Change what may be done there; every event shows it."""
        for name, value in rights.items():
            setattr(self, name, value)
        for kept in self.events.values():
            kept.forget()

    def show(self) -> dict[str, Any]:
        """Return the calendar as userinfo lists it beneath its profile."""
        return {
            "calendar_id": self.calendar_id,
            "calendar_name": self.name,
            "calendar_readonly": self.readonly or self.deleted,
            "calendar_deleted": self.deleted,
            "calendar_primary": self.primary,
            "calendar_integrated_conferencing_available": False,
            "calendar_attachments_available": False,
            "permission_level": self.permission,
        }
