"""My Calendar with real items, in a real browser."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.cli.demo_items import add_items
from calsync.core.event import AllDay, Timed
from calsync.core.item import ItemFields, Kind
from calsync.services.items import create_item
from tests.browser.axe import axe_violations
from tests.browser.conftest import OpenPage
from tests.browser.fitness import NARROW, assert_is_fit
from tests.browser.real_items import add_each_kind
from tests.browser.steps import Product, log_in
from tests.cast import find_cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LONG = "A title that is far longer than any column of a week could ever be made to show"


def fill(product: Product) -> None:
    """Put the demo's fortnight on the calendars of Dana and Sam."""
    cast = find_cast(tools_of(product.app))
    add_items(tools_of(product.app), cast["dana"].who, cast["sam"].who)


def monday_of(page: Page) -> str:
    """Return the Monday of the week that the page shows."""
    expect(page).to_have_url(re.compile("/calendar/week/"))
    shown = date.fromisoformat(page.url.rpartition("/")[2])
    return (shown - timedelta(days=shown.weekday())).isoformat()


def test_no_entry_is_wider_than_its_day(page: Page, product: Product):
    tools, dana = tools_of(product.app), find_cast(tools_of(product.app))["dana"]
    start = datetime(2026, 3, 3, 10, tzinfo=UTC)
    for times in (
        AllDay(date(2026, 3, 3), date(2026, 3, 4)),
        Timed(start, start + timedelta(hours=1), "Europe/London"),
    ):
        create_item(tools, dana.who, ItemFields(Kind.APPOINTMENT, LONG, times, "Europe/London"))
    log_in(page, product)
    page.goto(f"{product.url}/calendar/week/2026-03-03")
    expect(page.locator(".blocks li")).to_have_count(1)
    widths = page.evaluate(
        "[...document.querySelectorAll('.day-column .chip')].map(chip => "
        "chip.getBoundingClientRect().width - "
        "chip.closest('.day-column').getBoundingClientRect().width)"
    )
    assert len(widths) == 2
    assert max(widths) <= 0


def test_a_day_has_room_for_a_finger_however_full_it_is(open_page: OpenPage, product: Product):
    """Costs ten items, and five loads with one question to axe."""
    tools, dana = tools_of(product.app), find_cast(tools_of(product.app))["dana"]
    for day in range(1, 6):
        for hour in range(8, 7 + day):
            start = datetime(2026, 11, day, hour, tzinfo=UTC)
            times = Timed(start, start + timedelta(hours=1), "Europe/London")
            create_item(tools, dana.who, ItemFields(Kind.APPOINTMENT, "Visit", times))
    page = open_page(viewport=NARROW)
    log_in(page, product)
    for day in range(1, 6):
        page.goto(f"{product.url}/calendar/month/2026-11-0{day}")
        assert axe_violations(page, ["target-size"]) == [], day


def test_the_demo_shows_all_five_kinds_a_repeating_a_private_and_an_overnight_one(
    page: Page, product: Product
):
    fill(product)
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    monday = monday_of(page)
    shown = page.locator("main")
    for view in ("week", "month", "agenda"):
        page.goto(f"{product.url}/calendar/{view}/{monday}")
        for words in ("Stand-up", "Server maintenance window"):
            expect(shown.get_by_text(words).first).to_be_visible()
    everything = shown.inner_text()
    for kind in ("Appointment", "CRM Activity", "Service Call", "Task", "Todo"):
        assert f"{kind}:" in everything, kind


def test_a_dispatcher_sees_that_a_colleague_is_busy_and_not_why(page: Page, product: Product):
    fill(product)
    dana = find_cast(tools_of(product.app))["dana"]
    log_in(page, product, "sam")
    page.goto(f"{product.url}/calendar")
    page.goto(f"{product.url}/calendar/agenda/{monday_of(page)}?person={dana.who.user_id}")
    expect(page.get_by_text("Busy").first).to_be_visible()
    assert "Dentist" not in page.content()
    assert_is_fit(page)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_dispatcher_chooses_a_colleague_and_adds_to_their_calendar(
    open_page: OpenPage, product: Product, *, has_script: bool
):
    page = open_page(java_script_enabled=has_script)
    log_in(page, product, "sam")
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    page.get_by_label("Calendar", exact=True).select_option("Dana Reyes")
    page.get_by_role("button", name="Find").click()
    heading = page.get_by_role("heading", name="Calendar of Dana Reyes", level=1)
    expect(heading).to_be_visible()
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Subject").fill("Drive to Leeds")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Appointment added.")
    expect(heading).to_be_visible()
    expect(page.get_by_role("link", name="Drive to Leeds")).to_be_visible()
    page.goto(f"{product.url}/calendar/week/2026-11-24")
    expect(page.get_by_role("link", name="Drive to Leeds")).to_have_count(0)


@pytest.mark.parametrize("has_script", [True, False])
def test_items_are_found_by_kind_and_by_words(
    open_page: OpenPage, product: Product, *, has_script: bool
):
    add_each_kind(product, days=1)
    page = open_page(java_script_enabled=has_script)
    log_in(page, product)
    page.goto(f"{product.url}/calendar/month/2026-11-24")
    chips = page.locator("#calendar .month .chip")
    expect(chips).to_have_count(5)
    page.get_by_label("Show").select_option("Task")
    page.get_by_role("button", name="Find").click()
    expect(chips).to_have_count(1)
    expect(chips).to_contain_text("Write findings")
    page.get_by_label("Show").select_option("All kinds")
    page.get_by_role("searchbox").fill("toner")
    page.get_by_role("button", name="Find").click()
    expect(chips).to_contain_text("Order toner")
    page.get_by_role("searchbox").fill("zebra")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No entries match.")).to_be_visible()
    page.get_by_role("link", name="Clear the filters").click()
    expect(chips).to_have_count(5)
