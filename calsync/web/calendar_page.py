"""A page of the calendar: what its templates show, in words and addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import format_date

from calsync.core.grid import (
    DayCell,
    GridEntry,
    Placed,
    View,
    build_agenda,
    build_month,
    find_bounds,
    list_days,
    step,
)
from calsync.core.time_grid import MOST_ON_TOP, Row, TimeGrid, build_time_grid
from calsync.web.calendar_query import FIRST_YEAR, LAST_YEAR, CalendarQuery
from calsync.web.chips import Chip, make_chip
from calsync.web.htmx import wants_part
from calsync.web.i18n import _
from calsync.web.kinds import KIND_ICONS, KINDS, name_kind

_TEMPLATES = {
    View.MONTH: "home/month.html",
    View.WEEK: "home/week.html",
    View.DAY: "home/week.html",
    View.AGENDA: "home/agenda.html",
}
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose calendar the reader may see."""

    id: str
    name: str


@dataclass(frozen=True)
class CalendarPage:
    """One view of one calendar.

    ``base`` is the address of the calendar, below which views and items are. ``people``
    are those whose calendars the reader may choose from, and ``owner`` is whose
    this one is, if not the reader's own.
    """

    query: CalendarQuery
    entries: Sequence[GridEntry]
    today: date
    zone: ZoneInfo
    first_weekday: int
    base: str
    people: Sequence[Person] = ()
    owner: Person | None = None

    @property
    def heading(self) -> str:
        """Give the calendar's name."""
        if self.owner:
            return _("Calendar of %(name)s", name=self.owner.name)
        return _("My Calendar")

    @property
    def days(self) -> list[date]:
        """Give the days that are shown."""
        return list_days(self.query.view, self.query.day, self.first_weekday)

    @property
    def period(self) -> str:
        """Give the time that is shown, in words."""
        match self.query.view:
            case View.MONTH:
                return str(format_date(self.query.day, "MMMM yyyy"))
            case View.DAY:
                return self.say_day(self.query.day)
        first, last = self.days[0], self.days[-1]
        same_year = first.year == last.year
        return _(
            "%(start)s to %(end)s",
            start=format_date(first, "d MMM" if same_year else "d MMM yyyy"),
            end=format_date(last, "d MMM yyyy"),
        )

    @property
    def zone_line(self) -> str:
        """Give the sentence on the zone, with both its short names where the clock changes."""
        start, end = find_bounds(self.days, self.zone)
        names = [moment.astimezone(self.zone).tzname() or "" for moment in (start, end - _INSTANT)]
        name = "/".join(dict.fromkeys(names))
        return _("Times are in %(zone)s (%(name)s)", zone=self.zone.key, name=name)

    @cached_property
    def weeks(self) -> list[list[DayCell]]:
        """Give the month."""
        return build_month(self.entries, self.query.day, self.zone, self.first_weekday)

    @cached_property
    def grid(self) -> TimeGrid:
        """Give the days with their hours; a day on its own has room for all of its whole days."""
        most = MOST_ON_TOP if self.query.view is View.WEEK else len(self.entries)
        return build_time_grid(self.entries, self.days, self.zone, most_on_top=most)

    @cached_property
    def agenda(self) -> list[DayCell]:
        """Give the days on which there is something."""
        return build_agenda(self.entries, self.days, self.zone)

    @property
    def chosen(self) -> DayCell:
        """Give everything on the day of the address, which is one of the month."""
        return next(cell for week in self.weeks for cell in week if cell.day == self.query.day)

    @property
    def views(self) -> list[tuple[View, str]]:
        """Give the views with their names."""
        return [
            (View.MONTH, _("Month")),
            (View.WEEK, _("Week")),
            (View.DAY, _("Day")),
            (View.AGENDA, _("Agenda")),
        ]

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        """Give each kind with its name and its icon."""
        return [(kind, name_kind(kind), KIND_ICONS[kind]) for kind in KINDS]

    def step(self, direction: int) -> str | None:
        """Return the address of the view after this one (1) or before it (-1), if there is one."""
        day = step(self.query.view, self.query.day, direction)
        has_one = FIRST_YEAR <= day.year < LAST_YEAR
        return self.query.move(self.query.view, day).make_url(self.base) if has_one else None

    def view_url(self, view: View | str, day: date | None = None) -> str:
        """Return the address of a view of the same calendar."""
        return self.query.move(View(view), day or self.query.day).make_url(self.base)

    def new_url(self, day: date | None = None) -> str:
        """Return the address of the form for a new item."""
        parameters = {"date": day.isoformat()} if day else {}
        if self.query.person:
            parameters["person"] = self.query.person
        return f"{self.base}/new" + (f"?{urlencode(parameters)}" if parameters else "")

    def item_url(self, entry: GridEntry) -> str:
        """Return the address of the item, and of the occurrence if it is one of several."""
        occurrence = f"?{urlencode({'key': entry.key})}" if entry.key else ""
        return f"{self.base}/item/{entry.item_id}{occurrence}"

    def move_url(self, entry: GridEntry) -> str:
        """Return where a form goes that moves the item."""
        return f"{self.base}/item/{entry.item_id}/move"

    def chip(self, entry: GridEntry) -> Chip:
        """Return what to show of an entry."""
        # A bar is asked for on each of its days.
        if entry not in self._chips:
            self._chips[entry] = make_chip(entry, self.zone)
        return self._chips[entry]

    @cached_property
    def _chips(self) -> dict[GridEntry, Chip]:
        return {}

    def say_day(self, day: date) -> str:
        """Return a day in full."""
        return str(format_date(day, "EEEE d MMMM yyyy"))

    def say_weekday(self, day: date, form: str = "EEE") -> str:
        """Return the name of a weekday, in one of the lengths of the locale data."""
        return str(format_date(day, form))

    def ends_within(self, placed: Placed, day: date) -> bool:
        """Tell whether a bar that begins on ``day`` shows the end of its entry."""
        return self.chip(placed.entry).last <= day + timedelta(days=placed.days - 1)

    def say_row(self, row: Row) -> str:
        """Return the time of a row, with the zone's short name where it comes twice."""
        clock = f"{row.minute // 60:02}:{row.minute % 60:02}"
        if row.zone_name:
            return _("%(time)s %(zone)s", time=clock, zone=row.zone_name)
        return clock


def find_today(now: datetime, zone: ZoneInfo) -> date:
    """Return which day it is in a zone."""
    return now.astimezone(zone).date()


def render_calendar(page: CalendarPage) -> str:
    """Return the page, or the part of it that htmx asks for."""
    layout = "home/_part.html" if wants_part() else "base.html"
    return render_template(_TEMPLATES[page.query.view], page=page, layout=layout)
