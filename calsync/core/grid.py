"""The calendar's days: which entries stand on which day, one under the other.

Everything here is counted in the viewer's zone. An entry that takes several days keeps
the same slot on each of them, so that it can be drawn as one bar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from calsync.core.event import AllDay, Timed, Times

#: As many entries of a day as the month shows; the others are counted.
MOST_IN_MONTH = 3
#: How many days the agenda looks ahead.
AGENDA_DAYS = 14

DAY = timedelta(days=1)
WEEK = 7
_INSTANT = timedelta(microseconds=1)


class View(StrEnum):
    """The ways to look at the calendar."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    AGENDA = "agenda"


@dataclass(frozen=True, slots=True)
class GridEntry:
    """What the calendar shows of an item, or of one occurrence of it.

    ``key`` names the occurrence and is None where there is only one. ``is_hidden``: somebody
    else's private item, of which only the times may be shown. ``is_private``: the reader's
    own, hidden from others. ``source``: the service and the name of the linked calendar
    that it came from. ``version`` is the item's, as whoever moves it has seen it.
    """

    item_id: str
    key: str | None
    kind: str
    title: str = field(repr=False)
    times: Times
    status: str
    is_hidden: bool = False
    is_repeating: bool = False
    is_private: bool = False
    version: int = 0
    source: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry in a slot of a day.

    ``days`` is how many days of the row it takes from here on; 0 where it began on an
    earlier day of the same row.
    """

    entry: GridEntry
    days: int
    is_begin: bool
    is_end: bool


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day: what is shown in each slot, how many more there are, and all of them in order."""

    day: date
    slots: tuple[Placed | None, ...]
    more: int
    entries: tuple[GridEntry, ...]


def list_days(view: View, day: date, first_weekday: int) -> list[date]:
    """Return the days that a view shows around ``day``; weekdays count from Monday, 0."""
    if view is View.DAY:
        return [day]
    if view is View.AGENDA:
        return [day + DAY * count for count in range(AGENDA_DAYS)]
    if view is View.WEEK:
        first = _begin_week(day, first_weekday)
        return [first + DAY * count for count in range(WEEK)]
    first = _begin_week(day.replace(day=1), first_weekday)
    last = _begin_week(_next_month(day) - DAY, first_weekday) + DAY * (WEEK - 1)
    return [first + DAY * count for count in range((last - first).days + 1)]


def step(view: View, day: date, direction: int) -> date:
    """Return the day that the next view (1) or the previous one (-1) is around."""
    if view is View.MONTH:
        first = day.replace(day=1)
        return _next_month(day) if direction > 0 else (first - DAY).replace(day=1)
    return day + DAY * direction * {View.WEEK: WEEK, View.DAY: 1}.get(view, AGENDA_DAYS)


