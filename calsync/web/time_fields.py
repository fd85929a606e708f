"""Reading dates, times and numbers that people typed, with what to do about a wrong one."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date
from wtforms import Form

from calsync.core.event import AllDay, Timed, Times
from calsync.core.item import FIRST_YEAR, LAST_YEAR
from calsync.core.wall_clock import find_instants, wall_of
from calsync.web.i18n import _

DAY = timedelta(days=1)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def complain(form: Form, name: str, text: str) -> None:
    """Say at a field what is wrong with it; what is said first stays."""
    if not form[name].errors:
        form[name].errors = [text]


def read_text(form: Form, name: str) -> str:
    """Return what was typed, with the line ends of one kind and without what nobody can type."""
    text = str(form[name].data or "").replace("\x00", "")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def read_number(form: Form, name: str, least: int, most: int) -> int:
    """Return a whole number; the least where it is none, with a complaint."""
    text = read_text(form, name)
    number = int(text) if _NUMBER.fullmatch(text) else -1
    if least <= number <= most:
        return number
    complain(form, name, _("Enter a number from %(least)s to %(most)s", least=least, most=most))
    return least


def read_day(form: Form, name: str, *, is_required: bool = False) -> date | None:
    """Return a date, or None where there is none or only a complaint."""
    text = read_text(form, name)
    if not text:
        if is_required:
            complain(form, name, _("Enter a date"))
        return None
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        complain(form, name, _("Enter a date such as 2026-11-24"))
    elif not FIRST_YEAR <= day.year <= LAST_YEAR:
        complain(form, name, _("Choose a year from 1970 to 2200"))
    else:
        return day
    return None


def read_clock(form: Form, name: str, *, is_required: bool = False) -> time | None:
    """Return a time of day, or None where there is none or only a complaint."""
    text = read_text(form, name)
    if not text:
        if is_required:
            complain(form, name, _("Enter a time"))
        return None
    try:
        if _CLOCK.fullmatch(text):
            return time.fromisoformat(text)
    except ValueError:
        pass
    complain(form, name, _("Enter a time such as 09:30"))
    return None


def read_moment(
    form: Form, names: tuple[str, str], day: date, clock: time, zone: ZoneInfo
) -> datetime | None:
    """Return the instant that a clock in the zone shows, or None with a complaint.

    ``names`` are the fields of the time, and of which of two it is where the clocks go
    back.
    """
    found = find_instants(day, clock, zone)
    if len(found) == 1:
        return found[0]
    said = {"time": f"{clock:%H:%M}", "day": format_date(day, "d MMMM yyyy")}
    if not found:
        text = _(
            "The clocks go forward then: %(time)s does not exist on %(day)s. Choose another time.",
            **said,
        )
        complain(form, names[0], text)
        return None
    choice = str(form[names[1]].data)
    if choice in ("first", "second"):
        return found[("first", "second").index(choice)]
    complain(
        form,
        names[1],
        _("The clocks go back then: %(time)s comes twice on %(day)s. Choose which one.", **said),
    )
    return None


def read_all_day(form: Form, day: date) -> AllDay | None:
    """Return whole days from ``day`` to the end date, which is the last of them."""
    last = read_day(form, "end_date") or day
    if form["end_date"].errors:
        return None
    if last < day:
        complain(form, "end_date", _("Choose a last day that is not before the first"))
        return None
    return AllDay(day, last + DAY)


def read_timed(form: Form, day: date, zone: ZoneInfo, *, needs_end: bool) -> Timed | None:
    """Return a stretch of time that begins on ``day``; without an end it takes none."""
    clock = read_clock(form, "time", is_required=True)
    end_day = read_day(form, "end_date") or day
    end_clock = read_clock(form, "end_time", is_required=needs_end)
    start = read_moment(form, ("time", "fold"), day, clock, zone) if clock else None
    if end_clock is None or form["end_date"].errors:
        has_fault = bool(form["end_date"].errors or form["end_time"].errors)
        return Timed(start, start, zone.key) if start and not has_fault else None
    end = read_moment(form, ("end_time", "end_fold"), end_day, end_clock, zone)
    return span(form, start, end, zone)


def span(form: Form, start: datetime | None, end: datetime | None, zone: ZoneInfo) -> Timed | None:
    """Return what lies between two instants, or None with a complaint."""
    if start is None or end is None:
        return None
    if end < start:
        complain(form, "end_time", _("Choose an end that is not before the start"))
        return None
    return Timed(start, end, zone.key)


def fill_times(times: Times | None, zone: ZoneInfo) -> dict[str, str]:
    """Return what a form shows of times: an end of whole days is the last of them."""
    if times is None:
        return {}
    if isinstance(times, AllDay):
        return {"date": times.start.isoformat(), "end_date": (times.end - DAY).isoformat()}
    start, end = wall_of(times.start, zone), wall_of(times.end, zone)
    return {
        "date": start.date().isoformat(),
        "time": _write(start.time()),
        "fold": _find_fold(times.start, zone),
        "end_date": end.date().isoformat(),
        "end_time": _write(end.time()),
        "end_fold": _find_fold(times.end, zone),
    }


def _write(clock: time) -> str:
    return clock.isoformat("seconds" if clock.second else "minutes")


def _find_fold(instant: datetime, zone: ZoneInfo) -> str:
    """Return which of two an instant is, if its time comes twice."""
    wall = wall_of(instant, zone)
    found = find_instants(wall.date(), wall.time(), zone)
    return ("first", "second")[found.index(instant)] if len(found) == 2 else ""
