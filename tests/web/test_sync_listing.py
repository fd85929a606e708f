"""The listing of Calendar Sync: how each sync stands, and switching it off and on."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from calsync.core.account import Disconnection
from calsync.core.content import Content
from calsync.core.holds import Answer, Held
from calsync.core.integration import SWITCH_DELAY, Caution, Stop
from calsync.core.link import Deed, Link, LinkState, Origin
from calsync.core.run import RunState
from calsync.db import due_rows
from calsync.db.models import DueKind, DueRow, Integration, LinkedAccount, Run
from calsync.services.accounts import disconnect, list_linked
from calsync.services.drafts import begin_setup, discard_setup
from calsync.services.holds import answer_held
from calsync.services.tools import Tools
from tests.browsing import HTMX
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.integrating import (
    TIMES,
    add_item,
    add_link,
    add_run,
    due_at,
    get_row,
    integrate,
)
from tests.web.test_calendar_sync import HOSTILE

MakeLink = Callable[..., str]


@pytest.fixture
def work(tools: Tools, dana: Person, link: MakeLink) -> str:
    """Return Dana's sync with the calendar Work."""
    return integrate(tools, dana, link())


def read_row(browser: FlaskClient, integration_id: str) -> str:
    """Return what the row of a sync says, as one line, with what only listeners hear."""
    page = browser.get("/calendar-sync").text
    row = page.partition(f'id="integration-{integration_id}"')[2].partition("</tr>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row.partition(">")[2])).split())


def change(tools: Tools, integration_id: str, **values: Any) -> None:
    with tools.db.begin() as session:
        row = session.get_one(Integration, integration_id)
        for name, value in values.items():
            setattr(row, name, value)


def change_account(tools: Tools, **values: Any) -> None:
    with tools.db.begin() as session:
        for name, value in values.items():
            setattr(session.query(LinkedAccount).one(), name, value)


def switch(
    browser: FlaskClient, tools: Tools, integration_id: str, wanted: str, **headers: str
) -> Any:
    token = re.search(r'csrf_token" value="([^"]+)', browser.get("/calendar-sync").text)
    assert token
    form = {"csrf_token": token.group(1), "wanted": wanted}
    return browser.post(f"/calendar-sync/{integration_id}/active", data=form, headers=headers)


def test_a_sync_is_listed_with_its_calendar_service_and_mailbox(browser: FlaskClient, work: str):
    said = read_row(browser, work)
    assert said.startswith("Work Google, dana@google.example Sync Work On Off Connected")
    page = browser.get("/calendar-sync").text
    assert f'href="/calendar-sync/{work}/settings" aria-label="Settings for Work"' in page
    assert f'href="/calendar-sync/{work}/logs" aria-label="Logs for Work"' in page
    assert "Nothing synced yet" in said


def test_the_status_is_one_of_two_words_whatever_is_the_matter(
    browser: FlaskClient, tools: Tools, work: str
):
    for stop in (None, *Stop):
        change(tools, work, stop=stop)
        page = browser.get("/calendar-sync").text
        [word, _of_the_account] = re.findall(r'class="status">([^<]+)<', page)
        assert word == ("Connected" if stop in (None, Stop.BEING_READ) else "Not Connected")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Disconnection.PROFILE_DISCONNECTED, "Sign-in expired. Reconnect Work"),
        (Disconnection.ACCESS_REVOKED, "Access was removed. Reconnect Work"),
        (Disconnection.PERMISSION_MISSING, "You allowed less than the sync needs:"),
    ],
)
def test_a_lost_account_says_why_and_leads_to_reconnecting(
    browser: FlaskClient, tools: Tools, work: str, reason: Disconnection, words: str
):
    change_account(tools, disconnection=reason)
    said = read_row(browser, work)
    assert f"Not Connected {words}" in said
    account_id = get_row(tools, work).account_id
    assert (
        f'href="/calendar-sync/connect?account={account_id}"' in browser.get("/calendar-sync").text
    )


