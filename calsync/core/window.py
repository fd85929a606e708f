"""Which part of a calendar is looked at: Cronofy's window, and what Retrieve brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calsync.core.clockwork import get_zone, instant_of
from calsync.core.event import NO_ZONE, Times
from calsync.core.recurrence import View

#: What Cronofy keeps of a calendar, and refuses to read beyond (docs/cronofy-api.md 8.1).
DAYS_BACK = 42
DAYS_AHEAD = 201


@dataclass(frozen=True, slots=True)
class Window:
    """What Cronofy shows of a linked calendar at a moment, counted in whole days of UTC."""

    now: datetime

    @property
    def start_on(self) -> date:
        """Give the first day that is shown."""
        return self.now.astimezone(UTC).date() - timedelta(days=DAYS_BACK)

    @property
    def end_on(self) -> date:
        """Give the first day that is shown no more."""
        return self.now.astimezone(UTC).date() + timedelta(days=DAYS_AHEAD)

    @property
    def start(self) -> datetime:
        """Give the moment it begins."""
        return datetime.combine(self.start_on, time(), UTC)

    @property
    def end(self) -> datetime:
        """Give the moment it ends; what begins then is not shown."""
        return datetime.combine(self.end_on, time(), UTC)

    @property
    def view(self) -> View:
        """Give the window as what a series is expanded over."""
        return View(self.start, self.end, NO_ZONE)

    def shows(self, times: Times) -> bool:
        """Tell whether times touch the window; what takes no time does so when it starts."""
        return self.view.shows(times)

    def is_ahead(self, times: Times) -> bool:
        """Tell whether Send takes times along: from where the window begins, with no end."""
        return View(self.start, _NO_END, NO_ZONE).shows(times)


class PastRange(StrEnum):
    """How far back existing events are brought in."""

    NONE = "none"
    ONE_WEEK = "1w"
    TWO_WEEKS = "2w"
    ONE_MONTH = "1m"
    SIX_WEEKS = "6w"

    def start_on(self, today: date) -> date:
        """Return the first day of the range; today for none."""
        return _shift(today, self, -1)


class FutureRange(StrEnum):
    """How far ahead existing events are brought in."""

    NONE = "none"
    ONE_WEEK = "1w"
    TWO_WEEKS = "2w"
    ONE_MONTH = "1m"
    THREE_MONTHS = "3m"
    SIX_MONTHS = "6m"

    def last_on(self, today: date) -> date:
        """Return the last day of the range, that day included; today for none."""
        return _shift(today, self, 1)


def retrieve_view(past: PastRange, future: FutureRange, now: datetime, zone: str) -> View | None:
    """Return the time whose events Retrieve brings in, by the days of the user's zone.

    Past and future meet at this moment: with only one of them, today's events are brought
    in up to now or from now on. None where nothing is asked for. Raises RuleError for a zone
    that nobody knows.
    """
    if past is PastRange.NONE and future is FutureRange.NONE:
        return None
    here = get_zone(zone)
    today = now.astimezone(here).date()
    start, end = now, now
    if past is not PastRange.NONE:
        start = _midnight(past.start_on(today), here)
    if future is not FutureRange.NONE:
        end = _midnight(future.last_on(today) + timedelta(days=1), here)
    return View(start, end, zone)


_NO_END = datetime(9000, 1, 1, tzinfo=UTC)
#: How many months and days each choice is.
_SPANS: Mapping[str, tuple[int, int]] = {
    "none": (0, 0),
    "1w": (0, 7),
    "2w": (0, 14),
    "6w": (0, 42),
    "1m": (1, 0),
    "3m": (3, 0),
    "6m": (6, 0),
}


def _shift(day: date, choice: str, way: int) -> date:
    months, days = _SPANS[choice]
    return _add_months(day, way * months) + timedelta(days=way * days)


def _add_months(day: date, months: int) -> date:
    """Return the same day of another month, or its last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    next_first = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (next_first - first).days))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return instant_of(day, time(), zone)
