"""Adding from the calendar itself: by mouse, by keys, by finger and without script."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.real_items import SPOKEN, add_each_kind
from tests.browser.steps import Product, fill_item, log_in, press_until_focused

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TUESDAY = "Tuesday 24 November 2026"
IN_ORDER = ["Appointment", "Todo", "Task", "CRM Activity", "Service Call"]


def open_month(page: Page, product: Product) -> None:
    log_in(page, product)
    page.goto(f"{product.url}/calendar/month/2026-11-24")


def cell(page: Page, name: str) -> Locator:
    return page.get_by_role("gridcell", name=name)


def expect_added(page: Page, kind: str) -> None:
    expect(page.get_by_role("status").first).to_have_text(f"{kind} added.")


def test_right_click_and_keys_lead_to_the_form_of_that_day(page: Page, product: Product):
    open_month(page, product)
    link = page.get_by_role("main").get_by_role("link", name="Calendar Sync")
    box = link.bounding_box()
    assert box
    assert box["x"] > page.evaluate("innerWidth") * 2 / 3
    assert box["y"] < 200
    cell(page, TUESDAY).click(button="right")
    menu = page.get_by_role("menu", name=TUESDAY)
    assert [text.strip() for text in menu.get_by_role("menuitem").all_inner_texts()] == IN_ORDER
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(cell(page, TUESDAY)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+F10")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Todo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Todo")).to_be_checked()
    expect(page.get_by_label("Date", exact=True)).to_have_value("2026-11-25")
    page.get_by_label("Subject").fill("Order toner")
    page.get_by_role("button", name="Add", exact=True).click()
    expect_added(page, "Todo")
    page.goto(f"{product.url}/calendar/month/2026-11-24")
    wednesday = page.locator('td[data-date="2026-11-25"]')
    expect(wednesday.get_by_role("link", name="Todo: All day Order toner")).to_be_visible()


def test_right_click_in_a_week_adds_at_that_half_hour(open_page: OpenPage, product: Product):
    page = open_page(viewport={"width": 1280, "height": 1200})
    log_in(page, product)
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    page.locator('[data-date="2026-11-26"] [data-time="10:30"]').click(button="right")
    menu = page.get_by_role("menu", name="Thursday 26 November 2026 at 10:30")
    menu.get_by_role("menuitem", name="CRM Activity").click()
    expect(page.get_by_label("Time", exact=True)).to_have_value("10:30")
    expect(page.get_by_label("End time")).to_have_value("11:30")
    page.get_by_label("Subject").fill("Call Adatum")
    page.get_by_role("button", name="Add", exact=True).click()
    expect_added(page, "CRM Activity")
    expect(page.get_by_role("link", name="10:30 to 11:30 Call Adatum")).to_be_visible()


def test_a_finger_opens_the_menu_and_gets_to_the_form(open_page: OpenPage, product: Product):
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 900, "height": 900})
    open_month(page, product)
    cell(page, TUESDAY).get_by_role("link", name=f"Add to {TUESDAY}").tap()
    page.get_by_role("menu", name=TUESDAY).get_by_role("menuitem", name="Task").tap()
    expect(page.get_by_role("radio", name="Task")).to_be_checked()
    expect(page.get_by_label("Date", exact=True)).to_have_value("2026-11-24")


def test_without_script_the_link_of_a_day_leads_to_the_form_that_adds(
    open_page: OpenPage, product: Product
):
    page = open_page(java_script_enabled=False)
    open_month(page, product)
    page.get_by_role("link", name=f"Add to {TUESDAY}").click()
    fill_item(page, "Task", "Write findings", has_script=False)
    page.get_by_role("button", name="Add", exact=True).click()
    expect_added(page, "Task")
    views = page.get_by_role("navigation", name="View")
    for name in ("Week", "Day", "Agenda", "Month"):
        views.get_by_role("link", name=name).click()
        expect(views.locator("[aria-current=page]")).to_have_text(name)
        expect(page.get_by_role("link", name="Write findings").first).to_be_visible()


def test_the_button_for_another_kind_is_there_only_without_script(
    open_page: OpenPage, product: Product
):
    for has_script in (True, False):
        page = open_page(java_script_enabled=has_script)
        log_in(page, product)
        page.goto(f"{product.url}/calendar/new")
        button = page.get_by_role("button", name="Change kind")
        expect(button).to_be_visible(visible=not has_script)


def press(page: Page, name: str) -> None:
    """Go to a link or a button with the Tab key and press Enter; wait for the page it leads to."""
    press_until_focused(page, name)
    with page.expect_event("load"):
        page.keyboard.press("Enter")


@pytest.mark.parametrize("kind", SPOKEN)
def test_each_kind_is_changed_moved_deleted_and_restored_by_keyboard_alone(
    page: Page, product: Product, kind: str
):
    items = add_each_kind(product, days=1)
    log_in(page, product)
    page.goto(f"{product.url}/calendar/item/{items[kind]}")
    heading = page.get_by_role("heading", level=1).inner_text()
    press(page, "Edit")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "description":
        page.keyboard.press("Tab")
    page.keyboard.type("In rack 4")
    press(page, "Save")
    expect(page.get_by_role("article").get_by_text("In rack 4", exact=True)).to_be_visible()

    press(page, "Move")
    while page.evaluate("document.activeElement.id") != "date":
        page.keyboard.press("Tab")
    # Which part of the date comes first depends on the browser's own language.
    before = page.get_by_label("Date", exact=True).input_value()
    page.keyboard.press("ArrowUp")
    after = page.get_by_label("Date", exact=True).input_value()
    assert after > before
    with page.expect_event("load"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Moved.")
    day = int(after[8:])
    expect(page.locator(".details")).to_contain_text(re.compile(rf"\b{day} (Nov|Dec) 2026"))

    press(page, "Delete")
    press(page, "Delete")
    expect(page.get_by_role("status").first).to_contain_text("Deleted.")
    press(page, "Bin")
    press(page, "Restore")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.get_by_role("status").first).to_have_text("Restored.")


@pytest.mark.parametrize("kind", IN_ORDER)
def test_each_kind_is_added_by_keyboard_alone(page: Page, product: Product, kind: str):
    add_each_kind(product)
    open_month(page, product)
    cell(page, TUESDAY).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    for _ in range(IN_ORDER.index(kind)):
        page.keyboard.press("ArrowDown")
    with page.expect_event("load"):
        page.keyboard.press("Enter")
    field = "ticket_id" if kind == "Service Call" else "subject"
    while page.evaluate("document.activeElement.id") != field:
        page.keyboard.press("Tab")
    if kind == "Service Call":
        page.keyboard.press("ArrowDown")
        press(page, "Add")
    else:
        page.keyboard.type("Rare bird")
        with page.expect_event("load"):
            page.keyboard.press("Enter")
    expect_added(page, kind)
