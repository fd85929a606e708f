"""What people notice of export, feeds and import."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.services.clients import create_client
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from tests.browsing import LogIn, form_token, post
from tests.cast import Person

NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'
FILE = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "UID:1@example",
        "DTSTART:20260303T090000Z",
        f"SUMMARY:{HOSTILE}",
        "END:VEVENT",
        "BEGIN:VEVENT",
        f"SUMMARY:No start {HOSTILE}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def send(browser: FlaskClient, content: bytes) -> TestResponse:
    head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    token = head.format("csrf_token", "") + form_token(browser)
    upload = head.format("file", '; filename="x.ics"').encode() + content
    body = b"--x\r\n" + token.encode() + b"\r\n--x\r\n" + upload + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    return browser.post("/calendar/import", data=body, content_type=kind)


def test_ones_own_calendar_is_handed_out_from_day_to_day(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person
):
    for person, subject in ((dana, "Dentist"), (sam, "Secret")):
        times = Timed(NINE, NINE + timedelta(hours=1), "Europe/London")
        fields = ItemFields(Kind.APPOINTMENT, subject, times, "Europe/London")
        create_item(tools, person.who, fields)
    answer = browser.get("/calendar/export.ics?from=2026-03-03&to=2026-03-03")
    assert answer.mimetype == "text/calendar"
    assert "SUMMARY:Dentist" in answer.text
    assert "Secret" not in answer.text
    empty = browser.get("/calendar/export.ics?from=2026-03-04&to=2026-03-05")
    assert "BEGIN:VEVENT" not in empty.text


@pytest.mark.parametrize("query", ["", "from=x&to=y", "from=2026-03-05&to=2026-03-01"])
def test_days_that_cannot_be_are_refused(browser: FlaskClient, query: str):
    answer = browser.get(f"/calendar/export.ics?{query}")
    assert answer.status_code == 422
    assert "Choose two days" in answer.text


def test_a_feed_is_shown_once_read_by_anybody_and_revoked(
    browser: FlaskClient, client: FlaskClient
):
    assert post(browser, "/calendar/feeds", {"name": ""}).status_code == 422
    assert post(browser, "/calendar/feeds", {"name": "Phone"}).status_code == 303
    page = browser.get("/calendar/files").text
    found = re.search(r"/feeds/[\w-]{43}\.ics", page)
    assert found
    assert found.group() not in browser.get("/calendar/files").text
    assert client.get(found.group()).mimetype == "text/calendar"
    revoke = re.search(r"/calendar/feeds/\w+/revoke", page)
    assert revoke
    assert post(browser, revoke.group()).status_code == 303
    assert client.get(found.group()).status_code == 404
    assert post(browser, revoke.group()).status_code == 404


def test_a_file_is_shown_first_and_added_when_confirmed(browser: FlaskClient):
    page = send(browser, FILE.encode()).text
    assert "1 item to add" in page
    assert "Line 7: it has no start" in page
    assert "<script>alert" not in page
    text = re.search(r'name="text" value="([^"]*)"', page)
    assert text
    answer = post(browser, "/calendar/import/confirm", {"text": unescape(text.group(1))})
    assert answer.status_code == 303
    again = send(browser, FILE.encode()).text
    assert "1 item is there already" in again
    assert "Add to My Calendar" not in again


def test_what_a_file_names_and_nobody_here_knows_is_shown_and_kept_as_text(
    browser: FlaskClient,
    logged_in: LogIn,
    tools: Tools,
    dana: Person,
    sam: Person,
    mallory: Person,
):
    client = create_client(tools, sam.who, "Contoso")
    ticket = create_ticket(tools, dana.who, TicketFields("Printer", client_id=client))
    times = Timed(NINE, NINE + timedelta(hours=1), "Europe/London")
    call = ItemFields(Kind.SERVICE_CALL, times=times, ticket_id=ticket, site="Door 2")
    create_item(tools, dana.who, call)
    create_item(tools, dana.who, ItemFields(Kind.TODO, "Buy cable"))
    content = browser.get("/calendar/export.ics?from=2026-03-03&to=2026-03-03").data
    stranger = logged_in(mallory)
    page = send(stranger, content).text
    assert "2 items to add" in page
    assert "Not scheduled" in page
    text = re.search(r'name="text" value="([^"]*)"', page)
    assert text
    post(stranger, "/calendar/import/confirm", {"text": unescape(text.group(1))})
    own = stranger.get("/calendar/export.ics?from=2026-03-03&to=2026-03-03").text
    assert "SUMMARY:T-1001 Printer (Contoso)" in own
    assert r"DESCRIPTION:Ticket: T-1001 Printer\nClient: Contoso\nSite: Door 2" in own
    assert "X-CALSYNC-TICKET" not in own


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "Choose a file"),
        (b"%PDF-1.7", 422, "That is not a calendar file"),
        (b"BEGIN:VCALENDAR\n\xff", 422, "not written in UTF-8"),
        (b"BEGIN:VCALENDAR\n" + b"x" * 2_100_000, 422, "larger than 2 MB"),
        (b"BEGIN:VCALENDAR\n" + b"x" * 20_000_000, 413, "larger than 2 MB"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 100_000, 422, "more than 1000 entries"),
    ],
    ids=["nothing", "pdf", "latin", "large", "huge", "many"],
)
def test_files_that_are_not_read_are_refused_in_words(
    browser: FlaskClient, content: bytes, status: int, words: str
):
    answer = send(browser, content)
    assert answer.status_code == status
    assert words in answer.text
