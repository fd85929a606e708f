"""The calendar's hours: days side by side in quarter-hour rows, what overlaps in lanes.

Rows are wall time. An hour that a clock change repeats has its rows twice, and one that
it skips keeps its rows, in which nothing can stand.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calsync.core.event import Timed
from calsync.core.grid import (
    DAY,
    DayCell,
    GridEntry,
    find_covered,
    last_instant,
    order_of,
    place_in_days,
)

QUARTER = 15
#: The hours that are always shown, as minutes of the day.
MORNING, EVENING = 7 * 60, 19 * 60
#: As many lanes as are drawn; what would need another one is counted.
MOST_LANES = 5
#: As many entries of a day as the row on top shows in a week.
MOST_ON_TOP = 5
#: What a person can read and hit takes half an hour at least.
LEAST_ROWS = 2
_MIDNIGHT = 24 * 60
_HOUR = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A quarter of an hour from a minute of the day on; ``fold`` 1 is the repeated one.

    ``zone_name`` (such as BST) is there where a repeat makes it necessary.
    """

    minute: int
    fold: int = 0
    zone_name: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """An entry, or the part of it that is on this day, from one row up to another."""

    entry: GridEntry
    first_row: int
    end_row: int
    lane: int
    lanes: int
    is_begin: bool
    is_end: bool


