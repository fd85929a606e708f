"""The pages of an item, as a browser asks for them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from calsync.core.event import AllDay, Timed
from calsync.core.item import ActivityType, ItemFields, ItemStatus, Kind, Priority
from calsync.db.models import Assignment
from calsync.services.clients import create_client
from calsync.services.item_access import ItemView, find_item_view, list_deleted
from calsync.services.items import Scope, change_item, create_item, delete_item
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from calsync.web import items as item_pages
from tests.browsing import LogIn, form_token
from tests.cast import Person

LONDON = "Europe/London"
Form = dict[str, str | list[str]]

#: What the form of each kind sends that is filled in as people do.
BASE: Form = {
    "subject": "Review",
    "date": "2026-03-03",
    "time": "10:00",
    "end_date": "2026-03-03",
    "end_time": "11:30",
    "time_zone": LONDON,
    "description": "",
    "repeats": "none",
    "interval": "1",
    "ends": "never",
    "shown_as": "busy",
    "reminder": "15",
    "activity_type": "meeting",
    "priority": "high",
    "percent_done": "20",
    "status": "open",
}
WEEKLY: Form = {**BASE, "kind": "appointment", "repeats": "weekly", "weekdays": ["1"]}


@pytest.fixture
def ticket_id(tools: Tools, dana: Person, sam: Person) -> str:
    client = create_client(tools, sam.who, "Contoso")
    return create_ticket(tools, dana.who, TicketFields("Printer on fire", client_id=client))


def send(browser: FlaskClient, url: str, form: Form) -> TestResponse:
    fields = MultiDict({"csrf_token": form_token(browser)})
    for name, value in form.items():
        for one in value if isinstance(value, list) else [value]:
            fields.add(name, one)
    return browser.post(url, data=fields)


def add(browser: FlaskClient, kind: str = "appointment", **more: str | list[str]) -> TestResponse:
    return send(browser, "/calendar/new", {**BASE, "kind": kind, **more})


def stored(tools: Tools, person: Person, item_id: str, key: str | None = None) -> ItemView:
    return find_item_view(tools, person.who, item_id, key)


def items_of(tools: Tools, person: Person) -> list[str]:
    """Return the ids of everything there is of a person, deleted or not."""
    with tools.db.read() as session:
        mine = Assignment.user_id == person.who.user_id
        return list(session.scalars(select(Assignment.item_id).where(mine)))


def only(tools: Tools, person: Person) -> ItemView:
    (item_id,) = items_of(tools, person)
    return stored(tools, person, item_id)


def errors_in(answer: TestResponse) -> list[str]:
    """Return what the summary of a refused form says."""
    summary = re.search(r'<div class="error-summary".*?</div>', answer.text, re.DOTALL)
    assert summary, answer.text[:3000]
    return [re.sub("<.*?>", "", text) for text in re.findall(r"<li>.*?</li>", summary.group())]


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def make(tools: Tools, person: Person, **fields: object) -> str:
    times = Timed(utc(3, 10), utc(3, 11), LONDON)
    given = {"subject": "Stand-up", "times": times, "time_zone": LONDON, **fields}
    return create_item(tools, person.who, ItemFields(Kind.APPOINTMENT, **given))


def test_an_appointment_is_added_with_all_that_was_entered(
    browser: FlaskClient, tools: Tools, dana: Person
):
    answer = add(browser, location="Room 4", description="One\r\ntwo", is_private="y",
                 shown_as="free", reminder="60")  # fmt: skip
    assert answer.status_code == 303
    assert answer.location == "/calendar/day/2026-03-03"
    view = only(tools, dana)
    assert view.fields == ItemFields(
        Kind.APPOINTMENT, "Review", Timed(utc(3, 10), utc(3, 11, 30), LONDON), LONDON,
        description="One\ntwo", location="Room 4", is_private=True, is_busy=False,
        reminder_minutes=60,
    )  # fmt: skip
    assert "Appointment added." in browser.get(answer.location).text


def test_a_crm_activity_is_added(browser: FlaskClient, tools: Tools, dana: Person, sam: Person):
    client = create_client(tools, sam.who, "Contoso")
    assert add(browser, "crm_activity", client_id=client, outcome="Won").status_code == 303
    fields = only(tools, dana).fields
    assert (fields.activity_type, fields.client_id, fields.outcome) == (
        ActivityType.MEETING, client, "Won",
    )  # fmt: skip


def test_a_service_call_is_added_for_several_people(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person, ticket_id: str
):
    people = [dana.who.user_id, sam.who.user_id]
    answer = add(browser, "service_call", ticket_id=ticket_id, site="Roof", assignees=people)
    assert answer.status_code == 303
    view = only(tools, dana)
    assert set(view.assignees) == set(people)
    assert view.fields.subject == "T-1001 Printer on fire (Contoso)"
    page = browser.get(f"/calendar/item/{view.id}").text
    assert "Sam Okafor" in page
    assert f"/tickets/{ticket_id}" in page


def test_a_task_is_added_and_is_done_at_a_hundred_percent(
    browser: FlaskClient, tools: Tools, dana: Person
):
    more = {"due_on": "2026-03-09", "percent_done": "100", "project": "Move"}
    assert add(browser, "task", **more).status_code == 303
    fields = only(tools, dana).fields
    assert (fields.due_on, fields.percent_done) == (date(2026, 3, 9), 100)
    assert (fields.priority, fields.status) == (Priority.HIGH, ItemStatus.DONE)


@pytest.mark.parametrize(
    ("entered", "times"),
    [
        ({"date": "", "time": ""}, None),
        ({"time": ""}, AllDay(date(2026, 3, 3), date(2026, 3, 4))),
        ({}, Timed(utc(3, 10), utc(3, 10), LONDON)),
    ],
)
def test_a_todo_is_due_on_a_day_or_at_a_time_or_never(
    browser: FlaskClient, tools: Tools, dana: Person, entered: Form, times: object
):
    assert add(browser, "todo", done="y", **entered).status_code == 303
    fields = only(tools, dana).fields
    assert (fields.times, fields.status) == (times, ItemStatus.DONE)


@pytest.mark.parametrize(
    ("times", "entered"),
    [
        (Timed(utc(3, 10), utc(3, 11), LONDON), {}),
        (AllDay(date(2026, 3, 3), date(2026, 3, 6)), {"time": ""}),
    ],
)
def test_a_todo_that_lasts_is_not_cut_short_by_its_form(
    browser: FlaskClient, tools: Tools, dana: Person, times: Timed | AllDay, entered: Form
):
    """Its form has no end; moving it, the API and the linked calendar do. Costs two pages."""
    item_id = create_item(tools, dana.who, ItemFields(Kind.TODO, "Review", times=times))
    form = {**BASE, "kind": "todo", "version": "1", "description": "With Sam", **entered}
    assert send(browser, f"/calendar/item/{item_id}/edit", form).status_code == 303
    fields = stored(tools, dana, item_id).fields
    assert (fields.times, fields.description) == (times, "With Sam")


def test_the_last_day_of_whole_days_is_the_one_people_enter(
    browser: FlaskClient, tools: Tools, dana: Person
):
    assert add(browser, all_day="y", end_date="2026-03-05").status_code == 303
    view = only(tools, dana)
    assert view.fields.times == AllDay(date(2026, 3, 3), date(2026, 3, 6))
    assert 'value="2026-03-05"' in browser.get(f"/calendar/item/{view.id}/edit").text
    assert "Tue 3 Mar 2026 to Thu 5 Mar 2026" in browser.get(f"/calendar/item/{view.id}").text


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_form_and_is_shown_edited_moved_and_deleted(
    browser: FlaskClient, tools: Tools, dana: Person, ticket_id: str, kind: Kind
):
    assert browser.get(f"/calendar/new?kind={kind}").status_code == 200
    people = [dana.who.user_id]
    assert add(browser, kind, ticket_id=ticket_id, assignees=people).status_code == 303
    view = only(tools, dana)
    url = f"/calendar/item/{view.id}"
    for page in ("", "/edit", "/move", "/delete"):
        assert browser.get(url + page).status_code == 200, page
    changed = {**BASE, "ticket_id": ticket_id, "assignees": people, "version": "1",
               "description": "Anew"}  # fmt: skip
    assert send(browser, f"{url}/edit", changed).status_code == 303
    assert send(browser, f"{url}/move", {"date": "2026-03-10"}).status_code == 303
    view = stored(tools, dana, view.id)
    assert view.fields.description == "Anew"
    assert view.fields.times
    assert view.fields.times.start.isoformat().startswith("2026-03-10T10:00")
    assert send(browser, f"{url}/delete", {"version": str(view.version)}).status_code == 303
    assert browser.get(url).status_code == 404
    assert "Restore" in browser.get("/calendar/bin").text
    assert send(browser, f"{url}/restore", {}).status_code == 303
    assert browser.get(url).status_code == 200


def test_how_it_repeats_is_said_in_words_and_shown_again(
    browser: FlaskClient, tools: Tools, dana: Person
):
    more = {**WEEKLY, "interval": "2", "weekdays": ["1", "3"], "ends": "count", "count": "6"}
    assert send(browser, "/calendar/new", more).status_code == 303
    view = only(tools, dana)
    assert view.fields.rule == "FREQ=WEEKLY;INTERVAL=2;COUNT=6;BYDAY=TU,TH"
    page = browser.get(f"/calendar/item/{view.id}").text
    assert "Every 2 weeks on Tuesday, Thursday, 6 times" in page
    form = browser.get(f"/calendar/item/{view.id}/edit").text
    assert re.search(r'<option selected value="weekly">', form)
    assert re.findall(r'checked id="weekdays-(.)"', form) == ["1", "3"]


@pytest.mark.parametrize(
    ("entered", "rule"),
    [
        ({"repeats": "daily"}, "FREQ=DAILY"),
        ({"repeats": "monthly"}, "FREQ=MONTHLY;BYMONTHDAY=3"),
        ({"repeats": "monthly", "monthly": "nth"}, "FREQ=MONTHLY;BYDAY=1TU"),
        ({"repeats": "yearly"}, "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
        (
            {"repeats": "daily", "ends": "until", "until": "2026-03-09"},
            "FREQ=DAILY;UNTIL=20260309T235959Z",
        ),
    ],
)
def test_the_ways_to_repeat(
    browser: FlaskClient, tools: Tools, dana: Person, entered: Form, rule: str
):
    assert send(browser, "/calendar/new", {**WEEKLY, **entered}).status_code == 303
    view = only(tools, dana)
    assert view.fields.rule == rule
    form = browser.get(f"/calendar/item/{view.id}/edit").text
    assert re.search(rf'<option selected value="{entered["repeats"]}">', form)


def test_a_rule_that_the_form_cannot_show_is_said_and_kept(
    browser: FlaskClient, tools: Tools, dana: Person
):
    rule = "FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO,TU"
    item_id = make(tools, dana, rule=rule)
    url = f"/calendar/item/{item_id}/edit"
    page = browser.get(url).text
    assert "By a rule of its own: FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO,TU" in page
    form = {**BASE, "version": "1", "repeats": "keep", "subject": "New"}
    assert send(browser, url, form).status_code == 303
    fields = stored(tools, dana, item_id).fields
    assert (fields.subject, fields.rule) == ("New", rule)
    form = {**form, "version": "2", "repeats": "none"}
    assert send(browser, url, form).status_code == 303
    assert stored(tools, dana, item_id).fields.rule is None


def edit_one(
    browser: FlaskClient, item_id: str, scope: str, **more: str | list[str]
) -> TestResponse:
    form = {**WEEKLY, "subject": "Stand-up", "version": "1", "scope": scope,
            "date": "2026-03-17", "end_date": "2026-03-17", "end_time": "11:00",
            **more}  # fmt: skip
    return send(browser, f"/calendar/item/{item_id}/edit?key=2026-03-17T10:00", form)


def starts(browser: FlaskClient) -> list[str]:
    """Return day and time of every entry from the first week of March on."""
    page = browser.get("/calendar/month/2026-03-01").text
    found = re.findall(r'data-first="2026-03-(..)"[^>]*data-clock="(.....)"', page)
    return [f"{day} {clock}" for day, clock in dict.fromkeys(found)]


def test_one_of_a_series_is_moved_alone(browser: FlaskClient, tools: Tools, dana: Person):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
    ends = {"ends": "count", "count": "4"}
    answer = edit_one(browser, item_id, "this", date="2026-03-18", end_date="2026-03-18", **ends)
    assert answer.status_code == 303
    assert starts(browser) == ["03 10:00", "10 10:00", "18 10:00", "24 10:00"]


def test_this_and_following_move_and_keep_their_number(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
    more = {"date": "2026-03-18", "end_date": "2026-03-18", "ends": "count", "count": "4"}
    assert edit_one(browser, item_id, "following", **more).status_code == 303
    assert starts(browser) == ["03 10:00", "10 10:00", "18 10:00", "25 10:00"]


MOVED: Form = {"date": "2026-03-18", "time": "14:00", "end_date": "2026-03-18",
               "end_time": "15:00", "ends": "count", "count": "4"}  # fmt: skip


@pytest.fixture
def moved_id(tools: Tools, dana: Person) -> str:
    """Return a series of four Tuesdays whose third was moved to a Wednesday by hand."""
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
    key = "2026-03-17T10:00"
    fields = stored(tools, dana, item_id, key).fields
    moved = replace(fields, times=Timed(utc(18, 14), utc(18, 15), LONDON), location="Room 2")
    change_item(tools, dana.who, item_id, moved, scope=Scope.THIS, key=key)
    return item_id


def test_this_and_following_of_one_that_was_moved_leaves_them_where_they_are(
    browser: FlaskClient, moved_id: str, tools: Tools, dana: Person
):
    more = {**MOVED, "version": "2", "location": "Room 2", "subject": "Anew"}
    answer = edit_one(browser, moved_id, "following", **more)
    assert answer.status_code == 303
    assert starts(browser) == ["03 10:00", "10 10:00", "18 14:00", "24 10:00"]
    later = re.search(r"/calendar/item/(\w+)", answer.location)
    assert later
    assert later.group(1) != moved_id
    for key, place in (("2026-03-17T10:00", "Room 2"), ("2026-03-24T10:00", "")):
        fields = stored(tools, dana, later.group(1), key).fields
        assert (fields.subject, fields.location) == ("Anew", place)
    assert stored(tools, dana, moved_id, "2026-03-10T10:00").fields.subject == "Stand-up"


def test_this_and_following_of_one_that_was_moved_go_where_it_is_moved_to_now(
    browser: FlaskClient, moved_id: str
):
    more = {**MOVED, "version": "2", "time": "16:00", "end_time": "17:00"}
    assert edit_one(browser, moved_id, "following", **more).status_code == 303
    assert starts(browser) == ["03 10:00", "10 10:00", "18 16:00", "25 16:00"]


def test_all_of_a_series_move_by_what_the_shown_one_does(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
    more = {"date": "2026-03-18", "end_date": "2026-03-18", "ends": "count", "count": "4",
            "time": "09:00", "end_time": "09:15"}  # fmt: skip
    assert edit_one(browser, item_id, "all", **more).status_code == 303
    assert starts(browser) == ["04 09:00", "11 09:00", "18 09:00", "25 09:00"]


def test_all_of_a_series_stay_where_only_the_subject_changes(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU")
    assert edit_one(browser, item_id, "all", subject="Anew").status_code == 303
    view = stored(tools, dana, item_id)
    assert view.fields.times == Timed(utc(3, 10), utc(3, 11), LONDON)
    assert (view.fields.subject, view.fields.rule) == ("Anew", "FREQ=WEEKLY;BYDAY=TU")


def test_one_alone_cannot_repeat_in_another_way(browser: FlaskClient, tools: Tools, dana: Person):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU")
    answer = edit_one(browser, item_id, "this", repeats="daily")
    assert answer.status_code == 422
    assert errors_in(answer) == [
        "Choose This and following, or All: one alone cannot repeat in another way"
    ]


def test_one_of_a_series_is_dragged_and_deleted_alone(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=3")
    url = f"/calendar/item/{item_id}"
    back = "/calendar/month/2026-03-01"
    dragged = {"key": "2026-03-10T10:00", "date": "2026-03-12", "time": "14:00", "end_date": "",
               "end_time": "", "next": back}  # fmt: skip
    answer = send(browser, f"{url}/move", dragged)
    assert (answer.status_code, answer.location) == (303, back)
    assert starts(browser) == ["03 10:00", "12 14:00", "17 10:00"]
    form = {"scope": "this", "version": "2"}
    assert send(browser, f"{url}/delete?key=2026-03-17T10:00", form).status_code == 303
    assert starts(browser) == ["03 10:00", "12 14:00"]


def test_a_drag_does_not_undo_what_was_changed_meanwhile(
    browser: FlaskClient, tools: Tools, dana: Person, monkeypatch: pytest.MonkeyPatch
):
    item_id = make(tools, dana)
    store = item_pages.change

    def meanwhile(*args: Any, **options: Any) -> str:
        fields = stored(tools, dana, item_id).fields
        change_item(tools, dana.who, item_id, replace(fields, location="Cellar"))
        return store(*args, **options)

    monkeypatch.setattr(item_pages, "change", meanwhile)
    answer = send(browser, f"/calendar/item/{item_id}/move", {"date": "2026-03-05"})
    assert answer.status_code == 409
    assert stored(tools, dana, item_id).fields.location == "Cellar"


def test_what_may_not_be_dragged_is_back_and_the_calendar_says_why(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person, ticket_id: str
):
    """Costs three items of one client; the note is read where the drag ends."""
    back = "/calendar/day/2026-03-03"
    call = ItemFields(Kind.SERVICE_CALL, times=Timed(utc(3, 8), utc(3, 9), LONDON),
                      time_zone=LONDON, ticket_id=ticket_id)  # fmt: skip
    given_away = create_item(tools, sam.who, call, [sam.who.user_id])
    stale, gone = make(tools, dana), make(tools, dana)
    change_item(tools, dana.who, stale, replace(stored(tools, dana, stale).fields, subject="New"))
    delete_item(tools, dana.who, gone, version=1)
    for item_id, why in (
        (stale, "somebody else changed it meanwhile"),
        (given_away, "it is not yours to change"),
        (gone, "it is not there any more"),
    ):
        dragged = {"date": "2026-03-05", "time": "14:00", "version": "1", "next": back}
        answer = send(browser, f"/calendar/item/{item_id}/move", dragged)
        assert (answer.status_code, answer.location) == (303, back)
        page = browser.get(back).text
        assert f"Not moved: {why}" in page
        assert 'class="note note-bad" role="alert"' in page
    assert stored(tools, dana, stale).fields.times == Timed(utc(3, 10), utc(3, 11), LONDON)
    assert stored(tools, sam, given_away).fields.times == call.times


def test_what_is_dragged_by_its_end_keeps_its_start(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana)
    dragged = {"key": "", "date": "2026-03-03", "time": "10:00", "end_date": "2026-03-03",
               "end_time": "12:30", "next": ""}  # fmt: skip
    assert send(browser, f"/calendar/item/{item_id}/move", dragged).status_code == 303
    times = Timed(utc(3, 10), utc(3, 12, 30), LONDON)
    assert stored(tools, dana, item_id).fields.times == times


def test_a_bar_that_is_dragged_longer_ends_with_the_day_it_was_dragged_to(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana, times=AllDay(date(2026, 3, 3), date(2026, 3, 4)))
    dragged = {"date": "2026-03-03", "time": "", "end_date": "2026-03-06", "end_time": ""}
    assert send(browser, f"/calendar/item/{item_id}/move", dragged).status_code == 303
    times = AllDay(date(2026, 3, 3), date(2026, 3, 7))
    assert stored(tools, dana, item_id).fields.times == times


def test_a_task_that_is_only_due_moves_with_its_due_date(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = create_item(
        tools, dana.who, ItemFields(Kind.TASK, "Order toner", due_on=date(2026, 3, 3))
    )
    dragged = {"date": "2026-03-05", "time": "", "end_date": "", "end_time": ""}
    assert send(browser, f"/calendar/item/{item_id}/move", dragged).status_code == 303
    fields = stored(tools, dana, item_id).fields
    assert (fields.due_on, fields.times) == (date(2026, 3, 5), None)


def test_an_item_is_moved_on_its_own_clocks_and_shown_on_both(
    browser: FlaskClient, tools: Tools, dana: Person
):
    times = Timed(utc(3, 15), utc(3, 16), "America/New_York")
    item_id = make(tools, dana, times=times, time_zone="America/New_York")
    url = f"/calendar/item/{item_id}"
    page = browser.get(url).text
    assert "Tue 3 Mar 2026, 15:00 to 16:00" in page
    assert "In America/New_York" in page
    assert "Tue 3 Mar 2026, 10:00 to 11:00" in page
    form = {"date": "2026-03-04", "time": "09:00", "zone": "America/New_York", "version": "1"}
    assert send(browser, f"{url}/move", form).status_code == 303
    moved = Timed(utc(4, 14), utc(4, 15), "America/New_York")
    assert stored(tools, dana, item_id).fields.times == moved


def test_a_next_page_elsewhere_is_not_followed(browser: FlaskClient, tools: Tools, dana: Person):
    item_id = make(tools, dana)
    form = {"date": "2026-03-04", "next": "https://evil.example/x"}
    answer = send(browser, f"/calendar/item/{item_id}/move", form)
    assert urlsplit(answer.location).path == "/calendar"


def test_a_time_that_the_clocks_skip_is_refused(browser: FlaskClient, tools: Tools, dana: Person):
    answer = add(browser, date="2026-03-29", time="01:30", end_date="2026-03-29", end_time="03:00")
    assert answer.status_code == 422
    assert errors_in(answer) == [
        "The clocks go forward then: 01:30 does not exist on 29 March 2026. Choose another time."
    ]
    assert "<title>Error: New item - calsync</title>" in answer.text
    assert 'value="Review"' in answer.text
    assert items_of(tools, dana) == []


@pytest.mark.parametrize(("fold", "hour"), [("first", 0), ("second", 1)])
def test_of_a_time_that_comes_twice_one_is_chosen(
    browser: FlaskClient, tools: Tools, dana: Person, fold: str, hour: int
):
    when = {"date": "2026-10-25", "time": "01:30", "end_date": "2026-10-25", "end_time": "03:00"}
    answer = add(browser, **when)
    assert answer.status_code == 422
    assert errors_in(answer) == [
        "The clocks go back then: 01:30 comes twice on 25 October 2026. Choose which one."
    ]
    assert 'name="fold"' in answer.text
    assert add(browser, **when, fold=fold).status_code == 303
    view = only(tools, dana)
    assert view.fields.times
    assert view.fields.times.start == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    page = browser.get(f"/calendar/item/{view.id}/edit").text
    assert re.search(rf'<input checked id="fold-." name="fold" type="radio" value="{fold}"', page)


@pytest.mark.parametrize(
    ("entered", "texts"),
    [
        ({"subject": " "}, ["Enter a subject"]),
        ({"subject": "x" * 10_000}, ["Use fewer characters: at most 1,000"]),
        ({"description": "x" * 20_001}, ["Use fewer characters: at most 20,000"]),
        ({"date": ""}, ["Enter a date"]),
        ({"date": "24/11/2026"}, ["Enter a date such as 2026-11-24"]),
        ({"date": "2026-02-30"}, ["Enter a date such as 2026-11-24"]),
        ({"date": "0001-01-01"}, ["Choose a year from 1970 to 2200"]),
        ({"date": "9999-12-31"}, ["Choose a year from 1970 to 2200"]),
        ({"time": "25:00"}, ["Enter a time such as 09:30"]),
        ({"time": "10:00+01:00"}, ["Enter a time such as 09:30"]),
        ({"end_time": ""}, ["Enter a time"]),
        ({"end_time": "09:00"}, ["Choose an end that is not before the start"]),
        ({"end_date": "2026-03-02"}, ["Choose an end that is not before the start"]),
        ({"end_date": "2199-01-01"}, ["Choose an end that is at most a year after the start"]),
        ({"all_day": "y", "end_date": "2026-03-02"},
         ["Choose a last day that is not before the first"]),
        ({"time_zone": "Mars/Olympus"}, ["Choose a time zone from the list"]),
        ({"time_zone": "../../etc/passwd"}, ["Choose a time zone from the list"]),
        ({"shown_as": "x"}, ["Choose how others see you"]),
        ({"reminder": "99999"}, ["Choose a reminder of at most four weeks ahead"]),
        ({"reminder": "²"}, ["Choose a reminder from the list"]),
        ({"reminder": "9" * 5000}, ["Choose a reminder from the list"]),
        ({"repeats": "hourly"}, ["Choose how it repeats from the list"]),
        ({"repeats": "keep"}, ["Choose how it repeats from the list"]),
        ({"repeats": "daily", "interval": "0"}, ["Enter a number from 1 to 999"]),
        ({"repeats": "daily", "ends": "x"}, ["Choose when it ends"]),
        ({"repeats": "daily", "ends": "count", "count": "100000"},
         ["Enter a number from 1 to 2000"]),
        ({"repeats": "daily", "ends": "until", "until": "2199-01-01"},
         ["Choose at most 2,000 times, or no end"]),
        ({"repeats": "daily", "ends": "until", "until": "2026-03-01"},
         ["Choose a last day that is not before the first"]),
        ({"repeats": "daily", "ends": "until", "until": ""}, ["Enter a date"]),
        ({"repeats": "weekly", "weekdays": ["9"]}, ["Choose days from the list"]),
        ({"subject": "", "date": "", "time": "x"}, ["Enter a subject", "Enter a date"]),
        ({"kind": "party"}, ["Choose what to add"]),
        ({"kind": "task", "percent_done": "101"}, ["Enter a number from 0 to 100"]),
        ({"kind": "task", "priority": "x"}, ["Choose a priority from the list"]),
        ({"kind": "task", "due_on": "never"}, ["Enter a date such as 2026-11-24"]),
        ({"kind": "todo", "date": ""}, ["Enter a date"]),
        ({"kind": "crm_activity", "activity_type": "x"}, ["Choose what it is done by"]),
        ({"kind": "crm_activity", "client_id": "unknown"}, ["Choose a client from the list"]),
        ({"kind": "crm_activity", "contact_id": "unknown"},
         ["Choose a contact from the list"]),
        ({"kind": "service_call", "assignees": []},
         ["Choose a ticket"]),
        ({"kind": "service_call", "status": "x", "ticket_id": "y", "assignees": ["z"]},
         ["Choose a status from the list"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_saved(
    browser: FlaskClient, tools: Tools, dana: Person, entered: Form, texts: list[str]
):
    answer = send(browser, "/calendar/new", {**BASE, "kind": "appointment", **entered})
    assert answer.status_code == 422
    assert errors_in(answer) == texts
    assert "<title>Error:" in answer.text
    for name in re.findall(r'<li><a href="#(\w+)">', answer.text):
        assert f'id="{name}"' in answer.text
    assert items_of(tools, dana) == []


def test_a_form_with_nothing_in_it_is_refused(browser: FlaskClient, tools: Tools, dana: Person):
    for kind in ("", *Kind):
        assert send(browser, "/calendar/new", {"kind": kind}).status_code == 422, kind
    assert items_of(tools, dana) == []


def test_ids_of_another_tenant_are_as_good_as_none(
    browser: FlaskClient, tools: Tools, dana: Person, mallory: Person
):
    client = create_client(tools, mallory.who, "Evil")
    ticket = create_ticket(tools, mallory.who, TicketFields("Secret"))
    for form in (
        {"kind": "crm_activity", "client_id": client},
        {"kind": "service_call", "ticket_id": ticket, "assignees": [dana.who.user_id]},
        {"kind": "service_call", "ticket_id": ticket, "assignees": [mallory.who.user_id]},
    ):
        answer = send(browser, "/calendar/new", {**BASE, **form})
        assert answer.status_code == 422
        assert "from the list" in errors_in(answer)[0]
        assert "Secret" not in answer.text
    assert browser.get(f"/calendar/new?ticket={ticket}").status_code == 404
    assert browser.get(f"/calendar/new?person={mallory.who.user_id}").status_code == 404
    assert items_of(tools, dana) == []


def test_a_member_cannot_put_things_on_a_colleagues_calendar(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person
):
    assert add(browser, assignees=[sam.who.user_id]).status_code == 303
    assert only(tools, dana).assignees == (dana.who.user_id,)


def test_a_dispatcher_adds_to_the_calendar_they_are_looking_at(
    logged_in: LogIn, tools: Tools, dana: Person, sam: Person
):
    browser = logged_in(sam)
    page = browser.get(f"/calendar/new?person={dana.who.user_id}").text
    assert re.search(rf'checked id="assignees-."[^>]*value="{dana.who.user_id}"', page)
    answer = add(browser, assignees=[dana.who.user_id])
    assert answer.location.endswith(f"?person={dana.who.user_id}")
    assert only(tools, dana).assignees == (dana.who.user_id,)


def test_of_somebodys_private_item_a_dispatcher_sees_only_that_they_are_busy(
    logged_in: LogIn, tools: Tools, dana: Person, sam: Person
):
    item_id = make(tools, dana, subject="Dentist", is_private=True, location="High Street")
    browser = logged_in(sam)
    page = browser.get(f"/calendar/item/{item_id}")
    assert page.status_code == 200
    assert "Busy" in page.text
    assert "10:00 to 11:00" in page.text
    for word in ("Dentist", "High Street", "History", "Edit"):
        assert word not in page.text
    for way in ("edit", "move", "delete"):
        assert browser.get(f"/calendar/item/{item_id}/{way}").status_code == 403
        assert send(browser, f"/calendar/item/{item_id}/{way}", BASE).status_code == 403


def test_whoever_was_slower_sees_both_and_decides(
    browser: FlaskClient, logged_in: LogIn, tools: Tools, dana: Person, sam: Person
):
    item_id = make(tools, dana)
    url = f"/calendar/item/{item_id}/edit"
    theirs = {**BASE, "subject": "Sam's words", "version": "1",
              "assignees": [dana.who.user_id]}  # fmt: skip
    assert send(logged_in(sam), url, theirs).status_code == 303
    mine = {**BASE, "subject": "Dana's words", "version": "1"}
    answer = send(browser, url, mine)
    assert answer.status_code == 409
    assert "Changed by Sam Okafor" in answer.text
    assert "Sam&#39;s words" in answer.text
    assert 'value="Dana&#39;s words"' in answer.text
    assert 'name="version" type="hidden" value="2"' in answer.text
    assert stored(tools, dana, item_id).fields.subject == "Sam's words"
    assert send(browser, url, {**mine, "version": "2"}).status_code == 303


@pytest.mark.parametrize("version", ["7", "", "x", "-1", "9" * 50])
def test_nothing_is_changed_or_deleted_by_a_form_of_another_version(
    browser: FlaskClient, tools: Tools, dana: Person, version: str
):
    item_id = make(tools, dana)
    for way in ("edit", "delete"):
        form = {**BASE, "version": version}
        assert send(browser, f"/calendar/item/{item_id}/{way}", form).status_code == 409, way
    assert stored(tools, dana, item_id).version == 1


def test_the_history_says_who_changed_what(browser: FlaskClient, tools: Tools, dana: Person):
    item_id = make(tools, dana)
    form = {**BASE, "subject": "Retro", "version": "1", "location": "Room 4"}
    send(browser, f"/calendar/item/{item_id}/edit", form)
    page = re.sub(r"\s+", " ", re.sub("<.*?>", "", browser.get(f"/calendar/item/{item_id}").text))
    assert "Changed by Dana Reyes, 2 Mar 2026, 09:00" in page
    assert "Subject: Stand-up → Retro" in page
    assert "Location: None → Room 4" in page
    assert "Reminder: None → 15 minutes before" in page
    assert "Added by Dana Reyes" in page


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7 * 7 }}%(x)s'


def test_hostile_words_are_shown_as_words(browser: FlaskClient, tools: Tools, dana: Person):
    texts = dict.fromkeys(("subject", "description", "location"), HOSTILE)
    assert add(browser, **texts).status_code == 303
    item_id = only(tools, dana).id
    url = f"/calendar/item/{item_id}"
    pages = [browser.get(url + way).text for way in ("", "/edit", "/move", "/delete")]
    send(browser, f"{url}/edit", {**BASE, "version": "1", "subject": HOSTILE + "2"})
    pages.append(browser.get(url).text)
    send(browser, f"{url}/delete", {"version": "2"})
    pages.append(browser.get("/calendar/bin").text)
    for page in pages:
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "<img" not in page


@pytest.mark.parametrize("key", ["x", "2026-03-04T10:00", "9999-99-99", "0001-01-01"])
def test_an_occurrence_that_is_not_there_is_nothing(
    browser: FlaskClient, tools: Tools, dana: Person, key: str
):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU")
    for way in ("", "/edit", "/move", "/delete"):
        url = f"/calendar/item/{item_id}{way}"
        assert browser.get(url, query_string={"key": key}).status_code == 404
        if way:
            form = {**BASE, "key": key, "version": "1", "scope": "this"}
            assert send(browser, url, form).status_code == 404


def test_which_of_many_has_to_be_said(browser: FlaskClient, tools: Tools, dana: Person):
    item_id = make(tools, dana, rule="FREQ=WEEKLY;BYDAY=TU")
    for way in ("edit", "move", "delete"):
        url = f"/calendar/item/{item_id}/{way}?key=2026-03-10T10:00"
        form = {**BASE, "version": "1", "scope": "x", "zone": LONDON}
        answer = send(browser, url, form)
        assert answer.status_code == 422
        assert errors_in(answer) == ["Choose which ones"]


@pytest.mark.parametrize(
    ("entered", "text"),
    [
        ({"date": ""}, "Enter a date"),
        (
            {"date": "2026-03-29", "time": "01:30"},
            (
                "The clocks go forward then: 01:30 does not exist on 29 March 2026. "
                "Choose another time."
            ),
        ),
        (
            {"date": "2026-10-25", "time": "01:30"},
            "The clocks go back then: 01:30 comes twice on 25 October 2026. Choose which one.",
        ),
        ({"date": "2026-03-03", "end_time": "09:00"},
         "Choose an end that is not before the start"),
        ({"date": "2026-03-03", "end_date": "2199-01-01"},
         "Choose an end that is at most a year after the start"),
    ],
)  # fmt: skip
def test_a_move_that_cannot_be_is_asked_again(
    browser: FlaskClient, tools: Tools, dana: Person, entered: Form, text: str
):
    item_id = make(tools, dana)
    answer = send(browser, f"/calendar/item/{item_id}/move", entered)
    assert answer.status_code == 422
    assert errors_in(answer) == [text]
    assert stored(tools, dana, item_id).version == 1


def test_another_kind_is_chosen_without_losing_what_was_typed(browser: FlaskClient):
    typed = {**BASE, "kind": "task", "subject": "Kept", "project": "Also kept"}
    page = send(browser, "/calendar/new", {**typed, "step": "kind"}).text
    assert 'value="Also kept"' in page
    page = send(browser, "/calendar/new", {**typed, "kind": "todo", "step": "kind"}).text
    assert '<input type="hidden" name="project" value="Also kept">' in page
    assert 'value="Kept"' in page
    assert "error-summary" not in page


def test_the_form_begins_with_what_the_address_says(browser: FlaskClient):
    page = browser.get("/calendar/new?kind=service_call&date=2026-11-26&time=23:30").text
    for field in ('name="date" type="date" value="2026-11-26"',
                  'name="time" type="time" value="23:30"',
                  'name="end_date" type="date" value="2026-11-27"',
                  'name="end_time" type="time" value="00:30"'):  # fmt: skip
        assert field in page
    for nonsense in ("kind=x&date=x&time=x", "date=9999-12-31&time=23:30", "time=10:00%2B01:00"):
        assert browser.get(f"/calendar/new?{nonsense}").status_code == 200


def test_what_was_deleted_can_be_restored_for_thirty_days(
    browser: FlaskClient, tools: Tools, dana: Person
):
    item_id = make(tools, dana)
    delete_item(tools, dana.who, item_id)
    assert "Stand-up" in browser.get("/calendar/bin").text
    assert [view.id for view in list_deleted(tools, dana.who)] == [item_id]
    assert send(browser, f"/calendar/item/{item_id}/restore", {}).status_code == 303
    assert "The bin is empty" in browser.get("/calendar/bin").text
    assert send(browser, f"/calendar/item/{item_id}/restore", {}).status_code == 404


def test_what_has_no_date_is_listed_until_it_is_done(
    tools: Tools, dana: Person, sam: Person, logged_in: Callable[[Person], FlaskClient]
):
    browser = logged_in(dana)
    assert "Everything has a date" in browser.get("/calendar/undated").text
    item_id = create_item(tools, dana.who, ItemFields(Kind.TODO, "Order toner"))
    create_item(tools, sam.who, ItemFields(Kind.TODO, "Of Sam's alone"))
    page = browser.get("/calendar/undated").text
    assert "Order toner" in page
    assert "Of Sam" not in page
    done = ItemFields(Kind.TODO, "Order toner", status=ItemStatus.DONE)
    change_item(tools, dana.who, item_id, done)
    assert "Order toner" not in browser.get("/calendar/undated").text


def test_a_ticket_that_is_not_in_the_list_is_found_by_its_title(
    browser: FlaskClient,
    tools: Tools,
    dana: Person,
    ticket_id: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """Costs two tickets: the list is made to be cut at the second."""
    page = browser.get("/calendar/new?kind=service_call").text
    assert "Find a ticket" not in page, "Where the list has all of them, one need not look."
    create_ticket(tools, dana.who, TicketFields("Newer"))
    monkeypatch.setattr("calsync.web.item_choices.MOST_LISTED", 2)
    page = browser.get("/calendar/new?kind=service_call").text
    assert "Find a ticket" in page
    form = {"find_ticket": "printer", "sought": "", "ticket_id": "", "site": "Cellar"}
    answer = add(browser, "service_call", **form)
    assert answer.status_code == 200, "Who presses Enter in this field wants to find."
    assert ("T-1001 Printer on fire" in answer.text, "Newer" in answer.text) == (True, False)
    assert 'value="Cellar"' in answer.text
    found = {**form, "sought": "printer", "ticket_id": ticket_id, "assignees": [dana.who.user_id]}
    assert add(browser, "service_call", **found).status_code == 303
    assert only(tools, dana).fields.ticket_id == ticket_id
