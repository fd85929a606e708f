"""Where an item came from and where it is synced to, as its page and the calendar say."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from calsync.core.content import Content, Part
from calsync.core.footer import item_url
from calsync.core.item import Kind
from calsync.core.link import Declined, Link, LinkState, Origin, Seen, Side
from calsync.core.run import Result
from calsync.services.integration_end import delete_integration
from calsync.services.integrations import change_options, deactivate
from calsync.services.tools import Tools
from tests.browsing import LogIn, post
from tests.cast import PASSWORD, Person
from tests.clocks import FakeClock
from tests.services.integrating import (
    EVERYTHING,
    NINE,
    TIMES,
    add_entry,
    add_item,
    add_link,
    add_run,
    integrate,
)

CONTENT = Content("Server room", TIMES)
SEEN = Link(Origin.SENT, here=CONTENT, there=CONTENT, seen=Seen(CONTENT))
DAY = f"/calendar/day/{NINE:%Y-%m-%d}"


@pytest.fixture
def work(tools: Tools, dana: Person, link: Callable[..., str]) -> str:
    return integrate(tools, dana, link())


@pytest.fixture
def item(tools: Tools, dana: Person, work: str, clock: FakeClock) -> str:
    return add_item(tools, dana)


def read_places(browser: FlaskClient, item_id: str) -> str:
    """Return what the page says of linked calendars, as one line."""
    page = browser.get(f"/calendar/item/{item_id}").text
    part = page.partition('id="places-heading"')[2].partition("</section>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", part.partition(">")[2])).split())


def test_a_copy_says_where_it_stands_and_since_when(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, item: str, clock: FakeClock
):
    assert "Waiting to be sent to Work (Google)" in read_places(browser, item)
    link_id = add_link(tools, dana, work, item, link=SEEN)
    clock.move(timedelta(minutes=5))
    run_id = add_run(tools, dana, work)
    add_entry(tools, dana, run_id, item_id=item, link_id=link_id)
    clock.move(timedelta(minutes=5))
    late = {"item_id": item, "link_id": link_id, "result": Result.DECLINED, "reason": "past"}
    add_entry(tools, dana, run_id, **late)
    assert "Synced to Work (Google), 2 Mar 2026, 09:05" in read_places(browser, item)
    other = {"item_id": add_item(tools, dana), "title": "Another one"}
    add_entry(tools, dana, run_id, **other)
    page = browser.get(f"/calendar/item/{item}").text
    [address] = re.findall(r'href="([^"]+)" aria-label="Log for Work \(Google\)"', page)
    log = browser.get(address).text
    assert "Only one item is shown." in log
    assert "2 entries" in log
    assert "Another one" not in log


def test_an_item_from_there_says_so_on_its_page_and_in_the_calendar(
    browser: FlaskClient, tools: Tools, dana: Person, sam: Person, logged_in: LogIn, work: str
):
    item = add_item(tools, dana)
    brought = replace(SEEN, origin=Origin.BROUGHT)
    add_link(tools, dana, work, item, origin=Origin.BROUGHT, link=brought, is_source=True)
    assert "From Google, Work" in read_places(browser, item)
    page = browser.get(DAY).text
    assert 'title="From Google, Work"' in page
    assert "09:00 to 10:00. From Google, Work." in page
    # A dispatcher may look at the item, and is told nothing of whose calendars.
    dispatcher = logged_in(sam)
    for path in (f"{DAY}?person={dana.who.user_id}", f"/calendar/item/{item}"):
        page = dispatcher.get(path).text
        assert "Server room" in page
        assert "Google" not in page
    delete_integration(tools, dana.who, work)
    assert "From Google, Work" in read_places(browser, item)


def test_what_was_kept_out_is_said_with_its_reason(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, item: str
):
    declined = {Part.TITLE: Declined(Side.IN, "update_off", "Pub")}
    add_link(tools, dana, work, item, link=replace(SEEN, declined=declined))
    said = read_places(browser, item)
    assert "Subject was kept out. Changes in the linked calendar do not come in" in said
    assert "Pub" not in said


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LinkState.REMOVED_THERE, "Removed in the linked calendar; the entry here stays."),
        (LinkState.NOT_FOUND, "Not found in the linked calendar; nothing was deleted."),
        (LinkState.HELD, "Waiting for your OK."),
        (LinkState.SET_ASIDE, "Set aside after three tries"),
        (LinkState.PARKED, "Parked: nothing flows"),
        (LinkState.DELETED_HERE, "The copy was deleted; the entry here stays."),
    ],
)
def test_where_nothing_flows_it_is_said_why(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, item: str,
    state: LinkState, words: str,
):  # fmt: skip
    add_link(tools, dana, work, item, link=SEEN, state=state)
    assert f"Work (Google) {words}" in read_places(browser, item)


def test_what_is_not_sent_says_why(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, clock: FakeClock
):
    task = add_item(tools, dana, Kind.TASK, due_on=NINE.date())
    options = replace(EVERYTHING, kinds=frozenset({Kind.APPOINTMENT}))
    change_options(tools, dana.who, work, options)
    said = read_places(browser, task)
    assert "Not sent to Work (Google) Entries of this kind are not sent." in said
    deactivate(tools, dana.who, work)
    item = add_item(tools, dana)
    assert "Not sent to Work (Google) The sync is off." in read_places(browser, item)


def test_what_was_here_before_the_sync_says_how_it_is_sent(
    browser: FlaskClient, tools: Tools, dana: Person, link: Callable[..., str], clock: FakeClock
):
    item = add_item(tools, dana)
    clock.move(timedelta(minutes=1))
    integrate(tools, dana, link())
    assert "Not sent to Work (Google) It was here before the sync." in read_places(browser, item)


def test_without_a_sync_nothing_is_said_of_linked_calendars(
    browser: FlaskClient, tools: Tools, dana: Person
):
    assert "Linked calendars" not in browser.get(f"/calendar/item/{add_item(tools, dana)}").text


def test_a_private_item_tells_others_nothing(
    tools: Tools, dana: Person, sam: Person, logged_in: LogIn, work: str
):
    item = add_item(tools, dana, is_private=True)
    add_link(tools, dana, work, item, link=SEEN)
    page = logged_in(sam).get(f"/calendar/item/{item}").text
    assert "Busy" in page
    assert "Linked calendars" not in page
    assert "Google" not in page


def test_a_series_says_how_many_of_it_stand_there(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    item = add_item(tools, dana, rule="FREQ=WEEKLY;COUNT=3")
    for week in range(3):
        key = f"{NINE + timedelta(weeks=week):%Y-%m-%dT%H:%M}"
        add_link(tools, dana, work, item, link=SEEN, key=key)
    assert "Synced to Work (Google) 3 occurrences" in read_places(browser, item)
    first = f"{NINE:%Y-%m-%dT%H:%M}"
    assert "Synced to Work (Google)" in read_places(browser, f"{item}?key={first}")
    assert "occurrences" not in read_places(browser, f"{item}?key={first}")


def test_the_link_in_a_copys_footer_leads_to_the_item_after_a_login(
    client: FlaskClient, tools: Tools, dana: Person, mallory: Person, logged_in: LogIn
):
    item = add_item(tools, dana, rule="FREQ=WEEKLY;COUNT=3")
    for key in (None, f"{NINE:%Y-%m-%dT%H:%M}"):
        address = item_url("http://localhost", item, key).removeprefix("http://localhost")
        asked = client.get(address)
        assert asked.status_code == 302
        form = client.get(asked.location)
        [leads_to] = re.findall(r'name="next"[^>]* value="([^"]*)"', form.text)
        words = {"tenant": dana.tenant, "email": dana.email, "password": PASSWORD}
        answer = post(client, "/login", {**words, "next": html.unescape(leads_to)})
        assert answer.location == address
        assert "Server room" in client.get(answer.location).text
        assert "Server room" in client.get(address).text
        post(client, "/logout")
    assert logged_in(mallory).get(f"/calendar/item/{item}").status_code == 404
