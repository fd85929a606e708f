"""Switching a sync off and on in the listing, and what a row says by itself, in a browser."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from calsync.app import tools_of
from calsync.core.integration import Stop
from calsync.core.run import RunState, Trigger
from calsync.db.models import Integration, Run
from calsync.web import calendar_sync
from tests.browser.conftest import OpenPage
from tests.browser.console import Console
from tests.browser.fitness import NARROW, assert_fits, assert_is_fit
from tests.browser.steps import Product, expect_settled, log_in, open_calendar_sync
from tests.cast import find_cast
from tests.services.hearing import add_integration
from tests.services.integrating import add_item, add_link, add_run, get_row

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def work(product: Product, link: Callable[..., str]) -> str:
    """Return a sync of Dana's of which nothing is done by itself."""
    tools = tools_of(product.app)
    return add_integration(tools, find_cast(tools)["dana"], link()).id


def switch_of(page: Page) -> Locator:
    return page.get_by_role("switch", name="Sync Work")


def test_a_switch_flips_at_once_and_then_says_what_the_server_says(
    page: Page, product: Product, work: str, monkeypatch: pytest.MonkeyPatch
):
    may_go_on = threading.Event()
    deactivate = calendar_sync.deactivate

    def deactivate_slowly(*arguments: Any) -> None:
        assert may_go_on.wait(10)
        deactivate(*arguments)

    monkeypatch.setattr(calendar_sync, "deactivate", deactivate_slowly)
    log_in(page, product)
    open_calendar_sync(page, product)
    switch = switch_of(page)
    expect(switch).to_be_checked()
    expect(page.locator(".status").first).to_have_text("Connected")
    switch.focus()
    page.keyboard.press("Space")
    # The server has not answered yet.
    expect(switch.get_by_text("Off")).to_be_visible()
    expect(switch.get_by_text("On")).to_be_hidden()
    # A second press while the first is under way does nothing.
    page.keyboard.press("Space")
    assert get_row(tools_of(product.app), work).is_active
    may_go_on.set()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    expect(page.locator("#status")).to_have_text("Work is now off")
    expect(page.get_by_role("row", name="Work").get_by_text("Paused")).to_be_visible()
    expect_settled(page)
    page.keyboard.press("Enter")
    expect(switch).to_be_checked()
    expect(page.locator("#status")).to_have_text("Work is now on")


def test_a_flip_that_fails_is_taken_back_and_said(
    page: Page,
    product: Product,
    work: str,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
):
    console.allow("status of 500")
    console.allow("Status Error Code 500")
    console.allow("ERR_INTERNET_DISCONNECTED")
    console.allow("htmx:")
    log_in(page, product)
    open_calendar_sync(page, product)
    switch, alert = switch_of(page), page.get_by_role("alert")

    def fail(*_arguments: object) -> None:
        raise RuntimeError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(calendar_sync, "deactivate", fail)
        switch.click()
        expect(alert).to_have_text("We could not save that change. Nothing was changed. Try again.")
    expect(switch).to_be_checked()
    expect(switch.get_by_text("On")).to_be_visible()
    expect(switch).to_be_focused()
    page.context.set_offline(True)
    switch.click()
    words = "You seem to be offline. Nothing was changed. Try again when you are back online."
    expect(alert).to_have_text(words)
    # It stands beside the switch too, however far down that is.
    expect(page.get_by_role("row", name="Work").get_by_text(words)).to_be_visible()
    expect(switch).to_be_checked()
    page.context.set_offline(False)
    switch.click()
    expect(switch).not_to_be_checked()
    expect(alert).to_be_hidden()
    assert not get_row(tools_of(product.app), work).is_active


def test_a_switch_works_without_scripts_on_a_telephone(
    open_page: OpenPage, product: Product, work: str
):
    page = open_page(java_script_enabled=False, viewport=NARROW)
    log_in(page, product)
    open_calendar_sync(page, product)
    switch_of(page).click()
    expect(page.get_by_role("status").first).to_have_text("Work is now off")
    expect(switch_of(page)).not_to_be_checked()
    assert_fits(page)


