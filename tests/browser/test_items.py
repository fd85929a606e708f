"""Items in a browser: added, changed, moved, deleted and restored, each kind, in every way."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from tests.browser.conftest import OpenPage
from tests.browser.fitness import assert_is_fit
from tests.browser.steps import Product, fill_item, log_in
from tests.cast import find_cast
from tests.web.test_items import HOSTILE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

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


def test_the_kind_is_changed_by_keyboard_and_keeps_the_focus(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar/new?date=2026-11-24")
    page.get_by_role("radio", name="Appointment").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Todo")).to_be_checked()
    expect(page.get_by_label("Location")).to_have_count(0)
    expect(page.get_by_role("radio", name="Todo")).to_be_focused()


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


def test_every_form_of_items_is_fit_for_everybody(page: Page, product: Product):
    make_ticket(product)
    log_in(page, product)
    for kind in Kind:
        page.goto(f"{product.url}/calendar/new?kind={kind}&date=2026-10-25&time=01:30")
        assert_is_fit(page)
    page.goto(f"{product.url}/calendar/new?date=2026-10-25&time=01:30")
    page.get_by_label("Repeats").select_option("Weekly")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Enter a subject")).to_be_visible()
    assert_is_fit(page)


def test_every_page_of_a_hostile_item_is_fit_for_everybody(page: Page, product: Product):
    item_id = add_hostile_series(product)
    log_in(page, product)
    for way in ("", "/edit", "/move", "/delete"):
        page.goto(f"{product.url}/calendar/item/{item_id}{way}?key=2026-10-26T01:30")
        assert_is_fit(page)
    page.get_by_role("radio", name="All").check()
    page.get_by_role("button", name="Delete").click()
    page.goto(f"{product.url}/calendar/bin")
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    assert_is_fit(page)


def add_hostile_series(product: Product) -> str:
    tools = tools_of(product.app)
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    times = Timed(start, start + timedelta(hours=1), "Europe/London")
    fields = ItemFields(
        Kind.APPOINTMENT, HOSTILE, times, description="x" * 2000, rule="FREQ=DAILY;COUNT=9"
    )
    return create_item(tools, find_cast(tools)["dana"].who, fields)
