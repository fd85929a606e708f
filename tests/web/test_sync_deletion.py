"""Deleting a sync: what is asked, what is done, and what is said of it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.core.account import Disconnection
from calsync.core.integration import Stop
from calsync.core.link import LinkState, Origin, Wish
from calsync.services.accounts import list_linked
from calsync.services.tools import Tools
from tests.browsing import LogIn, post
from tests.cast import Person
from tests.services.integrating import (
    add_item,
    add_link,
    get_link,
    get_row,
    integrate,
)
from tests.web.test_sync_listing import change, change_account

MakeLink = Callable[..., str]


@pytest.fixture
def work(tools: Tools, dana: Person, link: MakeLink) -> str:
    return integrate(tools, dana, link())


def address(integration_id: str) -> str:
    return f"/calendar-sync/{integration_id}/delete"


def read_listing(browser: FlaskClient, answer: TestResponse) -> str:
    assert (answer.status_code, answer.location) == (303, "/calendar-sync")
    return browser.get("/calendar-sync").text


def add_copies(tools: Tools, dana: Person, work: str, count: int) -> list[str]:
    return [add_link(tools, dana, work, add_item(tools, dana)) for _ in range(count)]


def test_nothing_to_keep_asks_nothing(browser: FlaskClient, tools: Tools, dana: Person, work: str):
    page = browser.get(address(work)).text
    assert "Delete the sync with Work?" in page
    assert "Syncing stops straight away. Our access to this account is removed." in page
    assert 'type="radio"' not in page
    page = read_listing(browser, post(browser, address(work)))
    assert "Sync deleted." in page
    assert "No calendar is connected yet" in page
    assert list_linked(tools, dana.who) == []


def test_the_access_stays_where_another_sync_needs_it(
    browser: FlaskClient, tools: Tools, dana: Person, link: MakeLink
):
    account_id = link()
    work, _other = (integrate(tools, dana, account_id, name) for name in ("Work", "Personal"))
    assert "Our access to this account is removed." not in browser.get(address(work)).text
    post(browser, address(work))
    assert list_linked(tools, dana.who)


def test_copies_stay_unless_asked_and_brought_in_items_always(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    links = add_copies(tools, dana, work, 4)
    brought = add_item(tools, dana)
    add_link(tools, dana, work, brought, origin=Origin.BROUGHT, is_source=True)
    page = browser.get(address(work)).text
    assert "What should happen to the 4 events we added to Work?" in page
    assert "Events you made yourself are not touched." in page
    assert "The item that came from Work stays in My Calendar." in page
    assert 'value="stay" checked' in page
    page = read_listing(browser, post(browser, address(work), {"copies": "stay", "shown": "4"}))
    assert "Sync deleted. 4 events stay in Work." in page
    assert {get_link(tools, each).wish for each in links} == {None}
    assert browser.get(f"/calendar/item/{brought}").status_code == 200


def test_copies_go_in_the_number_that_was_shown(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    [first] = add_copies(tools, dana, work, 1)
    goes = {"copies": "go", "shown": "1"}
    [second] = add_copies(tools, dana, work, 1)
    answer = post(browser, address(work), goes)
    assert answer.status_code == 422
    assert "There is another number of them by now." in answer.text
    assert "What should happen to the 2 events we added to Work?" in answer.text
    assert 'value="go" id="copies-go" checked' in answer.text
    assert "<title>Error: Delete the sync with Work?" in answer.text
    assert get_row(tools, work).deleted_at is None
    page = read_listing(browser, post(browser, address(work), {**goes, "shown": "2"}))
    assert "Sync deleted. 2 events are being removed from Work." in page
    assert {get_link(tools, each).wish for each in (first, second)} == {Wish.DELETE_COPY}


@pytest.mark.parametrize("shown", ["", "-1", "1e3", "²", "9" * 5000, "<script>"])
def test_a_number_that_is_none_deletes_nothing(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, shown: str
):
    add_copies(tools, dana, work, 2)
    answer = post(browser, address(work), {"copies": "go", "shown": shown})
    assert answer.status_code == 422
    assert get_row(tools, work).deleted_at is None


@pytest.mark.parametrize("cause", ["account", "calendar"])
def test_it_works_without_access_and_says_that_copies_stay(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, cause: str
):
    [link_id] = add_copies(tools, dana, work, 1)
    if cause == "account":
        change_account(tools, disconnection=Disconnection.ACCESS_REVOKED)
    else:
        change(tools, work, stop=Stop.CALENDAR_GONE)
    page = browser.get(address(work)).text
    assert "The event we added to Work stays there: we cannot reach the calendar" in page
    assert 'type="radio"' not in page
    # As from a page that was loaded before.
    answer = post(browser, address(work), {"copies": "go", "shown": "1"})
    assert "Sync deleted. 1 event stays in Work." in read_listing(browser, answer)
    assert get_link(tools, link_id).state is LinkState.PARKED


def test_deleting_twice_says_that_it_is_deleted(browser: FlaskClient, work: str):
    page = read_listing(browser, post(browser, address(work)))
    page = read_listing(browser, post(browser, address(work)))
    assert "This sync was deleted already." in page
    assert browser.get(address(work)).status_code == 404


def test_somebody_elses_sync_is_not_deleted(
    browser: FlaskClient, sam: Person, logged_in: LogIn, tools: Tools, work: str
):
    stranger = logged_in(sam)
    for wanted in range(2):
        assert post(stranger, address(work)).status_code == 404, wanted
        post(browser, address(work))
