"""Events: what a linked calendar shows, and what we want written there.

All times are aware and in UTC, in whole seconds. An all-day event is a pair of dates
whose end is the day after its last one, as Cronofy and iCalendar count.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

#: What Cronofy takes at most; beyond it the call is refused (docs/cronofy-api.md 6.1).
LONGEST_TITLE = 1024
LONGEST_TEXT = 4096
MOST_REMINDERS = 5

#: The zone of an event whose provider keeps none (docs/cronofy-api.md 5.4).
NO_ZONE = "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Timed:
    """From one instant up to another; the zone is only how a calendar would show it."""

    start: datetime
    end: datetime
    zone: str = NO_ZONE

    def __post_init__(self) -> None:
        if not (_is_utc(self.start) and _is_utc(self.end)):
            raise ValueError("times of an event are aware and in UTC")
        if self.end < self.start:
            raise ValueError("an event ends no earlier than it starts")


@dataclass(frozen=True, slots=True)
class AllDay:
    """From the morning of ``start`` to the morning of ``end``, wherever one is."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if isinstance(self.start, datetime) or isinstance(self.end, datetime):
            raise ValueError("an all-day event is made of dates")  # noqa: TRY004
        if self.end <= self.start:
            raise ValueError("an all-day event ends on a later day than it starts")


Times = Timed | AllDay


class Participation(StrEnum):
    """What somebody answered to an invitation."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    UNKNOWN = "unknown"


class EventStatus(StrEnum):
    """Whether an event takes place."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Person:
    """The organizer of an event."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited to an event, and the answer so far."""

    email: str
    name: str
    status: Participation


@dataclass(frozen=True, slots=True)
class EventOptions:
    """What our application may do with an event, as Cronofy says; silence means no."""

    update: bool = False
    delete: bool = False
    rsvp: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a linked calendar as Cronofy shows it.

    ``event_id`` is ours and there only on managed events; None makes it the user's own.
    ``times`` is None only on a deleted event whose times were not told. ``free`` is None
    where the provider does not say. ``created`` and ``updated`` are None where they were
    missing or nonsense (Cronofy's own samples have the year 0).
    """

    uid: str
    event_id: str | None
    calendar_id: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    place: str = field(repr=False)
    times: Times | None
    private: bool = False
    free: bool | None = None
    status: EventStatus = EventStatus.UNKNOWN
    participation_status: Participation = Participation.UNKNOWN
    attendees: tuple[Attendee, ...] = field(default=(), repr=False)
    organizer: Person | None = field(default=None, repr=False)
    options: EventOptions = EventOptions()
    recurring: bool = False
    series_id: str | None = None
    meeting_url: str | None = field(default=None, repr=False)
    google_id: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    deleted: bool = False

    @property
    def is_managed(self) -> bool:
        """Tell whether our application made it (docs/cronofy-api.md 5.3)."""
        return self.event_id is not None


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """An event that could not be understood; its neighbours could.

    ``reason`` is a code such as ``start.missing`` or ``summary.wrong_type``, never the
    words of the event. The ids are None where they could not be read either.
    """

    uid: str | None
    reason: str
    event_id: str | None = None
    calendar_id: str | None = None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """One event of ours as it shall be, complete: an omitted field would keep its old value.

    ``free`` None means what Cronofy takes as usual: busy if timed, free if all-day.
    ``reminders`` are minutes before the start, at most five, the most important first; None leaves
    them as they are, an empty tuple removes them.
    """

    event_id: str
    title: str = field(repr=False)
    times: Times
    text: str = field(default="", repr=False)
    place: str = field(default="", repr=False)
    private: bool = False
    free: bool | None = None
    reminders: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class ExternalEdit:
    """A change to one of the user's own events: title and times, and only what changed.

    None means: do not send, so leave as it is. ``private`` is never sent.
    """

    event_uid: str
    title: str = field(repr=False)
    times: Times
    text: str | None = field(default=None, repr=False)
    place: str | None = field(default=None, repr=False)
    free: bool | None = None


@dataclass(frozen=True, slots=True)
class BusyTime:
    """A stretch of a calendar and whether it is taken: busy, free, tentative or unknown."""

    calendar_id: str
    times: Times
    status: str


def _is_utc(moment: datetime) -> bool:
    if moment.tzinfo is UTC:
        return True
    offset = moment.utcoffset()
    return offset is not None and not offset
