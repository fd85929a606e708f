"""The owner of a mailbox works in it by forms; applications see what came of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.sandbox.callers import Caller, Hook
from tests.sandbox.forms import read_fields
from tests.sandbox_server import RunningSandbox

LONDON = ZoneInfo("Europe/London")


class Owner:
    """Dana in front of her Google mailbox."""

    def __init__(self, client: FlaskClient, sandbox: RunningSandbox) -> None:
        self.client = client
        self.base = "/mailboxes/dana@google.example"
        self.calendars = sandbox.calendars()
        self.today = datetime.now(LONDON).date()

    def open(self, path: str = "", **query: str) -> str:
        response = self.client.get(self.base + path, query_string=query)
        assert response.status_code == 200
        return response.text

    def send(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(self.base + path, data=fields)

    def form(self, **changes: str) -> dict[str, str]:
        """Return the fields of an event tomorrow from nine to ten, unless changed."""
        day = (self.today + timedelta(days=1)).isoformat()
        return {
            "summary": "Lunch",
            "calendar": self.calendars["Work"],
            "start_day": day,
            "start_time": "09:00",
            "end_day": day,
            "end_time": "10:00",
            "zone": "Europe/London",
            **changes,
        }

    def make(self, **changes: str) -> TestResponse:
        response = self.send("/events/new", **self.form(**changes))
        assert response.status_code == 303, response.text
        return response

    def edit(self, uid: str, **fields: str) -> str:
        """Save the edit form and return the uid of the event that is shown then."""
        response = self.send(f"/events/{uid}/edit", **fields)
        assert response.status_code == 303, response.text
        return urlsplit(response.headers["Location"]).path.rpartition("/")[2]

    def read_form(self, uid: str) -> dict[str, str]:
        """Return the fields of the edit form as a browser would send them."""
        return read_fields(self.open(f"/events/{uid}/edit"))


@pytest.fixture
def owner(sandbox: RunningSandbox) -> Iterator[Owner]:
    with sandbox.app.test_client() as client:
        yield Owner(client, sandbox)


def find(dana: Caller, summary: str, **params: Any) -> dict[str, Any]:
    """Return the only event with this summary that the application sees."""
    found = [event for event in dana.read(**params) if event["summary"] == summary]
    assert len(found) == 1, found
    return found[0]


def test_the_start_page_lists_every_mailbox(owner: Owner) -> None:
    page = owner.client.get("/").text

    assert "<strong>Sandbox</strong>" in page
    for service in ("google", "office365", "exchange", "outlook", "icloud"):
        assert f"dana@{service}.example" in page


def test_an_unknown_mailbox_is_a_page_that_says_so(owner: Owner) -> None:
    for path in ("/mailboxes/nobody@google.example", "/mailboxes/x/events/new", "/mailboxes/%00"):
        response = owner.client.get(path)
        assert response.status_code == 404
        assert "<h1>Nothing is here</h1>" in response.text


def test_the_month_shows_events_in_the_grid_and_in_the_agenda(owner: Owner) -> None:
    owner.make(summary="Rare bird")

    tomorrow = owner.today + timedelta(days=1)
    page = owner.open(month=tomorrow.strftime("%Y-%m"))

    assert page.count("Rare bird") == 2
    assert "09:00 to 10:00" in page
    assert "Times are in Europe/London." in page


@pytest.mark.parametrize(
    "month", ["", "2026", "2026-13", "0000-01", "9999-12", "<b>", "202\u0666-01"]
)
def test_a_month_that_is_none_is_the_present_one(owner: Owner, month: str) -> None:
    assert f"<h2>{owner.today:%B %Y}</h2>" in owner.open(month=month)


def test_the_calendar_filter_hides_the_others(owner: Owner) -> None:
    owner.make(summary="Rare bird")
    month = (owner.today + timedelta(days=1)).strftime("%Y-%m")

    assert "Rare bird" in owner.open(month=month, calendar=owner.calendars["Work"])
    assert "Rare bird" not in owner.open(month=month, calendar=owner.calendars["Personal"])
    assert "Rare bird" not in owner.open(month=month, calendar="cal_unknown")


def test_a_new_event_reaches_the_application_with_its_own_zone(
    owner: Owner, dana: Caller, hook: Hook
) -> None:
    dana.call("POST", "/channels", json={"callback_url": hook.url})
    hook.wait_for("verification")

    owner.make(
        zone="America/New_York",
        location="Room 5",
        description="Bring\r\nforks",
        private="1",
        guests="kim@firm.example",
    )

    event = find(dana, "Lunch", localized_times="true")
    hook.wait_for("verification", "change")
    assert event["start"]["tzid"] == "America/New_York"
    assert event["start"]["time"][11:16] == "09:00"
    assert event["location"] == {"description": "Room 5"}
    assert event["description"] == "Bring\nforks"
    assert event["event_private"] is True
    assert [each["email"] for each in event["attendees"]] == ["kim@firm.example"]


def test_an_event_for_all_day_ends_on_the_day_that_was_typed(owner: Owner, dana: Caller) -> None:
    first = owner.today + timedelta(days=1)
    last = first + timedelta(days=1)

    owner.make(all_day="1", start_day=str(first), end_day=str(last))

    event = find(dana, "Lunch")
    assert (event["start"], event["end"]) == (str(first), str(last + timedelta(days=1)))
    form = owner.read_form(event["event_uid"])
    assert (form["start_day"], form["end_day"]) == (str(first), str(last))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"repeats": "daily", "count": "3"}, 3),
        ({"repeats": "weekly", "count": "4"}, 4),
        ({"repeats": "monthly", "count": "2"}, 2),
    ],
)
def test_a_repeating_event_arrives_as_single_instances(
    owner: Owner, dana: Caller, fields: dict[str, str], expected: int
) -> None:
    owner.make(**fields)

    events = [event for event in dana.read() if event["summary"] == "Lunch"]

    assert len(events) == expected
    assert len({event["series_identifier"] for event in events}) == 1
    local = [datetime.fromisoformat(event["start"]).astimezone(LONDON) for event in events]
    assert {f"{start:%H:%M}" for start in local} == {"09:00"}


def test_the_last_day_of_a_repetition_counts(owner: Owner, dana: Caller) -> None:
    last = owner.today + timedelta(days=4)

    owner.make(repeats="daily", until=str(last), start_time="23:00", end_time="23:30")

    starts = [event["start"] for event in dana.read() if event["summary"] == "Lunch"]
    assert len(starts) == 4
    assert datetime.fromisoformat(starts[-1]).astimezone(LONDON).date() == last


def test_saving_a_form_untouched_changes_nothing(owner: Owner, dana: Caller) -> None:
    owner.make(location="Room 5", guests="kim@firm.example", zone="Asia/Kathmandu")
    before = find(dana, "Lunch")

    owner.edit(before["event_uid"], **owner.read_form(before["event_uid"]))

    assert find(dana, "Lunch") == before


def test_an_edit_changes_what_was_typed_and_nothing_else(owner: Owner, dana: Caller) -> None:
    owner.make(location="Room 5")
    before = find(dana, "Lunch")
    form = owner.read_form(before["event_uid"])

    owner.edit(before["event_uid"], **{**form, "summary": "Supper", "start_time": "08:30"})

    after = find(dana, "Supper")
    start = datetime.fromisoformat(after["start"]).astimezone(LONDON)
    assert after["event_uid"] == before["event_uid"]
    assert f"{start:%H:%M}" == "08:30"
    assert after["end"] == before["end"]
    assert after["location"] == before["location"]


def test_a_managed_event_stays_the_applications_and_is_marked(owner: Owner, dana: Caller) -> None:
    dana.upsert("item-1", summary="Service call")
    event = find(dana, "Service call", include_managed="true")
    uid = event["event_uid"]
    page = owner.open(f"/events/{uid}")
    assert "From calsync" in page
    assert "item-1" in page

    owner.edit(uid, **{**owner.read_form(uid), "summary": "Moved by me"})

    assert find(dana, "Moved by me", include_managed="true")["event_id"] == "item-1"


def test_moving_to_another_calendar_makes_an_event_there(owner: Owner, dana: Caller) -> None:
    owner.make()
    old = find(dana, "Lunch")["event_uid"]

    form = {**owner.read_form(old), "calendar": owner.calendars["Personal"]}
    new = owner.edit(old, **form)

    assert new != old
    assert "Lunch" not in dana.summaries()
    moved = find(dana, "Lunch", **{"calendar_ids[]": [owner.calendars["Personal"]]})
    assert moved["event_uid"] == new


def make_series(owner: Owner, dana: Caller) -> list[dict[str, Any]]:
    owner.make(repeats="weekly", count="3")
    return [event for event in dana.read() if event["summary"] == "Lunch"]


def test_one_instance_can_change_alone(owner: Owner, dana: Caller) -> None:
    series = make_series(owner, dana)
    uid = series[1]["event_uid"]

    owner.edit(uid, **{**owner.read_form(uid), "summary": "Supper", "scope": "one"})

    names = [event["summary"] for event in dana.read() if event["recurring"]]
    assert sorted(name for name in names if name in {"Lunch", "Supper"}) == [
        "Lunch",
        "Lunch",
        "Supper",
    ]


def test_a_whole_series_moves_by_what_one_of_it_moves(owner: Owner, dana: Caller) -> None:
    series = make_series(owner, dana)
    uid = series[1]["event_uid"]
    form = owner.read_form(uid)
    later = datetime.fromisoformat(form["start_day"]).date() + timedelta(days=1)
    form |= {"start_day": str(later), "end_day": str(later)}

    owner.edit(uid, **{**form, "start_time": "11:00", "end_time": "11:30", "scope": "all"})

    def days(events: list[dict[str, Any]]) -> list[datetime]:
        return [datetime.fromisoformat(event["start"]).astimezone(LONDON) for event in events]

    moved = days([event for event in dana.read() if event["summary"] == "Lunch"])
    assert [start.date() - timedelta(days=1) for start in moved] == [
        start.date() for start in days(series)
    ]
    assert {f"{start:%H:%M}" for start in moved} == {"11:00"}


def test_a_whole_series_moves_to_another_calendar(owner: Owner, dana: Caller) -> None:
    uid = make_series(owner, dana)[0]["event_uid"]
    personal = owner.calendars["Personal"]

    owner.edit(uid, **{**owner.read_form(uid), "calendar": personal, "scope": "all"})

    assert "Lunch" not in dana.summaries()
    assert dana.summaries(**{"calendar_ids[]": [personal]}).count("Lunch") == 3


@pytest.mark.parametrize(("scope", "left"), [("one", 2), ("all", 0)])
def test_one_instance_or_the_whole_series_is_deleted(
    owner: Owner, dana: Caller, scope: str, left: int
) -> None:
    uid = make_series(owner, dana)[0]["event_uid"]

    response = owner.send(f"/events/{uid}/delete", scope=scope)

    assert response.status_code == 303
    assert dana.summaries().count("Lunch") == left
    assert owner.client.get(f"{owner.base}/events/{uid}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"start_day": ""}, "Enter the day on which the event starts"),
        ({"end_time": "08:00"}, "The event must end after it starts"),
        ({"calendar": "cal_of_sam"}, "Choose a calendar from the list"),
        ({"zone": "Mars"}, "Choose a time zone from the list"),
        ({"guests": "kim"}, "Enter one e-mail address a line"),
        ({"repeats": "daily"}, "Enter how many times the event happens"),
    ],
)
def test_a_refused_form_says_what_to_do_and_keeps_what_was_typed(
    owner: Owner, fields: dict[str, str], complaint: str
) -> None:
    response = owner.send("/events/new", **owner.form(location="Room 5", **fields))

    assert response.status_code == 422
    assert "<title>Error: " in response.text
    assert response.text.count(complaint) == 2
    assert 'value="Room 5"' in response.text
    assert 'aria-invalid="true"' in response.text


def test_an_empty_form_and_a_nonsense_day_are_no_server_errors(owner: Owner) -> None:
    assert owner.send("/events/new").status_code == 422
    assert 'value="&lt;b&gt;"' in owner.open("/events/new", day="<b>")


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "\u202egnp.exe\u202c",
        "🎉👩‍👩‍👧 \u0000",
        "x" * 5000,
        "   ",
        "{{ 7 * 7 }}",
    ],
)
def test_hostile_titles_are_shown_as_text(owner: Owner, dana: Caller, title: str) -> None:
    owner.make(summary=title, description=title, location=title)

    event = next(each for each in dana.read() if each["description"] == title)
    assert event["summary"] == title
    uid = event["event_uid"]
    for path in ("", f"/events/{uid}", f"/events/{uid}/edit"):
        page = owner.open(path, month=(owner.today + timedelta(days=1)).strftime("%Y-%m"))
        assert "<script" not in page
        assert "<img" not in page
        assert "<bdi>49</bdi>" not in page


def test_what_only_a_program_can_write_breaks_no_page(
    owner: Owner, sandbox: RunningSandbox
) -> None:
    today = owner.today
    body = {
        "calendar_id": owner.calendars["Work"],
        "summary": "half a \u0000",
        "description": "\x1b[31m",
        "location": {"description": None},
        "start": str(today),
        "end": str(today + timedelta(days=20_000)),
    }
    uid = sandbox.control("POST", "/events", body)["event_uid"]

    for path in ("", f"/events/{uid}", f"/events/{uid}/edit"):
        assert "half a " in owner.open(path)
    assert "half a " in owner.open(month="2080-05")


def test_sams_events_are_not_in_danas_mailbox(owner: Owner, sandbox: RunningSandbox) -> None:
    sams = sandbox.calendars("sam@google.example")["Work"]
    body = {"calendar_id": sams, "summary": "Sam's", "start": "2030-01-01", "end": "2030-01-02"}
    uid = sandbox.control("POST", "/events", body)["event_uid"]

    assert owner.client.get(f"{owner.base}/events/{uid}").status_code == 404
    assert owner.send(f"/events/{uid}/delete").status_code == 404
    assert owner.send(f"/calendars/{sams}", switch="delete").status_code == 404
    assert owner.send("/events/new", **owner.form(calendar=sams)).status_code == 422


def test_calendars_are_deleted_restored_and_made_read_only(owner: Owner, dana: Caller) -> None:
    def state() -> tuple[bool, bool]:
        rows = dana.call("GET", "/calendars").json()["calendars"]
        row = next(each for each in rows if each["calendar_id"] == dana.calendar_id)
        return row["calendar_readonly"], row["calendar_deleted"]

    path = f"/calendars/{dana.calendar_id}"
    for switch, expected in (
        ("readonly", (True, False)),
        ("writable", (False, False)),
        ("delete", (True, True)),
        ("restore", (False, False)),
    ):
        response = owner.send(path, switch=switch)
        assert response.status_code == 303
        assert 'role="status"' in owner.client.get(response.headers["Location"]).text
        assert state() == expected


def test_events_of_a_deleted_calendar_are_gone_from_the_pages(owner: Owner, dana: Caller) -> None:
    owner.make(summary="Rare bird")
    uid = find(dana, "Rare bird")["event_uid"]

    owner.send(f"/calendars/{dana.calendar_id}", switch="delete")

    month = (owner.today + timedelta(days=1)).strftime("%Y-%m")
    assert "Rare bird" not in owner.open(month=month)
    assert owner.client.get(f"{owner.base}/events/{uid}").status_code == 404


def test_the_owner_disconnects_and_reconnects_the_mailbox(
    owner: Owner, dana: Caller, hook: Hook
) -> None:
    dana.call("POST", "/channels", json={"callback_url": hook.url})
    hook.wait_for("verification")

    owner.send("/connection", switch="disconnect")
    hook.wait_for("verification", "profile_disconnected")
    assert "Disconnected" in owner.open()
    assert "Disconnected" in owner.client.get("/").text

    owner.send("/connection", switch="reconnect")
    assert "Disconnected" not in owner.open()
    assert dana.call("GET", "/profiles").json()["profiles"][0]["profile_connected"] is True


def test_switches_that_do_not_exist_switch_nothing(owner: Owner, dana: Caller) -> None:
    before = dana.call("GET", "/userinfo").json()

    assert owner.send(f"/calendars/{dana.calendar_id}", switch="explode").status_code == 303
    assert owner.send("/connection").status_code == 303

    assert dana.call("GET", "/userinfo").json() == before
