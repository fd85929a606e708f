"""Entries to build calendars from."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed, Times
from calsync.core.grid import GridEntry

LONDON = ZoneInfo("Europe/London")
#: Clocks that change by an hour, by half an hour, at midnight, and never.
ZONES = [
    LONDON,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Africa/Cairo"),
    ZoneInfo("Asia/Kolkata"),
]


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def make_entry(title: str, times: Times, kind: str = "appointment") -> GridEntry:
    return GridEntry(title, None, kind, title, times, "open")


def make_timed(title: str, start: datetime, end: datetime) -> GridEntry:
    return make_entry(title, Timed(start, end))


def make_all_day(title: str, first: int, end: int) -> GridEntry:
    """Return whole days of November 2026, up to and without ``end``."""
    return make_entry(title, AllDay(date(2026, 11, first), date(2026, 11, end)))


@st.composite
def _times(draw: st.DrawFn) -> Times:
    # Around both changes of most clocks, so that many entries meet.
    day = draw(st.sampled_from([date(2026, 3, 7), date(2026, 3, 28), date(2026, 10, 24)]))
    day += timedelta(days=draw(st.integers(0, 9)))
    if draw(st.integers(0, 3)) == 0:
        return AllDay(day, day + timedelta(days=draw(st.integers(1, 10))))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start += timedelta(minutes=draw(st.integers(0, 24 * 60)))
    return Timed(start, start + timedelta(minutes=draw(st.integers(0, 2000))))


#: Lists of entries, each with an id of its own.
ENTRIES = st.lists(_times(), max_size=25).map(
    lambda many: [make_entry(f"entry {number}", times) for number, times in enumerate(many)]
)