def test_a_sync_whose_account_was_disconnected_stays_listed(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    disconnect(tools, dana.who, get_row(tools, work).account_id or "")
    said = read_row(browser, work)
    assert "Not Connected The account was disconnected. Reconnect Work" in said
    assert "No calendar is connected yet" not in browser.get("/calendar-sync").text


def test_a_calendar_that_was_deleted_is_said(browser: FlaskClient, tools: Tools, work: str):
    change(tools, work, stop=Stop.CALENDAR_GONE)
    said = read_row(browser, work)
    assert "Not Connected The calendar was deleted. Choose another in Settings Work" in said
    assert "Reconnect" not in said


def test_an_exchange_that_is_not_connected_names_what_its_administrator_enables(
    browser: FlaskClient, tools: Tools, dana: Person, link: MakeLink
):
    work = integrate(tools, dana, link("dana@exchange.example"))
    assert "Exchange Web Services" not in read_row(browser, work)
    change_account(tools, disconnection=Disconnection.PROFILE_DISCONNECTED)
    assert "Exchange Web Services enabled by its administrator" in read_row(browser, work)


def test_what_waits_and_what_was_set_aside_is_counted(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    content = Content("Server room", TIMES)
    known = Link(Origin.SENT, here=content, there=content)

    def hold(*deeds: Deed) -> None:
        held = replace(known, held=frozenset(deeds))
        add_link(tools, dana, work, add_item(tools, dana), state=LinkState.HELD, link=held)

    hold(Deed.REMOVE_HERE)
    assert "Waiting for your OK: 1 deletion Look at them Work" in read_row(browser, work)
    assert f'href="/calendar-sync/{work}/held"' in browser.get("/calendar-sync").text
    hold(Deed.DELETE_THERE)
    assert "Waiting for your OK: 2 deletions " in read_row(browser, work)
    hold(Deed.TAKE_IN)
    said = read_row(browser, work)
    assert "Waiting for your OK: 3 changes, 2 of them deletions" in said
    answer_held(tools, dana.who, work, Held.COPY_DELETION, Answer.KEEP, 1)
    assert "Waiting for your OK: 2 changes, 1 of them a deletion" in read_row(browser, work)
    add_link(tools, dana, work, add_item(tools, dana), state=LinkState.SET_ASIDE)
    change(tools, work, caution=Caution.ALTERED)
    said = read_row(browser, work)
    assert "1 item set aside: it could not be synced. See why Work" in said
    assert "Your own events are left alone" in said


def test_the_last_sync_is_said_in_full_with_its_counts(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, clock: FakeClock
):
    counts = {"out_create_done": 12, "in_create_done": 4, "out_update_declined": 2}
    add_run(tools, dana, work, counts=counts)
    change(tools, work, synced_at=clock.now())
    clock.move(timedelta(minutes=10))
    # A later one that only left something alone has synced nothing.
    add_run(tools, dana, work, counts={"in_update_declined": 1})
    assert "2 Mar 2026, 09:00 16 created, 2 skipped" in read_row(browser, work)
    assert '<time datetime="2026-03-02T09:00:00+00:00">' in browser.get("/calendar-sync").text


def test_a_sync_under_way_is_said_and_asked_after_until_it_ends(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    run = {"state": RunState.RUNNING, "ended_at": None}
    run_id = add_run(tools, dana, work, **run)
    assert "Syncing now. Show progress Work" in read_row(browser, work)
    with tools.db.begin() as session:
        session.get_one(Run, run_id).total, session.get_one(Run, run_id).done = 16, 7
    assert "Syncing now, 7 of 16. Show progress Work" in read_row(browser, work)
    assert f'href="/calendar-sync/{work}/runs/{run_id}"' in browser.get("/calendar-sync").text
    address = f"/calendar-sync/{work}/row"
    part = browser.get(address)
    assert f'hx-get="{address}" hx-trigger="load delay:5s"' in part.text
    assert "<html" not in part.text
    with tools.db.begin() as session:
        session.get_one(Run, run_id).state = RunState.FINISHED
        session.get_one(Run, run_id).ended_at = tools.clock.now()
    assert "hx-get" not in browser.get(address).text
    assert "Syncing now" not in read_row(browser, work)


def test_a_sync_that_stopped_early_says_so_until_one_ends_well(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, clock: FakeClock
):
    add_run(tools, dana, work, state=RunState.STOPPED, error="Unreachable")
    assert "The last sync stopped early. See why Work" in read_row(browser, work)
    clock.move(timedelta(minutes=5))
    change(tools, work, checked_at=clock.now())
    assert "The last sync stopped early." not in read_row(browser, work)
    # One that the user has stopped needs no word.
    for ended_by in ("not_active", "cancelled"):
        clock.move(timedelta(minutes=1))
        add_run(tools, dana, work, state=RunState.STOPPED, error=ended_by)
        assert "The last sync stopped early." not in read_row(browser, work)


def test_a_sync_that_waits_says_that_it_begins(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    add_run(tools, dana, work, state=RunState.WAITING, ended_at=None)
    assert "A sync begins in a moment. Show progress Work" in read_row(browser, work)
    switch(browser, tools, work, "off")
    assert "A sync begins" not in read_row(browser, work)


def test_a_setup_that_was_left_is_listed_until_it_goes_on_or_is_discarded(
    browser: FlaskClient, tools: Tools, dana: Person, link: MakeLink
):
    draft_id = begin_setup(tools, dana.who, link())
    page = browser.get("/calendar-sync").text
    assert "Setup not finished" in page
    address = f"/calendar-sync/setup/{draft_id}"
    assert f'href="{address}/linked-calendar">Continue setup' in page
    assert f'href="{address}/discard">Discard' in page
    disconnect(tools, dana.who, list_linked(tools, dana.who)[0].account.id)
    page = browser.get("/calendar-sync").text
    assert "Continue setup" in page
    assert "No calendar is connected yet" not in page
    discard_setup(tools, dana.who, draft_id)
    assert "Setup not finished" not in browser.get("/calendar-sync").text


def test_two_calendars_of_one_name_are_told_apart(
    browser: FlaskClient, tools: Tools, dana: Person, link: MakeLink
):
    google = integrate(tools, dana, link())
    integrate(tools, dana, link("dana@office365.example"))
    assert "Sync Work (Google, dana@google.example)" in read_row(browser, google)
    page = browser.get("/calendar-sync").text
    assert 'aria-label="Delete the sync with Work (Office 365, dana@office365.example)"' in page


def test_switching_works_without_scripts_and_the_page_says_so(
    browser: FlaskClient, tools: Tools, work: str
):
    answer = switch(browser, tools, work, "off")
    assert (answer.status_code, answer.location) == (303, "/calendar-sync")
    page = browser.get("/calendar-sync").text
    assert "Work is now off" in page
    assert "Changes made while it is off are synced when you turn it on." in page
    assert 'aria-checked="false"' in page
    assert "Paused" in read_row(browser, work)
    switch(browser, tools, work, "on")
    page = browser.get("/calendar-sync").text
    assert "Work is now on" in page
    assert 'aria-checked="true"' in page


def test_with_script_the_row_comes_back_as_the_server_has_it(
    browser: FlaskClient, tools: Tools, work: str
):
    answer = switch(browser, tools, work, "off", **HTMX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<tr")
    assert 'hx-swap-oob="innerHTML">Work is now off<' in answer.text
    assert 'aria-checked="false"' in answer.text
    assert "Work is now off" not in browser.get("/calendar-sync").text


def test_a_flip_that_arrives_twice_flips_once(browser: FlaskClient, tools: Tools, work: str):
    version = get_row(tools, work).version
    for _ in range(2):
        assert switch(browser, tools, work, "off", **HTMX).status_code == 200
    row = get_row(tools, work)
    assert (row.is_active, row.version) == (False, version + 1)


@pytest.mark.parametrize("wanted", ["", "maybe", "On", "x" * 5000])
def test_a_flip_to_nowhere_changes_nothing(
    browser: FlaskClient, tools: Tools, work: str, wanted: str
):
    assert switch(browser, tools, work, wanted).status_code == 422
    assert get_row(tools, work).is_active


def test_flipping_to_and_fro_starts_one_sync_five_seconds_after_the_last_flip(
    browser: FlaskClient, tools: Tools, work: str, clock: FakeClock
):
    for wanted in ("off", "on", "off", "on"):
        switch(browser, tools, work, wanted, **HTMX)
        clock.move(timedelta(seconds=1))
    assert due_at(tools, work) == clock.now() - timedelta(seconds=1) + SWITCH_DELAY


def test_the_channel_is_not_touched_before_the_flipping_ends(
    browser: FlaskClient, tools: Tools, dana: Person, work: str, clock: FakeClock
):
    with tools.db.begin() as session:
        due_rows.drop(session, dana.who.tenant_id, DueKind.KEEP_CHANNEL, work)
    switch(browser, tools, work, "off", **HTMX)
    with tools.db.read() as session:
        [row] = session.query(DueRow).filter_by(kind=DueKind.KEEP_CHANNEL, subject_id=work)
    assert row.due_at == clock.now() + SWITCH_DELAY


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_are_only_words_in_the_listing(
    browser: FlaskClient, tools: Tools, work: str, words: str
):
    change(tools, work, calendar_name=words, profile_name=words, service=words)
    for path in ("/calendar-sync", f"/calendar-sync/{work}/delete"):
        main = browser.get(path).text.partition("<main")[2]
        for code in ("<script", "<img", "7007"):
            assert code not in main
        assert "x" * 200 not in main, "a long name is cut"
    switch(browser, tools, work, "off")
    assert "is now off" in browser.get("/calendar-sync").text


def test_an_account_without_a_sync_is_still_listed(browser: FlaskClient, link: MakeLink):
    link()
    page = browser.get("/calendar-sync").text
    assert "Linked accounts" in page
    assert "<table" not in page
    assert page.count("Click to Connect") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_page_of_a_sync_says_its_way_from_home_through_the_calendar(
    browser: FlaskClient, tools: Tools, dana: Person, work: str
):
    begin = ["Home", "My Calendar", "Calendar Sync"]
    run_id = add_run(tools, dana, work)
    for path, last in {
        "settings/options": "Settings",
        "logs": "Logs",
        f"runs/{run_id}": "Sync",
        "held": "Waiting for your OK",
        "delete": "Delete",
    }.items():
        page = browser.get(f"/calendar-sync/{work}/{path}").text
        way = page.partition('<nav class="crumbs"')[2].partition("</nav>")[0]
        assert re.findall("<bdi>(.*?)</bdi>", way) == [*begin[1:], "Work", last]
        assert f'href="/calendar-sync/{work}/settings' in way
        assert ">Home</a>" in way
