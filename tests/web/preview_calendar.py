"""The calendar's pages with entries of a test's own, before any database has some."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, abort, request

from calsync.core.event import AllDay, Timed
from calsync.core.grid import GridEntry
from calsync.web.calendar_page import CalendarPage, Person, render_calendar
from calsync.web.calendar_query import read_query

LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 11, 24)
BASE = "/preview"
#: A page that has a title, and an icon so that no browser asks for one.
BLANK = "<!doctype html><title>{}</title><link rel=icon href='data:,'>"


def add_preview(
    app: Flask,
    entries: Sequence[GridEntry],
    *,
    zone: ZoneInfo = LONDON,
    today: date = TODAY,
    people: Sequence[Person] = (),
) -> list[dict[str, str]]:
    """Serve the views below ``BASE``, and return the list into which moves are written."""
    bp = Blueprint("preview", __name__, url_prefix=BASE)
    moves: list[dict[str, str]] = []

    @bp.get("/<view>/<day>")
    def show(view: str, day: str) -> str:
        query = read_query(view, day, request.args)
        if query is None:
            abort(404)
        shown = [e for e in entries if not query.kinds or e.kind in query.kinds]
        shown = [e for e in shown if query.text.lower() in e.title.lower()]
        owner = next((one for one in people if one.id == query.person), None)
        return render_calendar(CalendarPage(query, shown, today, zone, 0, BASE, people, owner))

    @bp.get("/new")
    def new() -> str:
        return BLANK.format("New")

    @bp.get("/item/<item_id>")
    def item(item_id: str) -> str:
        return BLANK.format(item_id)

    @bp.post("/item/<item_id>/move")
    def move(item_id: str) -> str:
        form = {name: value for name, value in request.form.items() if name != "csrf_token"}
        moves.append({"item": item_id, **form})
        return BLANK.format("Moved")

    app.register_blueprint(bp)
    return moves


def make_samples() -> list[GridEntry]:
    """Return a believable November of every kind, with days that are too full."""
    return [
        _timed("Team stand-up", "appointment", 24, 9, 0, 30, is_repeating=True),
        _timed("Quarterly review with Contoso", "appointment", 24, 10, 0, 90),
        _timed("Replace switch in rack 4", "service_call", 24, 13, 0, 120),
        _timed("Call Adatum about renewal", "crm_activity", 24, 13, 30, 30),
        _timed("Write up findings", "task", 24, 16, 15, 45, status="done"),
        _timed("Dentist", "appointment", 25, 8, 0, 60, is_hidden=True),
        _timed("Lunch from Google", "appointment", 25, 12, 0, 60, source=("google", "Work")),
        _timed("Migration on site", "service_call", 26, 22, 0, 480),
        _timed("Cancelled visit", "service_call", 27, 11, 0, 60, status="cancelled"),
        *(_timed(f"Crowd {n}", "appointment", 27, 14, 0, 60) for n in range(7)),
        _all_day("Conference", "appointment", 23, 26),
        _all_day("Renew certificates", "todo", 24, 25),
        _all_day("Holiday", "appointment", 19, 24),
        _all_day("Order toner", "todo", 26, 27),
        _timed("Patch night", "task", 10, 18, 0, 60),
        _timed("Backup check", "task", 3, 9, 0, 30, is_repeating=True),
    ]


def _timed(
    title: str, kind: str, day: int, hour: int, minute: int, length: int, **more: object
) -> GridEntry:
    start = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    times = Timed(start, start + timedelta(minutes=length), "Europe/London")
    key = start.isoformat() if more.get("is_repeating") else None
    fields = {"status": "open", **more}
    return GridEntry(_id(title), key, kind, title, times, **fields)  # type: ignore[arg-type]


def _all_day(title: str, kind: str, first: int, end: int) -> GridEntry:
    times = AllDay(date(2026, 11, first), date(2026, 11, end))
    return GridEntry(_id(title), None, kind, title, times, "open")


def _id(title: str) -> str:
    return title.lower().replace(" ", "-")