def find_bounds(days: Sequence[date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the first of the days begins and the last one ends, in UTC."""
    return find_midnight(days[0], zone), find_midnight(days[-1] + DAY, zone)


def find_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins, in UTC; where a clock change skips midnight, the change."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def find_covered(entry: GridEntry, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last day of an entry; one that ends at midnight stays off the day.

    >>> london = ZoneInfo("Europe/London")
    >>> night = Timed(datetime(2026, 1, 5, 22, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
    >>> find_covered(GridEntry("1", None, "task", "", night, "open"), london)
    (datetime.date(2026, 1, 5), datetime.date(2026, 1, 5))
    """
    if isinstance(entry.times, AllDay):
        return entry.times.start, entry.times.end - DAY
    first = entry.times.start.astimezone(zone).date()
    # Where a clock change goes back over midnight, an entry may seem to end the day before.
    return first, max(first, last_instant(entry.times).astimezone(zone).date())


def last_instant(times: Timed) -> datetime:
    """Return the last instant that is taken; of an entry that takes no time, its own."""
    return max(times.start, times.end - _INSTANT)


def order_of(entry: GridEntry, zone: ZoneInfo) -> tuple[object, ...]:
    """Return what a day's entries are sorted by: whole days first, then by time."""
    times = entry.times
    if isinstance(times, AllDay):
        start, length = find_midnight(times.start, zone), (times.end - times.start)
    else:
        start, length = times.start, times.end - times.start
    is_timed = isinstance(times, Timed)
    return is_timed, start, -length, entry.title, entry.item_id, entry.key or ""


def build_month(
    entries: Iterable[GridEntry], day: date, zone: ZoneInfo, first_weekday: int
) -> list[list[DayCell]]:
    """Return the weeks of the month that ``day`` is in, whole ones."""
    days = list_days(View.MONTH, day, first_weekday)
    spans = _list_spans(entries, days, zone)
    rows = [days[start : start + WEEK] for start in range(0, len(days), WEEK)]
    return [_place(spans, row, MOST_IN_MONTH) for row in rows]


def build_agenda(
    entries: Iterable[GridEntry], days: Sequence[date], zone: ZoneInfo
) -> list[DayCell]:
    """Return the days on which there is something, with everything on them."""
    cells = place_in_days(entries, days, zone, 0)
    return [cell for cell in cells if cell.entries]


def place_in_days(
    entries: Iterable[GridEntry], days: Sequence[date], zone: ZoneInfo, most: int
) -> list[DayCell]:
    """Return consecutive days with at most ``most`` entries shown on each."""
    return _place(_list_spans(entries, days, zone), days, most)


class _Span(NamedTuple):
    """The days of an entry, and what it is sorted by on each of them."""

    entry: GridEntry
    first: date
    last: date
    order: tuple[object, ...]


def _list_spans(entries: Iterable[GridEntry], days: Sequence[date], zone: ZoneInfo) -> list[_Span]:
    """Return what is on the days, in the order in which slots are chosen."""
    spans = [_Span(entry, *find_covered(entry, zone), order_of(entry, zone)) for entry in entries]
    here = [span for span in spans if span.first <= days[-1] and span.last >= days[0]]
    # Whatever takes several days chooses first: it needs the same slot on all of them.
    here.sort(key=lambda span: (span.first == span.last, span.order))
    return here


def _place(spans: Iterable[_Span], days: Sequence[date], most: int) -> list[DayCell]:
    columns = [_Column(day) for day in days]
    for span in spans:
        begin, end = (span.first - days[0]).days, (span.last - days[0]).days + 1
        reach = columns[max(0, begin) : max(0, end)]
        slot = max((column.first_free for column in reach), default=0)
        while any(slot in column.taken for column in reach):
            slot += 1
        for column in reach:
            length = len(reach) if column is reach[0] else 0
            column.put(slot, span, length)
    return [column.close(most) for column in columns]


class _Column:
    """One day while its entries choose their slots."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.taken: dict[int, Placed] = {}
        #: Everything below is taken: hundreds on a day do not ask for each slot again.
        self.first_free = 0
        self._spans: list[_Span] = []

    def put(self, slot: int, span: _Span, length: int) -> None:
        """Give a slot to an entry."""
        is_begin, is_end = self.day == span.first, self.day == span.last
        self.taken[slot] = Placed(span.entry, length, is_begin, is_end)
        self._spans.append(span)
        while self.first_free in self.taken:
            self.first_free += 1

    def close(self, most: int) -> DayCell:
        """Return the day with at most ``most`` entries shown."""
        shown = [slot for slot in self.taken if slot < most]
        in_order = sorted(self._spans, key=lambda span: span.order)
        return DayCell(
            day=self.day,
            slots=tuple(self.taken.get(slot) for slot in range(max(shown, default=-1) + 1)),
            more=len(self.taken) - len(shown),
            entries=tuple(span.entry for span in in_order),
        )


def _begin_week(day: date, first_weekday: int) -> date:
    return day - DAY * ((day.weekday() - first_weekday) % WEEK)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + DAY * 4).replace(day=1)