def test_a_row_follows_its_sync_and_asks_no_more_when_that_has_ended(
    page: Page, product: Product, work: str
):
    tools = tools_of(product.app)
    dana = find_cast(tools)["dana"]
    run = {"state": RunState.RUNNING, "ended_at": None}
    run_id = add_run(tools, dana, work, Trigger.MANUAL, **run)
    log_in(page, product)
    page.clock.install()
    open_calendar_sync(page, product)
    row = page.get_by_role("row", name="Work")
    expect(row.get_by_text("Syncing now")).to_be_visible()
    page.get_by_role("link", name="Delete the sync with Work").focus()
    with tools.db.begin() as session:
        ended = session.get_one(Run, run_id)
        ended.state, ended.ended_at = RunState.FINISHED, tools.clock.now()
    page.clock.fast_forward(5_000)
    expect(row.get_by_text("Syncing now")).to_be_hidden()
    expect(page.get_by_role("link", name="Delete the sync with Work")).to_be_focused()
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    page.clock.fast_forward(20_000)
    assert polls == []


def test_a_switch_and_a_status_are_told_apart_where_colours_are_forced(
    open_page: OpenPage, product: Product, work: str
):
    page = open_page(forced_colors="active", reduced_motion="reduce")
    log_in(page, product)
    open_calendar_sync(page, product)
    row = page.get_by_role("row", name="Work")
    # Without its words: it is the switch itself that has to tell.
    track, icon = row.locator(".switch-track"), row.locator(".tag .icon")
    expect(switch_of(page)).to_be_checked()
    on, connected = track.screenshot(), icon.screenshot()
    expect(row.locator(".tag")).not_to_have_css("border-top-style", "none")
    switch_of(page).click()
    expect(page.locator("#status")).to_have_text("Work is now off")
    page.mouse.move(0, 0)
    assert track.screenshot() != on
    with tools_of(product.app).db.begin() as session:
        session.get_one(Integration, work).stop = Stop.NOT_CONNECTED
    page.reload()
    expect(row.locator(".status")).to_have_text("Not Connected")
    expect(row.locator(".tag")).not_to_have_css("border-top-style", "none")
    assert icon.screenshot() != connected


def test_no_column_moves_when_a_switch_is_flipped(page: Page, product: Product, work: str):
    log_in(page, product)
    open_calendar_sync(page, product)

    def places() -> list[float]:
        boxes = [each.bounding_box() for each in page.get_by_role("columnheader").all()]
        return [box["x"] for box in boxes if box]

    before = places()
    assert len(before) == 5
    switch_of(page).click()
    expect(page.get_by_role("row", name="Work").get_by_text("Paused")).to_be_visible()
    assert places() == before


def test_a_sync_is_deleted_with_its_copies_in_the_number_that_was_seen(
    page: Page, product: Product, work: str, console: Console
):
    """Costs four small pages, and the questions to axe."""
    console.allow("status of 422")
    tools = tools_of(product.app)
    dana = find_cast(tools)["dana"]
    add_link(tools, dana, work, add_item(tools, dana))
    log_in(page, product)
    open_calendar_sync(page, product)
    page.get_by_role("link", name="Delete the sync with Work").click()
    expect(page.get_by_role("radio", name="Keep it")).to_be_checked()
    page.get_by_role("radio", name="Remove it").check()
    add_link(tools, dana, work, add_item(tools, dana))
    page.get_by_role("button", name="Delete this sync").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("radio", name="Remove them")).to_be_checked()
    assert_is_fit(page)
    page.get_by_role("button", name="Delete this sync").click()
    expect(page.get_by_role("status").first).to_have_text(
        "Sync deleted. 2 events are being removed from Work."
    )
    expect(switch_of(page)).to_have_count(0)
