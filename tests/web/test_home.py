"""The calendar's addresses, and what its pages say."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import flask_babel
import pytest
from flask import Flask

from calsync.core.event import AllDay
from calsync.core.grid import GridEntry
from calsync.web.calendar_page import Person as Colleague
from calsync.web.calendar_query import CalendarQuery
from calsync.web.grid_css import grid_css
from calsync.web.home import Shown, make_home
from tests.browsing import HTMX, LogIn
from tests.cast import Person
from tests.clocks import FakeClock
from tests.core.grid_entries import make_entry, make_timed, utc
from tests.web.preview_calendar import BASE, add_preview, make_samples
from tests.web.test_templates import Marked, Words

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGES = [f"{BASE}/{view}/2026-11-24" for view in ("month", "week", "day", "agenda")]


def read(app: Flask, path: str, **headers: str) -> str:
    return app.test_client().get(path, headers=headers).text


@pytest.fixture
def asked(app: Flask) -> list[tuple[CalendarQuery, datetime, datetime]]:
    """Serve a calendar below /mine, and return the list of what it was asked for."""
    questions: list[tuple[CalendarQuery, datetime, datetime]] = []

    def find(query: CalendarQuery, start: datetime, end: datetime) -> Shown | None:
        questions.append((query, start, end))
        return None if query.person == "nobody" else Shown(make_samples())

    app.register_blueprint(make_home(find, "mine", "/mine"))
    return questions


def test_a_calendar_is_only_for_those_who_are_logged_in(app: Flask, asked: list[object]):
    for path in ("/mine", "/mine/week/2026-11-24"):
        assert app.test_client().get(path).status_code == 302
    assert asked == []


def test_the_calendar_opens_on_this_week_and_on_a_telephone_on_today(
    asked: list[object], dana: Person, logged_in: LogIn, clock: FakeClock
):
    browser = logged_in(dana)
    today = clock.now().astimezone(ZoneInfo("Europe/London")).date()
    assert browser.get("/mine").location == f"/mine/week/{today}"
    phone = browser.get("/mine", headers={"Sec-CH-UA-Mobile": "?1"})
    assert phone.location == f"/mine/day/{today}"


def test_a_view_asks_for_its_days_in_the_readers_zone(
    asked: list[tuple[CalendarQuery, datetime, datetime]], dana: Person, logged_in: LogIn
):
    page = logged_in(dana).get("/mine/week/2026-10-25?kind=task&q=rack&kind=todo")
    assert page.status_code == 200
    ((query, start, end),) = asked
    assert (query.kinds, query.text) == (("todo", "task"), "rack")
    # The week in which summer time ends is an hour longer.
    assert start.isoformat() == "2026-10-18T23:00:00+00:00"
    assert end.isoformat() == "2026-10-26T00:00:00+00:00"


@pytest.mark.parametrize(
    "path",
    [
        "/mine/year/2026-11-24",
        "/mine/week/2026-11-31",
        "/mine/week/20261124",
        "/mine/week/2026-W48-2",
        "/mine/week/1969-12-31",
        "/mine/month/2200-01-01",
        "/mine/month/9999-12-31",
        "/mine/week/2026-11-24?person=nobody",
    ],
)
def test_what_is_no_day_no_view_and_nobodys_calendar_is_not_found(
    asked: list[object], dana: Person, logged_in: LogIn, path: str
):
    assert logged_in(dana).get(path).status_code == 404


@pytest.mark.parametrize("day", ["1970-01-01", "2199-12-31"])
@pytest.mark.parametrize("view", ["month", "week", "day", "agenda"])
def test_the_first_and_the_last_day_there_is_have_pages(
    asked: list[object], dana: Person, logged_in: LogIn, view: str, day: str
):
    page = logged_in(dana).get(f"/mine/{view}/{day}")
    assert page.status_code == 200
    assert ('id="go-previous"' in page.text) == (day != "1970-01-01")
    assert ('id="go-next"' in page.text) == (day != "2199-12-31")


def test_htmx_gets_the_part_and_the_title_and_history_the_whole_page(app: Flask):
    add_preview(app, make_samples())
    part = read(app, PAGES[0], **HTMX)
    assert "<html" not in part
    assert "<title>November 2026 - My Calendar - calsync</title>" in part
    assert '<div id="status" hx-swap-oob="innerHTML">November 2026</div>' in part
    again = read(app, PAGES[0], **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in again


def test_a_filter_stays_on_the_way_to_other_days_and_views(app: Flask):
    add_preview(app, make_samples())
    page = read(app, f"{PAGES[1]}?kind=service_call&q=switch")
    assert "Replace switch" in page
    assert "Migration" not in page
    for path in ("month/2026-11-24", "week/2026-12-01", "week/2026-11-17"):
        assert f"{BASE}/{path}?kind=service_call&amp;q=switch" in page


def test_nothing_found_offers_to_clear_the_filters(app: Flask):
    add_preview(app, make_samples())
    page = read(app, f"{PAGES[0]}?q=nowhere")
    assert "No entries match." in page
    assert f'href="{PAGES[0]}">Clear the filters' in page


def test_an_empty_week_says_how_to_add(app: Flask):
    add_preview(app, [])
    page = read(app, PAGES[1])
    assert "Nothing planned. Right-click a day or choose New to add something." in page
    # The style sheet shows this one where there is no mouse.
    assert "Nothing planned. Choose New to add something." in page


@pytest.mark.parametrize("path", PAGES)
def test_of_what_is_hidden_only_the_time_is_told(app: Flask, path: str):
    add_preview(app, make_samples())
    page = read(app, path.replace("11-24", "11-25"))
    assert "Busy" in page
    assert "Dentist" not in page
    assert "/item/dentist" not in page


@pytest.mark.parametrize("path", PAGES)
def test_markup_in_a_title_is_only_text(app: Flask, path: str):
    hostile = "</a><script>alert(1)</script>"
    add_preview(app, [make_timed(hostile, utc(24, 9), utc(24, 10))])
    page = read(app, path)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", PAGES)
def test_no_style_is_written_into_a_page(app: Flask, path: str):
    add_preview(app, make_samples())
    assert " style=" not in read(app, path)


def test_every_class_that_says_where_has_a_rule(app: Flask):
    add_preview(app, make_samples())
    rules = grid_css()
    words = set(read(app, PAGES[1]).replace('"', " ").split())
    places = {word for word in words if word.startswith(("gs", "ge")) and word[2:].isdigit()}
    places |= {word for word in words if "of" in word and word[1:2].isdigit()}
    assert len(places) > 30
    assert {place for place in places if f".{place}{{" not in rules} == set()


def test_the_repeated_hour_is_labelled_with_both_names_of_the_zone(app: Flask):
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    add_preview(app, [make_timed("early", start, start + timedelta(minutes=90))])
    page = read(app, f"{BASE}/day/2026-10-25")
    assert page.index("01:00 BST") < page.index("01:00 GMT")
    assert "Times are in Europe/London (BST/GMT)" in page


def test_the_missing_hour_cannot_be_added_to(app: Flask):
    start = datetime(2026, 3, 29, tzinfo=UTC)
    add_preview(app, [make_timed("early", start, start + timedelta(minutes=30))])
    page = read(app, f"{BASE}/day/2026-03-29")
    assert page.count("is-skipped") == 2
    assert 'data-time="00:30"' in page
    assert 'data-time="01:00"' not in page


def test_whose_calendar_it_is_stays_on_the_way(app: Flask):
    add_preview(app, [], people=[Colleague("u1", "Sam Okafor")])
    page = read(app, f"{PAGES[0]}?person=u1")
    assert "<h1>Calendar of Sam Okafor</h1>" in page
    assert f"{BASE}/week/2026-11-24?person=u1" in page
    assert f"{BASE}/new?date=2026-11-24&amp;person=u1" in page


def test_an_occurrence_is_linked_by_its_key(app: Flask):
    entry = GridEntry(
        "it1", "2026-11-24", "task", "x", AllDay(date(2026, 11, 24), date(2026, 11, 25)), "open"
    )
    add_preview(app, [entry])
    assert f"{BASE}/item/it1?key=2026-11-24" in read(app, PAGES[0])


@pytest.mark.parametrize("path", PAGES)
def test_every_text_of_the_calendar_goes_through_the_translator(app: Flask, path: str):
    app.extensions["babel"].instance.domain_instance = Marked()
    app.jinja_env.install_gettext_callables(
        flask_babel.gettext, flask_babel.ngettext, newstyle=True
    )
    add_preview(app, [make_entry("42", entry.times, entry.kind) for entry in make_samples()])
    words = Words()
    words.feed(read(app, path))
    # What is left are months and weekdays, which the locale data translate.
    loose = {word for text in words.loose for word in text.replace(",", " ").split()}
    assert {word for word in loose if not is_date_word(word)} <= {"calsync", "-"}


def is_date_word(word: str) -> bool:
    names = {"November", "December", "October", "Nov", "Dec", "Oct"}
    days = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
    return word.isdigit() or word in names | days | {day[:3] for day in days}
