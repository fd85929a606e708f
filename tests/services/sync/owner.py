"""The owner of a linked calendar, who makes, moves and deletes what stands in it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calsync.core.event import Timed, Times
from tests.sandbox_server import RunningSandbox
from tests.services.sync.moving_clock import MovingClock

HOUR = timedelta(hours=1)


@dataclass
class Owner:
    """Hands on one calendar of the sandbox."""

    sandbox: RunningSandbox
    clock: MovingClock
    calendar_id: str
    #: Tomorrow at ten, from which all times are counted.
    day: datetime = field(init=False)

    def __post_init__(self) -> None:
        tomorrow = self.clock.now() + timedelta(days=1)
        self.day = tomorrow.replace(hour=10, minute=0, second=0, microsecond=0)

    def put(self, summary: str = "Dentist", **fields: Any) -> str:
        """Let the owner of the linked calendar make an event, and return its uid."""
        fields.setdefault("start", self.wire(self.day))
        fields.setdefault("end", self.wire(self.day + timedelta(hours=1)))
        body = {"calendar_id": self.calendar_id, "summary": summary, **fields}
        return str(self.sandbox.control("POST", "/events", body)["event_uid"])

    def edit(self, uid: str, **fields: Any) -> None:
        self.sandbox.control("PATCH", f"/events/{uid}", fields)

    def remove(self, uid: str) -> None:
        self.sandbox.control("DELETE", f"/events/{uid}")

    def events(self, calendar_id: str | None = None) -> list[dict[str, Any]]:
        """Return what stands in the linked calendar, in order of the summaries."""
        found = self.sandbox.control("GET", f"/calendars/{calendar_id or self.calendar_id}/events")
        standing = [event for event in found["events"] if not event.get("deleted")]
        return sorted(standing, key=lambda event: event["summary"])

    def summaries(self) -> list[str]:
        return [event["summary"] for event in self.events()]

    def event(self, summary: str) -> dict[str, Any]:
        return next(event for event in self.events() if event["summary"] == summary)

    def uid(self, summary: str) -> str:
        """Return the uid of an event that stands there."""
        return str(self.event(summary)["event_uid"])

    def moved(self, hours: float, length: float = 1) -> dict[str, str]:
        """Return the fields by which an owner moves an event, by hours from tomorrow at ten."""
        start = self.day + hours * HOUR
        return {"start": self.wire(start), "end": self.wire(start + length * HOUR)}

    def starts(self) -> list[str]:
        """Return when the events that stand there start, the earliest first."""
        return sorted(event["start"] for event in self.events())

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def at(self, hours: float, length: float = 1) -> Times:
        start = self.day + timedelta(hours=hours)
        return Timed(start, start + timedelta(hours=length), "Europe/London")

    @staticmethod
    def wire(moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
