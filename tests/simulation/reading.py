"""Which events a read shows, and its pages (docs/cronofy-api.md 5)."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.simulation.events import Kept, Shelf, Span
from tests.simulation.moments import (
    BadMoment,
    day_to_second,
    is_zone,
    midnight,
    read_moment,
    today,
)
from tests.simulation.refusals import wrong
from tests.simulation.temper import Temper

DAYS_BACK, DAYS_AHEAD = 42, 201
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Window:
    """From when up to when, for timed events by the zone's midnights, for days by date."""

    from_second: int
    to_second: int
    from_day: int
    to_day: int
    default: bool

    def holds(self, span: Span) -> bool:
        """Tell whether an event starts before the end and ends on or after the start."""
        if span.all_day:
            return span.starts_at < self.to_day and span.ends_at > self.from_day
        return span.starts_at < self.to_second and span.ends_at >= self.from_second


@dataclass(frozen=True, slots=True)
class Query:
    """What a read asks for."""

    window: Window
    since: int | None
    deleted: bool
    moved: bool
    managed: bool
    only_managed: bool
    localized: bool


def read_query(given: Mapping[str, list[str]], now: float) -> Query:
    """Return what the parameters ask for, or raise the 422."""
    since = _text(given, "last_modified")
    return Query(
        window=read_window(given, now),
        since=_moment(since, "last_modified")[0] if since else None,
        deleted=read_flag(given, "include_deleted"),
        moved=read_flag(given, "include_moved"),
        managed=read_flag(given, "include_managed"),
        only_managed=read_flag(given, "only_managed"),
        localized=read_flag(given, "localized_times"),
    )


def read_window(given: Mapping[str, list[str]], now: float) -> Window:
    """Return the window, at most from 42 days ago until 201 days ahead (5.1)."""
    zone = _text(given, "tzid")
    if not zone:
        raise wrong(tzid="required")
    if not is_zone(zone):
        raise wrong(tzid="invalid")
    this_day = today(now, zone)
    first, last = this_day - timedelta(days=DAYS_BACK), this_day + timedelta(days=DAYS_AHEAD)
    from_second, from_day = midnight(first, zone), day_to_second(first)
    to_second, to_day = midnight(last, zone), day_to_second(last)
    start, end = _text(given, "from"), _text(given, "to")
    if start:
        earliest = from_second
        from_second, from_day = _border(start, "from", zone)
        if from_second < earliest:
            raise wrong(**{"from": "out_of_bounds"})
    if end:
        latest = to_second
        to_second, to_day = _border(end, "to", zone)
        if to_second > latest:
            raise wrong(to="out_of_bounds")
    return Window(from_second, to_second, from_day, to_day, not start and not end)


def find(
    query: Query, shelves: Iterable[Shelf], temper: Temper, shown: Mapping[str, int]
) -> list[Kept]:
    """Return the events that a read shows.

    ``shown`` says of the profiles whose first pull is not over how many of four events
    they have so far.
    """
    found: list[Kept] = []
    wants_all_ours = query.window.default and (
        query.only_managed or (query.managed and temper.managed_escape)
    )
    for shelf in shelves:
        share = shown.get(shelf.profile_id, 4)
        for kept in _changed(shelf, query.since):
            if kept.event_id is None:
                fits = not query.only_managed and _is_inside(kept, query)
            else:
                fits = (query.managed or query.only_managed) and (
                    wants_all_ours or _is_inside(kept, query)
                )
            if fits and (query.deleted or not kept.deleted) and kept.number % 4 < share:
                found.append(kept)
    return sorted(found, key=_ORDERS[temper.order])


def _changed(shelf: Shelf, since: int | None) -> Iterable[Kept]:
    """Yield what can have changed at or after ``since``, the newest change first."""
    if shelf.deleted and not shelf.tombstones:
        return ()
    if since is None:
        return shelf.events.values()
    changed = []
    for kept in reversed(shelf.events.values()):
        if kept.touched < since:
            break
        if kept.updated >= since:
            changed.append(kept)
    return changed


def _is_inside(kept: Kept, query: Query) -> bool:
    window = query.window
    return window.holds(kept.span) or (
        query.moved and bool(kept.past) and any(map(window.holds, kept.past))
    )


_ORDERS: dict[str, Callable[[Kept], Any]] = {
    "start": lambda kept: (kept.span.starts_at, kept.number),
    "number": lambda kept: kept.number,
    "newest": lambda kept: -kept.number,
}


@dataclass(slots=True)
class Read:
    """A read in pages: which events, fixed at its first page; what they say, at each.

    An entry with True beside it is shown as it was before its last change, if it was.
    """

    sub: str
    rows: Sequence[tuple[Kept, bool]]
    size: int
    localized: bool
    keeps_zones: bool
    began: float

    @property
    def total(self) -> int:
        """How many pages there are."""
        return max(1, -(-len(self.rows) // self.size))

    def write_page(self, number: int, next_page: str) -> bytes:
        """Return the body of a page; ``next_page`` is left out on the last."""
        pages: dict[str, Any] = {"current": number, "total": self.total}
        if number < self.total:
            pages["next_page"] = next_page
        rows = self.rows[(number - 1) * self.size : number * self.size]
        texts = ",".join([self._text(kept, was_stale) for kept, was_stale in rows])
        return f'{{"pages":{json.dumps(pages)},"events":[{texts}]}}'.encode()

    def _text(self, kept: Kept, is_stale: bool) -> str:
        if is_stale and (stale := kept.stale_text(localized=self.localized, now=self.began)):
            return stale
        return kept.text(localized=self.localized, keeps_zones=self.keeps_zones)


def choose(given: Mapping[str, list[str]], shelves: Sequence[Shelf]) -> list[Shelf]:
    """Return the calendars that are asked for, or all; raise the 422 for unknown ones."""
    wanted = given.get("calendar_ids[]") or given.get("calendar_ids")
    if wanted is None:
        return list(shelves)
    by_id = {shelf.calendar_id: shelf for shelf in shelves}
    if not by_id.keys() >= set(wanted):
        raise wrong(calendar_ids="invalid_calendar_ids")
    return [by_id[each] for each in dict.fromkeys(wanted)]


def _border(text: str, name: str, zone: str) -> tuple[int, int]:
    """Return a border for timed events and one for all-day events."""
    second, is_day = _moment(text, name)
    if not is_day:
        return second, second
    return midnight(today(second, "Etc/UTC"), zone), second


def _moment(text: str, name: str) -> tuple[int, bool]:
    try:
        return read_moment(text)
    except BadMoment:
        raise wrong(**{name: "invalid"}) from None


def _text(given: Mapping[str, list[str]], name: str) -> str:
    values = given.get(name)
    return values[-1] if values else ""


def read_flag(given: Mapping[str, list[str]], name: str) -> bool:
    """Return a parameter in any of the spellings that Cronofy's SDKs send (5.1)."""
    text = _text(given, name).lower()
    if text not in _BOOLEANS:
        raise wrong(**{name: "must_be_boolean"})
    return _BOOLEANS[text]
