"""The page of a sync: asking for one, following it, cancelling it, and what came of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from calsync.core.integration import Stop
from calsync.core.link import Side
from calsync.core.run import CANCELLED, Result, RunState, Trigger
from calsync.db import due_rows
from calsync.db.models import DueKind, Integration, Run
from calsync.services.accounts import disconnect
from calsync.services.integrations import activate, deactivate
from calsync.services.items import delete_item
from calsync.services.runs import get_run, list_runs
from calsync.services.tools import Tools
from tests.browsing import HTMX, post
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.integrating import add_entry, add_item, add_run, integrate
from tests.web.test_calendar_sync import HOSTILE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def integration_id(tools: Tools, dana: Person, link: Callable[..., str]) -> str:
    return integrate(tools, dana, link())


@pytest.fixture
def make_run(tools: Tools, dana: Person, integration_id: str) -> Callable[..., str]:
    """Return a function that records a run and returns the address of its page."""

    def make(**values: Any) -> str:
        values.setdefault("trigger", Trigger.MANUAL)
        run_id = add_run(tools, dana, integration_id, **values)
        return f"/calendar-sync/{integration_id}/runs/{run_id}"

    return make


def under_way(**values: Any) -> dict[str, Any]:
    return {"state": RunState.RUNNING, "ended_at": None, **values}


def text_of(html: str) -> str:
    """Return the words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def run_at(address: str) -> str:
    return address.rpartition("/")[2]


def test_sync_now_leads_to_the_page_of_the_sync(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str
):
    where = f"/calendar-sync/{integration_id}/sync"
    answer = post(browser, where)
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert "Waiting to begin" in page.text
    assert "Check progress" in page.text
    assert "Sync with Work" in page.text
    # Twice at once is the same sync.
    assert post(browser, where).location == answer.location
    assert len(list_runs(tools, dana.who, integration_id)[0]) == 1


def test_with_script_the_browser_is_led_to_the_page_of_the_sync(
    browser: FlaskClient, integration_id: str
):
    page = browser.get("/calendar-sync").text
    token = re.search(r'csrf_token" value="([^"]+)"', page)
    assert token
    answer = browser.post(
        f"/calendar-sync/{integration_id}/sync",
        data={"csrf_token": token.group(1)},
        headers=HTMX,
    )
    assert answer.headers["HX-Redirect"].startswith(f"/calendar-sync/{integration_id}/runs/")


def test_a_sync_that_is_off_does_not_start_and_says_why(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str
):
    deactivate(tools, dana.who, integration_id)
    answer = post(browser, f"/calendar-sync/{integration_id}/sync")
    assert answer.status_code == 422
    assert "The sync is not active. Turn Active on first." in answer.text
    assert "Reconnect" not in answer.text
    assert list_runs(tools, dana.who, integration_id)[0] == []
    activate(tools, dana.who, integration_id)
    assert post(browser, f"/calendar-sync/{integration_id}/sync").status_code == 303


def test_a_sync_whose_account_is_lost_does_not_start_and_offers_to_reconnect(
    browser: FlaskClient, tools: Tools, integration_id: str
):
    with tools.db.begin() as session:
        session.get_one(Integration, integration_id).stop = Stop.NOT_CONNECTED
    answer = post(browser, f"/calendar-sync/{integration_id}/sync")
    assert answer.status_code == 422
    assert "The account is not connected." in answer.text
    assert "/calendar-sync/connect?account=" in answer.text


def test_a_sync_under_way_says_how_far_it_is_and_asks_again(
    browser: FlaskClient, make_run: Callable[..., str], clock: FakeClock
):
    where = make_run(**under_way(done=7, total=16))
    page = browser.get(where).text
    assert "7 of 16 items" in page
    assert re.search(r'<progress [^>]*max="16" value="7"', page)
    assert "You can leave this page. The sync carries on." in page
    for seconds, wait in ((0, 1), (9, 1), (2, 2), (40, 2), (10, 5), (600, 5)):
        clock.move(timedelta(seconds=seconds))
        assert f'hx-trigger="every {wait}s"' in browser.get(f"{where}/progress").text


def test_a_sync_that_reads_has_no_number_yet(browser: FlaskClient, make_run: Callable[..., str]):
    page = browser.get(make_run(**under_way())).text
    assert "Reading your calendars" in page
    assert re.search(r"<progress [^>]*>", page)
    assert not re.search(r"<progress [^>]*value", page)


