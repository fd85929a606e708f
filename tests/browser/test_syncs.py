"""Following a sync in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.core.run import Result, RunState, Trigger
from calsync.db.models import Run
from calsync.services.runs import request_sync
from calsync.services.tools import Tools
from tests.browser.conftest import OpenPage
from tests.browser.fitness import NARROW, assert_fits
from tests.browser.steps import Product, log_in
from tests.cast import Person, find_cast
from tests.services.hearing import add_integration
from tests.services.integrating import add_entry, add_item, add_run, integrate

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def dana(product: Product) -> Person:
    return find_cast(tools_of(product.app))["dana"]


@pytest.fixture
def tools(product: Product) -> Tools:
    return tools_of(product.app)


def change(tools: Tools, run_id: str, **values: object) -> None:
    with tools.db.begin() as session:
        run = session.get_one(Run, run_id)
        for name, value in values.items():
            setattr(run, name, value)


def test_a_sync_is_followed_to_its_end_and_then_nothing_is_asked_any_more(
    page: Page, product: Product, tools: Tools, dana: Person, link: Callable[..., str]
):
    """Costs one real sync, and two seconds of silence."""
    integration_id = integrate(tools, dana, link())
    add_item(tools, dana, subject="Server room")
    log_in(page, product)
    run_id = request_sync(tools, dana.who, integration_id, bulk=True)
    page.goto(f"{product.url}/calendar-sync/{integration_id}/runs/{run_id}")
    status = page.locator("#status")
    expect(status).to_contain_text("Sync finished.", timeout=15_000)
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2000)
    assert asked == []


def test_a_page_that_is_loaded_again_shows_how_far_it_is_by_now(
    page: Page, product: Product, tools: Tools, dana: Person, link: Callable[..., str]
):
    """Costs two loads and a few fragments."""
    integration_id = add_integration(tools, dana, link()).id
    now = {"state": RunState.RUNNING, "ended_at": None, "done": 7, "total": 16}
    run_id = add_run(tools, dana, integration_id, Trigger.MANUAL, **now)
    log_in(page, product)
    page.goto(f"{product.url}/calendar-sync/{integration_id}/runs/{run_id}")
    bar = page.get_by_role("progressbar", name="Syncing now")
    expect(bar).to_have_attribute("value", "7")
    expect(page.locator("#status")).to_have_text("25 % done")
    change(tools, run_id, done=12)
    expect(bar).to_have_attribute("value", "12")
    expect(page.get_by_text("12 of 16 items")).to_be_visible()
    expect(page.locator("#status")).to_have_text("75 % done")
    change(tools, run_id, done=13)
    page.reload()
    expect(bar).to_have_attribute("value", "13")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopping. What is in hand is finished first.")).to_be_visible()


def test_a_sync_is_followed_and_cancelled_without_scripts(
    open_page: OpenPage, product: Product, tools: Tools, dana: Person, link: Callable[..., str]
):
    """Costs four small pages."""
    integration_id = add_integration(tools, dana, link()).id
    now = {"state": RunState.RUNNING, "ended_at": None, "done": 7, "total": 16}
    run_id = add_run(tools, dana, integration_id, Trigger.MANUAL, **now)
    page = open_page(java_script_enabled=False, viewport=NARROW)
    log_in(page, product)
    page.goto(f"{product.url}/calendar-sync/{integration_id}/runs/{run_id}")
    assert_fits(page)
    change(tools, run_id, done=8)
    page.get_by_role("link", name="Check progress").click()
    expect(page.get_by_text("8 of 16 items")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopping. What is in hand is finished first.")).to_be_visible()


def test_a_filter_of_the_log_changes_address_and_count_and_back_restores_them(
    page: Page, product: Product, tools: Tools, dana: Person, link: Callable[..., str]
):
    """Costs two loads and two fragments."""
    integration_id = add_integration(tools, dana, link()).id
    run_id = add_run(tools, dana, integration_id, Trigger.MANUAL)
    for number in range(3):
        add_entry(tools, dana, run_id, title=f"Visit {number}")
    skipped = {"action": "none", "result": Result.DECLINED, "reason": "past"}
    add_entry(tools, dana, run_id, title="Left alone", **skipped)
    log_in(page, product)
    page.goto(f"{product.url}/calendar-sync/{integration_id}/logs")
    expect(page.get_by_role("strong").filter(has_text="4 entries")).to_be_visible()
    page.get_by_label("Result").select_option("Skipped")
    expect(page.get_by_role("strong").filter(has_text="1 entry")).to_be_visible()
    expect(page).to_have_url(re.compile("result=declined"))
    expect(page.locator("#status")).to_have_text("1 entry")
    expect(page.get_by_text("Left alone")).to_be_visible()
    expect(page.get_by_text("Visit 0")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("strong").filter(has_text="4 entries")).to_be_visible()
    expect(page.get_by_label("Result")).to_have_value("")
    expect(page).not_to_have_url(re.compile("result="))
    page.go_forward()
    expect(page.get_by_label("Result")).to_have_value("declined")
    expect(page.get_by_text("Visit 0")).to_have_count(0)


def test_the_filter_of_a_log_is_folded_on_a_telephone_until_it_is_wanted_or_set(
    open_page: OpenPage, product: Product, tools: Tools, dana: Person
):
    page = open_page(java_script_enabled=False, viewport=NARROW)
    log_in(page, product)
    where = f"{product.url}/calendar-sync/{add_integration(tools, dana).id}/logs"
    page.goto(where)
    words = page.get_by_label("Item", exact=True)
    expect(words).to_be_hidden()
    page.get_by_text("Filter", exact=True).click()
    expect(words).to_be_visible()
    page.goto(f"{where}?result=failed")
    expect(words).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(where)
    expect(words).to_be_visible()
    expect(page.get_by_text("Filter", exact=True)).to_be_hidden()
