"""The wizard in a real browser: by keyboard alone, without script, and with all the turns."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from calsync.app import tools_of
from calsync.db.models import Integration, Run
from tests.browser.conftest import OpenPage
from tests.browser.console import Console
from tests.browser.fitness import NARROW, assert_fits, assert_is_fit
from tests.browser.steps import (
    Product,
    choose,
    connect_by_keyboard,
    expect_settled,
    log_in,
    open_calendar_sync,
    sign_in,
)
from tests.browser.steps import press_until_focused as tab_to
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HEADINGS = (
    "Which calendar should we link?",
    "Which kinds of items should we send?",
    "What about the items that are there already?",
    "Check your answers",
)


def begin(page: Page, product: Product) -> None:
    """Connect a mailbox and stay in the wizard."""
    log_in(page, product)
    open_calendar_sync(page, product)
    choose(page, "Google")
    sign_in(page, "dana@google.example")
    page.get_by_role("button", name="Allow").click()
    expect(heading(page, 1)).to_be_visible()


def heading(page: Page, number: int) -> Locator:
    """Return the heading of a tab, which gets the focus once the tab is there."""
    return page.get_by_role("heading", name=HEADINGS[number - 1], level=2)


def expect_focus(page: Page, element: Locator) -> None:
    """Expect that a new tab leads the focus there, once htmx has done with it."""
    expect_settled(page)
    expect(element).to_be_focused()


def press(page: Page, name: str = "Next") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def count(product: Product) -> tuple[int, int]:
    """Return how many integrations and runs there are."""
    with tools_of(product.app).db.read() as session:
        return session.query(Integration).count(), session.query(Run).count()


def test_the_whole_wizard_is_done_by_keyboard_alone(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    connect_by_keyboard(page)
    expect(page).to_have_url(re.compile("/linked-calendar$"))
    expect(heading(page, 1)).to_be_visible()
    tab_to(page, "Next")
    page.keyboard.press("Enter")
    expect_focus(page, page.get_by_role("alert").filter(has_text="There is a problem"))
    expect(page).to_have_title(re.compile("^Error: Step 1 of 4"))
    tab_to(page, "Choose the calendar to link")
    page.keyboard.press("Enter")
    calendars = page.get_by_role("combobox", name="Calendar to link")
    expect(calendars).to_be_focused()
    expect(calendars).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("Work")
    # The Enter key in a box presses Next, as it is the form's first button.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect_focus(page, heading(page, 2))
    expect(page).to_have_url(re.compile("/your-calendar$"))
    expect(page).to_have_title("Step 2 of 4: Your Calendar - calsync")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Appointments")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect_focus(page, heading(page, 3))
    expect(page.get_by_label("Get Past Items")).to_be_disabled()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Retrieve linked calendar items")).to_be_checked()
    expect(page.get_by_label("Get Future Items")).to_be_enabled()
    page.keyboard.press("Tab")
    page.keyboard.type("2 weeks")
    tab_to(page, "Next")
    page.keyboard.press("Enter")

    expect_focus(page, heading(page, 4))
    expect(page.get_by_text("Past items: 2 weeks")).to_be_visible()
    assert count(product) == (0, 0)
    tab_to(page, "Finish")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{product.url}/calendar-sync")
    expect(page.get_by_text("Work is linked. The first sync has begun.")).to_be_visible()
    assert count(product) == (1, 1)


def test_the_whole_wizard_is_done_without_script_and_with_an_error_on_the_way(
    open_page: OpenPage, product: Product
):
    page = open_page(java_script_enabled=False, viewport=NARROW)
    begin(page, product)
    press(page)
    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    assert_fits(page)
    page.get_by_role("combobox", name="Calendar to link").select_option(label="Work")
    page.get_by_role("checkbox", name="Delete").check()
    press(page)
    page.get_by_role("checkbox", name="Todos").check()
    press(page)
    assert_fits(page)
    expect(page.get_by_label("Get Past Items")).to_be_enabled()
    page.get_by_role("radio", name="Retrieve linked calendar items").check()
    press(page)
    expect(page.get_by_role("link", name=re.compile("^Choose how far back"))).to_be_visible()
    page.get_by_label("Get Future Items").select_option(label="1 month")
    press(page, "Back")
    expect(page.get_by_role("checkbox", name="Todos")).to_be_checked()
    press(page)
    expect(page.get_by_label("Get Future Items")).to_have_value("1m")
    press(page)
    assert_fits(page)
    page.get_by_role("link", name="Change Changes to bring into My Calendar").click()
    expect(page.get_by_role("checkbox", name="Delete")).to_be_checked()
    page.get_by_role("link", name="Confirmation").click()
    press(page, "Finish")
    expect(page.get_by_text("Work is linked. The first sync has begun.")).to_be_visible()
    assert count(product) == (1, 1)


def test_tabs_and_the_browsers_own_buttons_keep_the_answers(page: Page, product: Product):
    begin(page, product)
    expect(page.get_by_role("link", name="Sync Options")).to_have_count(0)
    page.get_by_role("combobox", name="Calendar to link").select_option(label="Work")
    press(page)
    expect(heading(page, 2)).to_be_visible()
    page.get_by_role("checkbox", name="Tasks").check()
    page.get_by_role("link", name="Linked calendar").click()
    expect(heading(page, 1)).to_be_focused()
    expect(page).to_have_url(re.compile("/linked-calendar$"))
    page.get_by_role("link", name="Your Calendar").click()
    expect(page.get_by_role("checkbox", name="Tasks")).to_be_checked()
    page.go_back()
    expect(heading(page, 1)).to_be_visible()
    page.go_forward()
    expect(heading(page, 2)).to_be_visible()
    expect(page).to_have_title("Step 2 of 4: Your Calendar - calsync")
    press(page)
    expect(heading(page, 3)).to_be_visible()
    page.get_by_role("radio", name="Send my calendar items").check()
    press(page)
    expect(heading(page, 4)).to_be_visible()
    # Both at one moment: the preview comes in between, and moves what is below it.
    right, below = page.locator(".wizard-sheet").evaluate(
        """sheet => {
          const outer = sheet.getBoundingClientRect();
          const inner = [...sheet.querySelectorAll("button")].at(-1).getBoundingClientRect();
          return [outer.right - inner.right, outer.bottom - inner.bottom];
        }"""
    )
    assert page.locator(".wizard-sheet button").last.inner_text() == "Finish"
    assert 0 <= right < 60
    assert 0 <= below < 60
    page.get_by_role("button", name="Finish").dblclick()
    expect(page).to_have_url(f"{product.url}/calendar-sync")
    assert count(product) == (1, 1)
    page.go_back()
    expect(page).to_have_url(f"{product.url}/calendar-sync")


def test_tabs_with_errors_are_fit_for_everybody(page: Page, product: Product):
    begin(page, product)
    press(page)
    expect(page.get_by_text("There is a problem")).to_be_visible()
    assert_is_fit(page)


def test_what_cannot_be_sent_or_is_refused_is_said_and_nothing_typed_is_lost(
    page: Page, product: Product, console: Console
):
    for complaint in ("ERR_INTERNET_DISCONNECTED", "status of 500", "Code 500", "htmx:"):
        console.allow(complaint)
    begin(page, product)
    page.get_by_role("combobox", name="Calendar to link").select_option(label="Work")
    page.context.set_offline(True)
    press(page)
    expect(page.get_by_role("alert")).to_have_text(
        "You seem to be offline. Nothing was changed. Try again when you are back online."
    )
    page.context.set_offline(False)
    page.route("**/linked-calendar", lambda route: route.fulfill(status=500), times=1)
    press(page)
    expect(page.get_by_role("alert")).to_have_text(
        "We could not save that change. Nothing was changed. Try again."
    )
    press(page)
    expect(heading(page, 2)).to_be_visible()


def test_what_will_change_comes_by_itself_and_finish_does_not_wait_for_it(
    page: Page, product: Product, sandbox: RunningSandbox
):
    begin(page, product)
    page.get_by_label("Calendar to link").select_option(label="Personal")
    press(page)
    page.get_by_role("checkbox", name="Appointments").check()
    press(page)
    page.get_by_role("radio", name="Retrieve linked calendar items").check()
    page.get_by_label("Get Future Items").select_option(label="6 months")
    press(page)
    tiles = page.get_by_role("list").filter(has_text="to update").first
    expect(tiles).to_have_text(re.compile(r"1\s+to create\s+0\s+to update\s+0\s+to delete"))
    expect(page.locator("#status")).to_have_text("1 change is planned")
    expect(page).to_have_url(re.compile("/confirmation$"))
    expect(heading(page, 4)).to_be_focused()
    page.get_by_text("1 item to create").click()
    expect(page.get_by_text("Dentist")).to_be_visible()

    page.get_by_role("link", name="Sync Options").click()
    expect(heading(page, 3)).to_be_focused()
    page.get_by_role("radio", name="Send my calendar items").check()
    sandbox.control("POST", "/faults", {"fault": "slow", "seconds": 5, "path": "/v1/events"})
    press(page)
    expect(page.get_by_text("Working out what will change")).to_be_visible()
    press(page, "Finish")
    expect(page).to_have_url(f"{product.url}/calendar-sync")
    assert count(product) == (1, 1)
