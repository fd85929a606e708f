"""Entries: an item, or one occurrence of a repeating appointment, as the sync sees it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calsync.core.content import Content
from calsync.core.event import AllDay, Timed, Times
from calsync.core.footer import ItemLink
from calsync.core.item import ItemFields, ItemStatus, Kind, shown_times
from calsync.core.plain_text import clean_line, clean_text
from calsync.core.recurrence import (
    Occurrence,
    View,
    find_occurrences,
    occurrences_with_overrides,
    override_occurrence,
)
from calsync.core.series import Series

#: The kinds that take nobody's time while they are all day: they are reminders of a day.
FREE_ALL_DAY = frozenset({Kind.TASK, Kind.TODO})
_AT_ONE_S_SITE = frozenset({Kind.SERVICE_CALL})


@dataclass(frozen=True, slots=True)
class Entry:
    """An item, or one occurrence of it, as it is now.

    ``key`` and ``ordinal`` are those of the occurrence, None where the item does not repeat;
    ``fields`` are the item's, with what was done by hand to this occurrence and its times.
    """

    item_id: str
    fields: ItemFields = field(repr=False)
    key: str | None = None
    ordinal: int | None = None
    assignee_count: int = 1
    #: What ``content`` has put together once: a pair is looked at from several sides.
    _content: Content | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def kind(self) -> Kind:
        """Give what the item is."""
        return self.fields.kind

    @property
    def status(self) -> ItemStatus:
        """Give how far it is."""
        return self.fields.status

    @property
    def is_open(self) -> bool:
        """Tell whether it still is to be done: neither done nor cancelled."""
        return self.fields.status is ItemStatus.OPEN

    @property
    def has_rule(self) -> bool:
        """Tell whether it is one of many."""
        return self.key is not None

    @property
    def link(self) -> ItemLink:
        """Give what a footer names it by."""
        return ItemLink(self.item_id, self.key)

    @property
    def reminder_minutes(self) -> int | None:
        """Give how long before it somebody wants to be reminded."""
        return self.fields.reminder_minutes

    @property
    def times(self) -> Times | None:
        """Give where it stands in the calendar, if anywhere: a task perhaps on its due date."""
        return shown_times(self.fields)

    @property
    def content(self) -> Content | None:
        """Give all that there is to show, of any length; None where it stands on no day."""
        if self._content is None:
            object.__setattr__(self, "_content", self._put_together())
        return self._content

    def _put_together(self) -> Content | None:
        times = self.times
        if times is None:
            return None
        fields = self.fields
        # Where a call is says its place, or else the client's site.
        site = fields.site if fields.kind in _AT_ONE_S_SITE else ""
        return Content(
            title=clean_line(fields.subject),
            times=_in_whole_seconds(times),
            place=clean_line(fields.location) or clean_line(site),
            text=clean_text(fields.description),
            private=fields.is_private,
            free=self.is_shown_free,
        )

    @property
    def is_shown_free(self) -> bool:
        """Tell whether it takes none of the user's time, by their wish or by its nature."""
        return not self.fields.is_busy or self.is_free_by_nature

    @property
    def is_free_by_nature(self) -> bool:
        """Tell whether a copy says free whatever the item says: it is over, or only a day's."""
        is_for_the_day = self.kind in FREE_ALL_DAY and isinstance(self.times, AllDay)
        return not self.is_open or is_for_the_day


def entries_of(
    item_id: str,
    fields: ItemFields,
    series: Series | None,
    window: View,
    *,
    linked: Collection[str] = (),
    assignee_count: int = 1,
) -> list[Entry]:
    """Return the entries that an item is.

    One where it does not repeat, wherever it stands. Of a series the occurrences that touch
    the window, in order, and after them those of ``linked``, the keys that have a link, which
    the window does not show: they slid or were moved out of it and are not gone. Removed ones
    are not returned. Never more occurrences are made than these.
    """
    if series is None:
        return [Entry(item_id, fields, assignee_count=assignee_count)]
    shown = occurrences_with_overrides(
        series.times, series.rule, series.overrides, window.start, window.end, window.zone
    )
    beyond = set(linked) - {occurrence.key for occurrence in shown}
    return [
        _entry(item_id, fields, occurrence, assignee_count)
        for occurrence in (*shown, *_list_occurrences(series, beyond))
    ]


def _list_occurrences(series: Series, keys: Collection[str]) -> list[Occurrence]:
    """Return the occurrences that have these keys, without those that were removed."""
    overrides = {each.key: each for each in series.overrides if each.key in keys}
    wanted = [key for key in keys if key not in overrides or not overrides[key].is_removed]
    return [
        override_occurrence(occurrence, overrides.get(occurrence.key))
        for occurrence in find_occurrences(series.times, series.rule, wanted)
    ]


def _entry(item_id: str, fields: ItemFields, occurrence: Occurrence, assignee_count: int) -> Entry:
    changes: Mapping[str, Any] = occurrence.changes
    own = replace(fields, **{**changes, "times": occurrence.times})
    return Entry(item_id, own, occurrence.key, occurrence.ordinal, assignee_count)


def _in_whole_seconds(times: Times) -> Times:
    if isinstance(times, AllDay) or not (times.start.microsecond or times.end.microsecond):
        return times
    start, end = (each.replace(microsecond=0) for each in (times.start, times.end))
    return Timed(start, end, times.zone)
