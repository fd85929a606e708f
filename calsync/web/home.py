"""Home: My Calendar by month, week, day and agenda."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, request, url_for
from flask_babel import get_locale
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.grid import GridEntry, View
from calsync.web.calendar_page import CalendarPage, Person, find_today, render_calendar
from calsync.web.calendar_query import CalendarQuery, read_query
from calsync.web.current import current_login, tools


@dataclass(frozen=True)
class Shown:
    """What the reader may see of the calendar asked for, and which others there are."""

    entries: Sequence[GridEntry]
    people: Sequence[Person] = ()
    owner: Person | None = None


#: Finds what a query asks for between two moments in UTC, for whoever asks; None if that is
#: the calendar of nobody whom the reader knows.
FindEntries = Callable[[CalendarQuery, datetime, datetime], Shown | None]


def make_home(
    find_entries: FindEntries, name: str = "home", url_prefix: str = "/calendar"
) -> Blueprint:
    """Return the pages of the calendar whose entries ``find_entries`` finds."""
    bp = Blueprint(name, __name__, url_prefix=url_prefix)

    @bp.get("")
    @login_required
    def start() -> AnyResponse:
        """Lead to today: the week, or on a telephone the day."""
        is_phone = request.headers.get("Sec-CH-UA-Mobile") == "?1"
        today = find_today(tools().clock.now(), _zone())
        view = View.DAY if is_phone else View.WEEK
        return redirect(url_for(".show", view=view, day=today.isoformat()))

    @bp.get("/<any('month', 'week', 'day', 'agenda'):view>/<day>")
    @login_required
    def show(view: str, day: str) -> str:
        """Show a view around a day."""
        query = read_query(view, day, request.args)
        if query is None:
            abort(404)
        zone, first_weekday = _zone(), get_locale().first_week_day
        shown = find_entries(query, *query.find_bounds(zone, first_weekday))
        if shown is None:
            abort(404)
        return render_calendar(
            CalendarPage(
                query=query,
                entries=shown.entries,
                today=find_today(tools().clock.now(), zone),
                zone=zone,
                first_weekday=first_weekday,
                base=url_for(".start"),
                people=shown.people,
                owner=shown.owner,
            )
        )

    return bp


def _zone() -> ZoneInfo:
    return ZoneInfo(current_login().user.time_zone)
