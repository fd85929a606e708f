"""What people notice of tickets and their service calls."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind, Priority
from calsync.core.ticket import TicketStatus
from calsync.services.clients import create_client
from calsync.services.item_access import find_item_view
from calsync.services.items import change_item, create_item
from calsync.services.tickets import (
    TicketFields,
    change_ticket,
    create_ticket,
    get_ticket_view,
)
from calsync.services.tools import Tools, Who
from calsync.web import tickets
from tests.browsing import LogIn, form_token, post
from tests.cast import Person

HOSTILE = '<script>alert("x")</script> & {{ 7 * 7 }}'
NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)


def add_call(tools: Tools, who: Who, ticket_id: str, *assignees: str, **about: Any) -> str:
    fields = ItemFields(
        Kind.SERVICE_CALL,
        times=Timed(NINE, NINE + timedelta(hours=1), "Europe/London"),
        ticket_id=ticket_id,
        **about,
    )
    return create_item(tools, who, fields, assignees or None)


def new_form(**changes: str) -> dict[str, str]:
    return {
        "title": "Printer is dead",
        "client": "",
        "status": "new",
        "priority": "normal",
    } | changes


def assign(browser: FlaskClient, ticket_id: str, item_id: str, *people: str, version: int = 1):
    return browser.post(
        f"/tickets/{ticket_id}/calls/{item_id}/resources",
        data={"csrf_token": form_token(browser), "resource": list(people), "version": str(version)},
    )


def resources_of(tools: Tools, who: Who, item_id: str) -> set[str]:
    return set(find_item_view(tools, who, item_id).assignees)


def test_without_tickets_the_page_says_what_one_is(browser: FlaskClient):
    page = browser.get("/tickets").text
    assert "No open tickets" in page
    assert "Create a ticket" in page


def test_a_new_ticket_has_a_number_and_is_listed(browser: FlaskClient):
    answer = post(browser, "/tickets/new", new_form(priority="urgent"))
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Ticket created." in page
    assert "T-1001" in page
    listing = browser.get("/tickets").text
    assert "Printer is dead" in listing
    assert "Priority: Urgent" in listing


def test_a_new_client_is_made_with_the_ticket_and_used_again(
    logged_in: LogIn, tools: Tools, dana: Person, sam: Person
):
    browser = logged_in(sam)  # a dispatcher, as only they add clients
    first = post(browser, "/tickets/new", new_form(new_client="Northwind"))
    again = post(browser, "/tickets/new", new_form(new_client=" northwind "))
    for answer in (first, again):
        assert "Northwind" in browser.get(answer.location).text
    found = {
        get_ticket_view(tools, dana.who, answer.location.rpartition("/")[2]).ticket.client_id
        for answer in (first, again)
    }
    assert len(found) == 1


def test_a_new_client_that_cannot_be_is_said_at_its_field(logged_in: LogIn, sam: Person):
    answer = post(logged_in(sam), "/tickets/new", new_form(new_client="x" * 201))
    assert answer.status_code == 422
    assert "Use at most 200 characters" in answer.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": " "}, "Enter a title"),
        ({"title": "x" * 501}, "Use at most 500 characters"),
        ({"client": "0000000000000000"}, "Choose a client from the list"),
        ({"status": "lost"}, "Choose a status from the list"),
        ({"priority": "panic"}, "Choose a priority from the list"),
    ],
)
def test_what_cannot_be_a_ticket_is_said_at_its_field(
    browser: FlaskClient, change: dict[str, str], words: str
):
    answer = post(browser, "/tickets/new", new_form(**change))
    assert answer.status_code == 422
    assert answer.text.count(words) == 2  # in the summary and at the field
    assert "No open tickets" in browser.get("/tickets").text


def test_tickets_are_found_by_words_by_number_and_when_done(
    browser: FlaskClient, tools: Tools, dana: Person
):
    create_ticket(tools, dana.who, TicketFields("Replace 50% of switches"))
    create_ticket(tools, dana.who, TicketFields("Old fax", status=TicketStatus.DONE))

    def found(query: str) -> tuple[bool, bool]:
        page = browser.get(f"/tickets?{query}").text
        return "Replace 50%" in page, "Old fax" in page

    assert found("") == (True, False)
    assert found("done=1") == (True, True)
    assert found("q=SWITCHES") == (True, False)
    assert found("q=50%25") == (True, False)
    assert found("q=T-1001") == found("q=1001") == (True, False)
    assert found("q=fax") == (False, False)
    assert found("q=fax&done=1") == (False, True)
    assert "No tickets match" in browser.get("/tickets?q=" + "9" * 400).text


def test_editing_a_ticket_renames_its_calls(browser: FlaskClient, tools: Tools, dana: Person):
    ticket_id = create_ticket(tools, dana.who, TicketFields("Old title"))
    call = add_call(tools, dana.who, ticket_id)
    page = browser.get(f"/tickets/{ticket_id}/edit").text
    assert 'value="Old title"' in page
    form = new_form(title="New title", status="waiting", version="1")
    assert post(browser, f"/tickets/{ticket_id}/edit", form).status_code == 303
    assert "Waiting" in browser.get(f"/tickets/{ticket_id}").text
    assert find_item_view(tools, dana.who, call).fields.subject == "T-1001 New title"


def test_an_edit_of_an_older_version_is_held_and_can_be_sent_again(
    browser: FlaskClient, tools: Tools, dana: Person
):
    ticket_id = create_ticket(tools, dana.who, TicketFields("Mine"))
    change_ticket(tools, dana.who, ticket_id, TicketFields("Theirs"))
    answer = post(browser, f"/tickets/{ticket_id}/edit", new_form(title="Mine 2", version="1"))
    assert answer.status_code == 422
    assert "Somebody changed this ticket meanwhile" in answer.text
    assert get_ticket_view(tools, dana.who, ticket_id).ticket.title == "Theirs"
    assert re.search(r'name="version"[^>]* value="2"', answer.text)
    again = post(browser, f"/tickets/{ticket_id}/edit", new_form(title="Mine 2", version="2"))
    assert again.status_code == 303


def test_a_call_is_given_to_others_in_place(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person
):
    ticket_id = create_ticket(tools, dana.who, TicketFields("Visit"))
    call = add_call(tools, dana.who, ticket_id)
    page = browser.get(f"/tickets/{ticket_id}").text
    assert "Tue 3 Mar 2026, 09:00 to 10:00" in page
    assert f'/calendar/new?kind=service_call&amp;ticket={ticket_id}"' in page
    answer = assign(browser, ticket_id, call, dana.who.user_id, sam.who.user_id)
    assert answer.status_code == 303
    assert resources_of(tools, dana.who, call) == {dana.who.user_id, sam.who.user_id}
    assert assign(browser, ticket_id, call, sam.who.user_id, version=2).status_code == 303
    assert resources_of(tools, sam.who, call) == {sam.who.user_id}
    # It is not Dana's any more: she reads it, and the dispatcher decides.
    page = browser.get(f"/tickets/{ticket_id}").text
    assert "Sam Okafor" in page
    assert "Change resources" not in page
    assert assign(browser, ticket_id, call, dana.who.user_id, version=3).status_code == 403


def test_giving_a_call_to_others_does_not_undo_what_was_changed_meanwhile(
    browser: FlaskClient,
    tools: Tools,
    dana: Person,
    sam: Person,
    monkeypatch: pytest.MonkeyPatch,
):
    ticket_id = create_ticket(tools, dana.who, TicketFields("Visit"))
    call = add_call(tools, dana.who, ticket_id)

    def meanwhile(*args: Any, **options: Any) -> str:
        monkeypatch.undo()
        fields = find_item_view(tools, dana.who, call).fields
        change_item(tools, sam.who, call, replace(fields, location="Cellar"))
        return change_item(*args, **options)

    monkeypatch.setattr(tickets, "change_item", meanwhile)
    where = f"/tickets/{ticket_id}/calls/{call}/resources"
    assert post(browser, where, {"resource": sam.who.user_id}).status_code == 422
    assert find_item_view(tools, dana.who, call).fields.location == "Cellar"


@pytest.mark.parametrize(
    ("people", "version", "words"),
    [
        ([], 1, "Choose at least one person"),
        (["0000000000000000"], 1, "Choose people from the list"),
        (["mallory"], 1, "Choose people from the list"),
        (["sam"], 7, "Somebody changed this service call meanwhile"),
    ],
)
def test_resources_that_cannot_be_are_refused_at_the_call(
    browser: FlaskClient,
    tools: Tools,
    cast: dict[str, Person],
    people: list[str],
    version: int,
    words: str,
):
    dana = cast["dana"]
    ticket_id = create_ticket(tools, dana.who, TicketFields("Visit"))
    call = add_call(tools, dana.who, ticket_id)
    ids = [cast[each].who.user_id if each in cast else each for each in people]
    answer = assign(browser, ticket_id, call, *ids, version=version)
    assert answer.status_code == 422
    assert answer.text.count(words) == 2
    assert resources_of(tools, dana.who, call) == {dana.who.user_id}


def test_a_call_belongs_to_its_own_ticket(browser: FlaskClient, tools: Tools, dana: Person):
    mine = create_ticket(tools, dana.who, TicketFields("Mine"))
    other = create_ticket(tools, dana.who, TicketFields("Other"))
    call = add_call(tools, dana.who, mine)
    assert assign(browser, other, call, dana.who.user_id).status_code == 404


def test_a_private_call_of_somebody_else_is_not_shown(
    logged_in: LogIn, tools: Tools, dana: Person, sam: Person
):
    ticket_id = create_ticket(tools, dana.who, TicketFields("Visit"))
    add_call(tools, dana.who, ticket_id, location="Secret lab", is_private=True)
    page = logged_in(sam).get(f"/tickets/{ticket_id}").text
    assert "No service calls yet." in page
    assert "Secret lab" not in page
    assert "Change resources" not in page


def check_escaped(answer: TestResponse) -> None:
    assert answer.status_code in (200, 422)
    assert "<script>alert" not in answer.text
    assert "{{ 7 * 7 }}" in answer.text
    assert "&lt;script&gt;" in answer.text


def test_hostile_titles_are_only_texts(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person
):
    client_id = create_client(tools, sam.who, HOSTILE)
    fields = TicketFields(HOSTILE, client_id, priority=Priority.HIGH)
    ticket_id = create_ticket(tools, dana.who, fields)
    add_call(tools, dana.who, ticket_id, location=HOSTILE)
    for path in ("/tickets", f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/edit"):
        check_escaped(browser.get(path))
    check_escaped(browser.get("/tickets", query_string={"q": HOSTILE}))
    check_escaped(post(browser, "/tickets/new", new_form(title=HOSTILE, status="?")))


def test_tickets_of_another_tenant_are_not_there(
    logged_in: LogIn, tools: Tools, dana: Person, mallory: Person
):
    ticket_id = create_ticket(tools, dana.who, TicketFields("Visit"))
    call = add_call(tools, dana.who, ticket_id)
    stranger = logged_in(mallory)
    for path in (f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/edit"):
        assert stranger.get(path).status_code == 404
    assert post(stranger, f"/tickets/{ticket_id}/edit", new_form()).status_code == 404
    assert assign(stranger, ticket_id, call, mallory.who.user_id).status_code == 404
    assert "Visit" not in stranger.get("/tickets?done=1").text