def test_how_far_it_is_is_spoken_at_each_quarter_and_not_in_between(
    browser: FlaskClient, tools: Tools, make_run: Callable[..., str]
):
    where = make_run(**under_way(total=16))
    spoken, said = "-1", []
    for done in (0, 1, 4, 5, 8, 12, 15):
        with tools.db.begin() as session:
            session.get_one(Run, run_at(where)).done = done
        fragment = browser.get(f"{where}/progress?spoken={spoken}").text
        said += re.findall(r'id="status" hx-swap-oob="innerHTML">([^<]*)<', fragment)
        spoken = re.findall(r"spoken=(-?\d+)", fragment)[0]
    assert said == ["0 % done", "25 % done", "50 % done", "75 % done"]


def test_the_last_part_asks_no_more_and_says_what_was_done(
    browser: FlaskClient, tools: Tools, dana: Person, make_run: Callable[..., str]
):
    counts = {"in_create_done": 12, "out_create_done": 4, "in_none_declined": 2, "braked_in": 9}
    where = make_run(counts=counts, done=16, total=16)
    add_entry(tools, dana, run_at(where), title="Dentist", side=Side.IN)
    fragment = browser.get(f"{where}/progress?spoken=75").text
    assert "hx-get" not in fragment
    assert "hx-trigger" not in fragment
    finished = "Sync finished. 16 created, 0 updated, 0 deleted, 2 skipped."
    assert f'hx-swap-oob="innerHTML">{finished}<' in fragment
    page = browser.get(where).text
    assert finished in page
    assert "hx-swap-oob" not in page
    words = text_of(page)
    assert "Brought in 12 created, 0 updated, 0 deleted, 2 skipped" in words
    assert "Sent 4 created, 0 updated, 0 deleted, 0 skipped" in words
    assert "Dentist" in words


def test_following_a_sync_does_not_keep_a_login_alive(
    browser: FlaskClient, make_run: Callable[..., str], clock: FakeClock
):
    where = make_run(**under_way())
    for _ in range(30):
        clock.move(timedelta(hours=12))
        answer = browser.get(f"{where}/progress", headers=HTMX)
        if answer.status_code == 401:
            break
    assert answer.headers["HX-Redirect"].startswith("/login")


def stop(tools: Tools, dana: Person, integration_id: str, in_seconds: int) -> None:
    """Let the integration be due again in so many seconds."""
    with tools.db.begin() as session:
        due_rows.drop(session, dana.who.tenant_id, DueKind.SYNC, integration_id)
        due_at = tools.clock.now() + timedelta(seconds=in_seconds)
        due_rows.wake(session, dana.who.tenant_id, DueKind.SYNC, integration_id, due_at)


def test_a_sync_that_stopped_says_why_and_when_the_rest_is_tried_again(
    browser: FlaskClient,
    tools: Tools,
    dana: Person,
    integration_id: str,
    make_run: Callable[..., str],
    clock: FakeClock,
):
    where = make_run(state=RunState.STOPPED, error="RateLimited", done=9, total=16)
    stop(tools, dana, integration_id, 290)
    page = text_of(browser.get(where).text)
    assert "Sync stopped. The calendar service asked us to slow down." in page
    assert "9 of 16 items were done. The rest will be tried again in 5 minutes." in page
    stop(tools, dana, integration_id, 2 * 3600)
    assert "tried again at 11:00." in text_of(browser.get(where).text)
    stop(tools, dana, integration_id, 0)
    assert "The rest is tried again now." in browser.get(where).text
    with tools.db.begin() as session:
        session.get_one(Integration, integration_id).checked_at = clock.now()
    assert "A later sync has reached its end." in browser.get(where).text


def test_a_sync_that_waits_says_what_for(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str
):
    where = post(browser, f"/calendar-sync/{integration_id}/sync").location
    assert "It begins in a moment." in browser.get(where).text
    stop(tools, dana, integration_id, 300)
    assert "It begins at 09:05." in browser.get(where).text
    with tools.db.begin() as session:
        session.get_one(Integration, integration_id).stop = Stop.BEING_READ
    assert "We are reading your calendars." in browser.get(where).text


