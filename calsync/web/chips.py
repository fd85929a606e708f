"""What a page says of one entry of the calendar: words, icons, and what dragging needs to know."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date

from calsync.core.event import AllDay, Timed
from calsync.core.grid import GridEntry, find_covered
from calsync.web.i18n import _
from calsync.web.kinds import KIND_ICONS, name_kind
from calsync.web.place_lines import say_source


@dataclass(frozen=True, slots=True)
class Mark:
    """Something more to know of an entry, as an icon and in words; some words have no icon."""

    word: str
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """One entry as it is shown and spoken.

    ``time`` is when it begins, empty for whole days; ``until`` is when it ends, for the part
    of it that began on an earlier day; ``times`` is in full. ``spoken`` says the kind with
    the times. ``first`` and ``last`` are its days.
    """

    entry: GridEntry
    icon: str
    style: str
    time: str
    until: str
    times: str
    spoken: str
    title: str = field(repr=False)
    marks: tuple[Mark, ...]
    #: Where it came from, if that is a linked calendar.
    source: str = field(repr=False)
    first: date
    last: date

    @property
    def is_timed(self) -> bool:
        """Tell whether it is of hours."""
        return isinstance(self.entry.times, Timed)


def make_chip(entry: GridEntry, zone: ZoneInfo) -> Chip:
    """Return what to show of an entry; of a hidden one, that the time is taken."""
    first, last = find_covered(entry, zone)
    times = say_times(entry, zone)
    icon, style = _look(entry)
    return Chip(
        entry=entry,
        icon=icon,
        style=style,
        time="" if isinstance(entry.times, AllDay) else say_clock(entry.times.start, zone),
        until="" if isinstance(entry.times, AllDay) else _say_until(entry.times, zone),
        times=times,
        spoken=_speak(entry, times),
        title=_("Busy") if entry.is_hidden else entry.title or _("No subject"),
        source=say_source(*entry.source) if entry.source else "",
        marks=() if entry.is_hidden else tuple(_list_marks(entry)),
        first=first,
        last=last,
    )


def say_clock(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time of day in a zone."""
    return moment.astimezone(zone).strftime("%H:%M")


def say_times(entry: GridEntry, zone: ZoneInfo) -> str:
    """Return from when to when an entry goes, with days only where there are several."""
    first, last = find_covered(entry, zone)
    if isinstance(entry.times, AllDay):
        if last - first < timedelta(days=1):
            return _("All day")
        return _("%(start)s to %(end)s", start=_say_day(first), end=_say_day(last))
    start, end = (say_clock(moment, zone) for moment in (entry.times.start, entry.times.end))
    if entry.times.start == entry.times.end:
        return start
    end_day = entry.times.end.astimezone(zone).date()
    if first != end_day and first != last:
        start, end = f"{_say_day(first)}, {start}", f"{_say_day(end_day)}, {end}"
    return _("%(start)s to %(end)s", start=start, end=end)


def _say_until(times: Timed, zone: ZoneInfo) -> str:
    return _("to %(time)s", time=say_clock(times.end, zone))


def _say_day(day: date) -> str:
    return str(format_date(day, "d MMM"))


def _look(entry: GridEntry) -> tuple[str, str]:
    if entry.is_hidden:
        return "lock", "busy"
    if entry.source is not None:
        return "link-45deg", "outside"
    return KIND_ICONS[entry.kind], entry.kind


def _speak(entry: GridEntry, times: str) -> str:
    if entry.is_hidden:
        return times
    kind = name_kind(entry.kind)
    if entry.source is not None:
        source = say_source(*entry.source)
        return _("%(kind)s: %(times)s. %(source)s.", kind=kind, times=times, source=source)
    return _("%(kind)s: %(times)s", kind=kind, times=times)


def _list_marks(entry: GridEntry) -> list[Mark]:
    marks = []
    if entry.is_private:
        marks.append(Mark(_("Private"), "lock"))
    if entry.is_repeating:
        marks.append(Mark(_("Repeats"), "arrow-repeat"))
    if entry.status == "done":
        marks.append(Mark(_("Done"), "check-circle"))
    if entry.status == "cancelled":
        marks.append(Mark(_("Cancelled"), "x-circle"))
    return marks
