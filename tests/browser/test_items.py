"""Items in a browser: added, changed, moved, deleted and restored, each kind, in every way."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.core.item import Kind
from calsync.services.tickets import TicketFields, create_ticket
from tests.browser.axe import axe_violations
from tests.browser.conftest import OpenPage
from tests.browser.steps import Product, fill_item, log_in
from tests.cast import find_cast
from tests.web.test_items import HOSTILE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "without scripts": {"java_script_enabled": False},
}
KIND_NAMES = {
    Kind.APPOINTMENT: "Appointment",
    Kind.TODO: "Todo",
    Kind.TASK: "Task",
    Kind.CRM_ACTIVITY: "CRM Activity",
    Kind.SERVICE_CALL: "Service Call",
}


def make_ticket(product: Product) -> None:
    tools = tools_of(product.app)
    create_ticket(tools, find_cast(tools)["dana"].who, TicketFields("Printer on fire"))


def open_item(page: Page, name: str) -> None:
    page.locator("#calendar").get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
@pytest.mark.parametrize("kind", KIND_NAMES)
def test_each_kind_is_added_changed_moved_deleted_and_restored(
    open_page: OpenPage, product: Product, kind: Kind, *, has_script: bool
):
    page = open_page(java_script_enabled=has_script)
    make_ticket(product)
    log_in(page, product)
    page.goto(f"{product.url}/calendar/new?date=2026-11-24")
    fill_item(page, KIND_NAMES[kind], "Replace switch", has_script=has_script)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text(f"{KIND_NAMES[kind]} added.")
    name = "T-1001 Printer on fire" if kind is Kind.SERVICE_CALL else "Replace switch"
    open_item(page, name)

    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Description").fill("In rack 4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article").get_by_text("In rack 4", exact=True)).to_be_visible()

    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_label("Date", exact=True).fill("2026-11-26")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Thu 26 Nov 2026").first).to_be_visible()

    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").first).to_contain_text("Deleted.")
    page.goto(f"{product.url}/calendar/bin")
    page.get_by_role("button", name=f"Restore {name}").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_text("Restored by Dana Reyes").first).to_be_visible()


def test_a_todo_is_added_by_keyboard_alone(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar/new?date=2026-11-24")
    page.get_by_role("radio", name="Appointment").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Todo")).to_be_checked()
    expect(page.get_by_label("Location")).to_have_count(0)
    expect(page.get_by_role("radio", name="Todo")).to_be_focused()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "subject":
            break
    page.keyboard.type("Water the plants")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Todo added.")


def test_an_error_takes_the_focus_and_leads_to_its_field(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar/new?date=2026-11-24")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page).to_have_title("Error: New item - calsync")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Enter a subject").click()
    expect(page.get_by_label("Subject")).to_be_focused()
    expect(page.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")


def test_what_does_not_matter_is_not_shown(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar/new?date=2026-11-24")
    expect(page.get_by_label("Time", exact=True)).to_be_visible()
    page.get_by_label("All day").check()
    expect(page.get_by_label("Time", exact=True)).to_be_hidden()
    expect(page.get_by_role("group", name="Ends")).to_be_hidden()
    page.get_by_label("Repeats").select_option("Weekly")
    expect(page.get_by_role("group", name="Ends")).to_be_visible()
    expect(page.get_by_role("group", name="On these days, if weekly")).to_be_visible()
    expect(page.get_by_role("group", name="On which day")).to_be_hidden()


def test_one_of_a_series_is_changed_and_taken_out_alone(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar/new?date=2026-11-24&time=10:00")
    page.get_by_label("Subject").fill("Stand-up")
    page.get_by_label("Repeats").select_option("Daily")
    page.get_by_role("button", name="Add", exact=True).click()
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    chips = page.locator("#calendar .chip")
    expect(chips).to_have_count(6)
    chips.nth(1).click()
    expect(page.get_by_text("Every day", exact=True)).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("radio", name="This one")).to_be_checked()
    page.get_by_label("Subject").fill("Stand-up with Sam")
    page.get_by_role("button", name="Save").click()
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    expect(chips.filter(has_text="with Sam")).to_have_count(1)
    chips.nth(2).click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("radio", name="This and following").check()
    page.get_by_role("button", name="Delete").click()
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    expect(chips).to_have_count(2)


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_of_items_is_fit_for_everybody(open_page: OpenPage, product: Product, look: str):
    page = open_page(**LOOKS[look])
    make_ticket(product)
    log_in(page, product)
    for kind in Kind:
        page.goto(f"{product.url}/calendar/new?kind={kind}&date=2026-10-25&time=01:30")
        check(page, look)
    page.goto(f"{product.url}/calendar/new?date=2026-10-25&time=01:30")
    page.get_by_label("Repeats").select_option("Weekly")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Enter a subject")).to_be_visible()
    check(page, look)
    page.get_by_label("Subject").fill(HOSTILE)
    page.get_by_label("The first, before the clocks go back").first.check()
    page.get_by_label("Description").fill("x" * 2000)
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#calendar .chip").first.click()
    check(page, look)
    for way in ("Edit", "Move", "Delete"):
        page.get_by_role("link", name=way, exact=True).click()
        check(page, look)
        page.go_back()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("radio", name="All").check()
    page.get_by_role("button", name="Delete").click()
    page.goto(f"{product.url}/calendar/bin")
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    check(page, look)


def check(page: Page, look: str) -> None:
    page.wait_for_load_state()
    if look != "without scripts":
        assert axe_violations(page) == [], (page.url, look)
    assert page.get_by_role("heading", level=1).count() == 1, page.url
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], (page.url, look, width)