def test_a_sync_that_lost_its_access_leads_to_connecting_again(
    browser: FlaskClient, make_run: Callable[..., str]
):
    page = browser.get(make_run(state=RunState.STOPPED, error="AccessRevoked")).text
    assert "Our access to the account was removed." in page
    assert "/calendar-sync/connect?account=" in page
    assert "tried again" not in page


def test_a_sync_without_its_calendar_names_it(browser: FlaskClient, make_run: Callable[..., str]):
    page = browser.get(make_run(state=RunState.STOPPED, error="NotFound")).text
    assert "Work was not found. It may have been deleted." in page


def test_cancelling_says_that_what_is_in_hand_is_finished_first(
    browser: FlaskClient, tools: Tools, dana: Person, make_run: Callable[..., str]
):
    where = make_run(**under_way(done=7, total=16))
    for _ in range(2):
        assert post(browser, f"{where}/cancel").status_code == 303
    page = browser.get(where).text
    assert "Stopping. What is in hand is finished first." in page
    assert "/cancel" not in page
    with tools.db.begin() as session:
        run = session.get_one(Run, run_at(where))
        run.state, run.error, run.ended_at = RunState.STOPPED, CANCELLED, tools.clock.now()
    page = text_of(browser.get(where).text)
    assert "Sync stopped. You cancelled it. 7 of 16 items were done. What was done stays." in page
    assert "Retrieve and Send had not begun is dropped" in page


def test_cancelling_what_is_over_changes_nothing(
    browser: FlaskClient, tools: Tools, dana: Person, make_run: Callable[..., str]
):
    where = make_run()
    assert post(browser, f"{where}/cancel").status_code == 303
    run = get_run(tools, dana.who, run_at(where))
    assert (run.state, run.cancelled_at) == (RunState.FINISHED, None)


def test_what_waits_and_is_cancelled_has_ended(browser: FlaskClient, integration_id: str):
    where = post(browser, f"/calendar-sync/{integration_id}/sync").location
    post(browser, f"{where}/cancel")
    assert "You cancelled it." in browser.get(where).text


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_does_no_harm(
    browser: FlaskClient, tools: Tools, dana: Person, make_run: Callable[..., str], title: str
):
    where = make_run()
    add_entry(tools, dana, run_at(where), title=title, result=Result.FAILED, reason="refused")
    page = browser.get(where).text.partition("<main")[2]
    assert "<script" not in page
    assert "<img" not in page
    assert "The linked calendar did not take it." in page


def test_the_item_is_a_link_where_it_is_there(
    browser: FlaskClient, tools: Tools, dana: Person, make_run: Callable[..., str]
):
    where, item_id = make_run(), add_item(tools, dana)
    add_entry(tools, dana, run_at(where), item_id=item_id)
    address = f'href="/calendar/item/{item_id}"'
    assert address in browser.get(where).text
    delete_item(tools, dana.who, item_id)
    assert address not in browser.get(where).text


def test_of_many_changes_the_first_fifty_are_listed(
    browser: FlaskClient, tools: Tools, dana: Person, make_run: Callable[..., str]
):
    where = make_run()
    for number in range(51):
        add_entry(tools, dana, run_at(where), title=f"Item {number:02}")
    assert browser.get(where).text.count("<bdi>Item ") == 50


def test_a_run_is_found_by_its_own_integration_alone(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str,
    make_run: Callable[..., str],
):  # fmt: skip
    other = integrate(tools, dana, tools_account(tools, integration_id), "Personal")
    run_id = run_at(make_run())
    for path in (f"runs/{run_id}", f"runs/{run_id}/progress"):
        assert browser.get(f"/calendar-sync/{other}/{path}").status_code == 404
    assert post(browser, f"/calendar-sync/{other}/runs/{run_id}/cancel").status_code == 404


def tools_account(tools: Tools, integration_id: str) -> str:
    with tools.db.read() as session:
        return session.get_one(Integration, integration_id).account_id or ""


def test_a_sync_of_an_account_that_is_forgotten_meanwhile_says_so(
    browser: FlaskClient, tools: Tools, dana: Person, integration_id: str,
    make_run: Callable[..., str],
):  # fmt: skip
    where = make_run(**under_way(done=1, total=2))
    disconnect(tools, dana.who, tools_account(tools, integration_id))
    page = browser.get(f"{where}/progress").text
    assert "The account is not connected." in page
    assert "hx-get" not in page