@dataclass(frozen=True, slots=True)
class More:
    """Entries that found no lane: where the first begins and the last ends, and how many."""

    first_row: int
    end_row: int
    count: int


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """One day; ``skipped`` are the rows that the clock does not show on it."""

    top: DayCell
    blocks: tuple[Block, ...]
    more: tuple[More, ...]
    skipped: frozenset[int]

    @property
    def day(self) -> date:
        """Give the day."""
        return self.top.day


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Days side by side on the same rows."""

    rows: tuple[Row, ...]
    columns: tuple[TimeColumn, ...]

    @property
    def labelled(self) -> tuple[int, ...]:
        """Give the rows that bear a time: whole hours, and both beginnings of a repeat."""
        first_repeats = {
            row.minute
            for before, row in zip(self.rows, self.rows[1:], strict=False)
            if row.fold > before.fold
        }
        return tuple(
            number
            for number, row in enumerate(self.rows)
            if row.minute % _HOUR == 0 or row.minute in first_repeats
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """An entry on one day, in rows of the whole day."""

    entry: GridEntry
    first_row: int
    end_row: int
    is_begin: bool
    is_end: bool


def build_time_grid(
    entries: Iterable[GridEntry], days: Sequence[date], zone: ZoneInfo, *, most_on_top: int
) -> TimeGrid:
    """Return days with their hours; what takes a day or longer is in the row on top."""
    entries = list(entries)
    tops = place_in_days([e for e in entries if is_on_top(e)], days, zone, most_on_top)
    timed = [entry for entry in entries if not is_on_top(entry)]
    axis = _build_axis(days, zone)
    parts = [list(_cut(timed, day, zone, axis)) for day in days]
    rows = _choose_rows(axis, [part for of_day in parts for part in of_day])
    columns = []
    for top, of_day in zip(tops, parts, strict=True):
        blocks, more = _share_lanes(of_day, rows)
        skipped = _find_skipped(top.day, zone, [axis[number] for number in rows])
        columns.append(TimeColumn(top, tuple(blocks), tuple(more), skipped))
    return TimeGrid(tuple(axis[number] for number in rows), tuple(columns))


def is_on_top(entry: GridEntry) -> bool:
    """Tell whether an entry is of days rather than of hours."""
    times = entry.times
    return not isinstance(times, Timed) or times.end - times.start >= DAY


def _build_axis(days: Sequence[date], zone: ZoneInfo) -> list[Row]:
    repeated = {minute: day for day in days for minute in _list_changed(day, zone, repeated=True)}
    rows: list[Row] = []
    for minute in range(0, _MIDNIGHT, QUARTER):
        day = repeated.get(minute)
        rows.append(Row(minute, 0, _name_zone(day, minute, 0, zone) if day else None))
        if day and minute + QUARTER not in repeated:
            # The clock goes back here, to where this stretch of repeated rows began.
            first = minute
            while first - QUARTER in repeated:
                first -= QUARTER
            again = range(first, minute + QUARTER, QUARTER)
            rows += [Row(m, 1, _name_zone(repeated[m], m, 1, zone)) for m in again]
    return rows


def _list_changed(day: date, zone: ZoneInfo, *, repeated: bool) -> list[int]:
    """Return the minutes of the day, by quarters, that a clock change repeats, or else skips."""
    # Hardly a day has a change, and what is the same at both ends and in the middle has none.
    edges = [_at(day, 0, 0, zone), _at(day, 12 * _HOUR, 0, zone), _at(day + DAY, 0, 1, zone)]
    if len({edge.utcoffset() for edge in edges}) == 1:
        return []
    changed = []
    for minute in range(0, _MIDNIGHT, QUARTER):
        before, after = (_offset(day, minute, fold, zone) for fold in (0, 1))
        if (before > after) if repeated else (before < after):
            changed.append(minute)
    return changed


def _at(day: date, minute: int, fold: int, zone: ZoneInfo) -> datetime:
    wall = time(minute // _HOUR, minute % _HOUR, fold=fold)
    return datetime.combine(day, wall, zone)


def _offset(day: date, minute: int, fold: int, zone: ZoneInfo) -> timedelta:
    return _at(day, minute, fold, zone).utcoffset() or timedelta()


def _name_zone(day: date, minute: int, fold: int, zone: ZoneInfo) -> str:
    return _at(day, minute, fold, zone).tzname() or ""


def _find_skipped(day: date, zone: ZoneInfo, rows: list[Row]) -> frozenset[int]:
    missing = set(_list_changed(day, zone, repeated=False))
    repeated = set(_list_changed(day, zone, repeated=True))
    return frozenset(
        number
        for number, row in enumerate(rows)
        if row.minute in missing or (row.fold and row.minute not in repeated)
    )


def _cut(
    entries: Iterable[GridEntry], day: date, zone: ZoneInfo, axis: list[Row]
) -> Iterator[_Part]:
    places = {(row.minute, row.fold): number for number, row in enumerate(axis)}

    def find_row(moment: datetime) -> int:
        wall = moment.astimezone(zone)
        minute = (wall.hour * _HOUR + wall.minute) // QUARTER * QUARTER
        return places.get((minute, wall.fold), places[minute, 0])

    for entry in entries:
        first, last = find_covered(entry, zone)
        if first <= day <= last and isinstance(entry.times, Timed):
            begin = find_row(entry.times.start) if first == day else 0
            end = find_row(last_instant(entry.times)) + 1 if last == day else len(axis)
            begin = min(begin, len(axis) - LEAST_ROWS)
            end = max(end, begin + LEAST_ROWS)
            yield _Part(entry, begin, end, first == day, last == day)


def _choose_rows(axis: list[Row], parts: list[_Part]) -> range:
    """Return the rows to show: the working day, and whole hours more for what lies outside."""
    minutes = [axis[part.first_row].minute for part in parts]
    ends = [axis[part.end_row - 1].minute + QUARTER for part in parts]
    first = min([MORNING, *minutes]) // _HOUR * _HOUR
    last = -(-max([EVENING, *ends]) // _HOUR) * _HOUR
    shown = [number for number, row in enumerate(axis) if first <= row.minute < last]
    return range(shown[0], shown[-1] + 1)


def _share_lanes(parts: list[_Part], rows: range) -> tuple[list[Block], list[More]]:
    """Give each part a lane of its own among those it overlaps."""
    blocks: list[Block] = []
    more: list[More] = []
    for group in _group_overlapping(parts):
        lanes = _find_lanes(group)
        width = max(lanes) + 1
        drawn = min(width, MOST_LANES + 1)
        for part, lane in zip(group, lanes, strict=True):
            if lane < MOST_LANES:
                blocks.append(_make_block(part, lane, drawn, rows.start))
        left = [part for part, lane in zip(group, lanes, strict=True) if lane >= MOST_LANES]
        if left:
            begin = min(part.first_row for part in left) - rows.start
            more.append(More(begin, max(p.end_row for p in left) - rows.start, len(left)))
    return blocks, more


def _make_block(part: _Part, lane: int, lanes: int, offset: int) -> Block:
    first, end = part.first_row - offset, part.end_row - offset
    return Block(part.entry, first, end, lane, lanes, part.is_begin, part.is_end)


def _group_overlapping(parts: list[_Part]) -> list[list[_Part]]:
    groups: list[list[_Part]] = []
    end = 0
    for part in sorted(parts, key=_order_of_part):
        if not groups or part.first_row >= end:
            groups.append([])
        groups[-1].append(part)
        end = max(end, part.end_row)
    return groups


def _order_of_part(part: _Part) -> tuple[object, ...]:
    return part.first_row, -part.end_row, *order_of(part.entry, ZoneInfo("UTC"))


def _find_lanes(group: list[_Part]) -> list[int]:
    ends: list[int] = []
    lanes = []
    for part in group:
        free = (number for number, end in enumerate(ends) if end <= part.first_row)
        lane = next(free, len(ends))
        ends[lane : lane + 1] = [part.end_row]
        lanes.append(lane)
    return lanes
