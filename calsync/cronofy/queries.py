"""What can be asked of Read Events and Free/Busy (docs/cronofy-api.md 5.1, 5.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from calsync.cronofy.wire_events import write_time


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events are wanted; the defaults are Cronofy's own.

    Without ``start`` and ``end`` the window is 42 days back and 201 ahead, the widest
    there is; ``end`` is exclusive. ``only_managed`` without either has no window at all.
    ``changed_since`` is an aware time, rounded down to the second. An empty
    ``calendar_ids`` means all calendars.
    """

    zone: str = "Etc/UTC"
    calendar_ids: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    changed_since: datetime | None = None
    include_deleted: bool = False
    include_moved: bool = False
    include_managed: bool = False
    only_managed: bool = False
    localized_times: bool = False
    include_geo: bool = False
    google_event_ids: bool = False

    def parameters(self) -> list[tuple[str, str]]:
        """Return the query as Cronofy names it."""
        since = None if self.changed_since is None else write_time(self.changed_since)
        flags = {
            "include_deleted": self.include_deleted,
            "include_moved": self.include_moved,
            "include_managed": self.include_managed,
            "only_managed": self.only_managed,
            "localized_times": self.localized_times,
            "include_geo": self.include_geo,
            "google_event_ids": self.google_event_ids,
        }
        return [
            *_window(self.zone, self.start, self.end),
            *([("last_modified", since)] if since else []),
            *((name, "true") for name, wanted in flags.items() if wanted),
            *(("calendar_ids[]", calendar_id) for calendar_id in self.calendar_ids),
        ]


@dataclass(frozen=True, slots=True)
class BusyQuery:
    """Which stretches of busy time are wanted; window and calendars as for events."""

    zone: str = "Etc/UTC"
    calendar_ids: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    include_managed: bool = False

    def parameters(self) -> list[tuple[str, str]]:
        """Return the query as Cronofy names it."""
        return [
            *_window(self.zone, self.start, self.end),
            *([("include_managed", "true")] if self.include_managed else []),
            *(("calendar_ids[]", calendar_id) for calendar_id in self.calendar_ids),
        ]


def _window(zone: str, start: date | None, end: date | None) -> Iterator[tuple[str, str]]:
    yield "tzid", zone
    if start is not None:
        yield "from", start.isoformat()
    if end is not None:
        yield "to", end.isoformat()
