"""The user's guide, line by line, in a browser: both sides, and nobody presses anything."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import Page, expect

from calsync.clock import SystemClock
from tests.browser.conftest import OpenPage
from tests.browser.guide_steps import (
    KINDS,
    Wanted,
    add_appointment,
    row_of,
    set_up,
)
from tests.browser.owner_pages import Mailbox, wait_for
from tests.browser.real_items import TITLES, add_each_kind
from tests.browser.steps import SERVICES, Product, log_in, log_in_by_form
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TODAY = SystemClock().now().date()
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
MONTH = TOMORROW[:7]


@pytest.fixture
def owner(open_page: OpenPage, sandbox: RunningSandbox) -> Mailbox:
    """Give the linked mailbox as its owner sees it, in a tab of its own."""
    return Mailbox(open_page(), sandbox.url, "dana@google.example")


def expect_on_my_calendar(page: Page, product: Product, title: str, *, count: int = 1) -> None:
    """Wait until so many items with a title stand on tomorrow's page."""
    page.goto(f"{product.url}/calendar/day/{TOMORROW}")
    wait_for(page, page.get_by_role("main").get_by_role("link", name=title), count)


@pytest.mark.parametrize("service", SERVICES)
def test_a_calendar_of_each_service_is_connected_and_listed(
    page: Page, product: Product, service: str
):
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    set_up(page, Wanted(service=service, kinds=("Appointments",)))
    row = row_of(page, "Work")
    expect(row).to_contain_text(SERVICES[service][1])
    expect(row.get_by_text("Connected", exact=True)).to_be_visible()
    expect(row.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    for name in ("Settings", "Logs", "Delete"):
        expect(row.get_by_role("link", name=name)).to_be_visible()


def test_what_is_added_on_one_side_is_found_on_the_other(
    page: Page, product: Product, owner: Mailbox
):
    log_in_by_form(page, product)
    set_up(page, Wanted(kinds=("Appointments",)))
    add_appointment(page, product, TOMORROW, "Review with Northwind")
    owner.expect("Review with Northwind", MONTH)
    owner.add("Dentist", TOMORROW)
    expect_on_my_calendar(page, product, "Dentist")
    page.goto(f"{product.url}/calendar-sync")
    expect(row_of(page, "Work").locator("time")).to_be_visible()


def test_with_create_alone_no_update_and_no_deletion_comes_in(
    page: Page, product: Product, owner: Mailbox
):
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    set_up(page, Wanted(changes=("Create",), kinds=()))
    owner.add("Dentist", TOMORROW)
    owner.add("Lunch", TOMORROW)
    expect_on_my_calendar(page, product, "Dentist")
    expect_on_my_calendar(page, product, "Lunch")
    owner.change("Dentist", "Doctor", MONTH)
    owner.delete("Lunch", MONTH)
    # What is added after both has come, so they have been read, too.
    owner.add("Dinner", TOMORROW)
    expect_on_my_calendar(page, product, "Dinner")
    for title, count in {"Dentist": 1, "Lunch": 1, "Doctor": 0}.items():
        expect_on_my_calendar(page, product, title, count=count)


def test_a_service_call_with_dana_as_resource_appears_moves_and_goes(
    page: Page, open_page: OpenPage, product: Product, owner: Mailbox
):
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    set_up(page, Wanted(kinds=("Service Calls",)))
    sams = open_page()
    log_in(sams, product, "sam")
    title = add_call(sams, product)
    owner.expect(title, MONTH)
    sams.get_by_role("link", name="Move").click()
    sams.get_by_label("Time", exact=True).fill("16:35")
    sams.get_by_label("End date").fill("")
    sams.get_by_label("End time").fill("")
    sams.get_by_role("button", name="Move").click()
    owner.open(MONTH)
    wait_for(owner.page, owner.page.locator(".agenda li li").filter(has_text="16:35"), 1)
    sams.get_by_role("link", name="Delete").click()
    sams.get_by_role("button", name="Delete").click()
    owner.expect(title, MONTH, count=0)


def add_call(page: Page, product: Product) -> str:
    """Add a service call to a ticket, with Dana as its resource, and open it."""
    page.goto(f"{product.url}/tickets/new")
    page.get_by_label("Title").fill("Replace firewall")
    page.get_by_role("button", name="Create ticket").click()
    ticket = page.url
    page.get_by_role("link", name="Add service call").click()
    for label, text in {
        "Date": TOMORROW,
        "Time": "13:00",
        "End date": TOMORROW,
        "End time": "14:00",
    }.items():
        page.get_by_label(label, exact=True).fill(text)
    for name in ("Dana Reyes", "Sam Okafor"):
        page.get_by_role("checkbox", name=name).set_checked(name == "Dana Reyes")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Service Call added.")
    page.goto(ticket)
    page.get_by_role("main").locator("h3 a").click()
    return page.get_by_role("heading", level=1).inner_text()


def test_retrieve_brings_exactly_its_range(
    page: Page, product: Product, owner: Mailbox, sandbox: RunningSandbox
):
    days = {"Long ago": -10, "Last week": -5, "Soon": 5, "Next month": 40}
    for title, distance in days.items():
        put(sandbox, title, distance)
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    ranges = {"Get Past Items": "1 week", "Get Future Items": "2 weeks"}
    set_up(page, Wanted(changes=("Update",), kinds=(), ranges=ranges))
    expect(row_of(page, "Work").get_by_text("created")).to_be_visible(timeout=15_000)
    here = titles_here(page, product, days)
    assert {"Last week", "Soon"} == here & set(days)


def put(sandbox: RunningSandbox, title: str, distance: int) -> None:
    """Have an event stand in the calendar Work, so many days from now."""
    start = datetime.combine(TODAY, time(12), UTC) + timedelta(days=distance)
    body = {"calendar_id": sandbox.calendars()["Work"], "summary": title, "tzid": "Europe/London"}
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    sandbox.control("POST", "/events", {**body, **times})


def titles_here(page: Page, product: Product, days: dict[str, int]) -> set[str]:
    """Return which of some titles stand on My Calendar on their days."""
    found = set()
    for title, distance in days.items():
        page.goto(f"{product.url}/calendar/day/{TODAY + timedelta(days=distance)}")
        found |= {title} if page.get_by_role("link", name=title).count() else set()
    return found


@pytest.mark.parametrize("kinds", [("Appointments", "Tasks"), ("Service Calls",), [*KINDS]])
def test_send_sends_exactly_the_kinds_that_are_ticked(
    page: Page, product: Product, owner: Mailbox, kinds: Collection[str]
):
    since = datetime.combine(TODAY + timedelta(days=1), time(8), UTC)
    add_each_kind(product, hours=1, since=since)
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    set_up(page, Wanted(kinds=kinds, sends=True))
    expect(row_of(page, "Work").get_by_text("created")).to_be_visible(timeout=15_000)
    assert set(owner.titles(MONTH)) == {TITLES[KINDS[kind]] for kind in kinds}


def test_deactivate_stops_everything_the_logs_tell_all_and_delete_ends_it(
    page: Page, product: Product, owner: Mailbox
):
    log_in(page, product)
    page.goto(f"{product.url}/calendar")
    set_up(page, Wanted(kinds=("Appointments",)))
    add_appointment(page, product, TOMORROW, "Before")
    owner.expect("Before", MONTH)
    page.goto(f"{product.url}/calendar-sync")
    row_of(page, "Work").get_by_role("switch").click()
    expect(row_of(page, "Work").get_by_role("switch")).to_have_attribute("aria-checked", "false")
    owner.add("While it is off", TOMORROW)
    add_appointment(page, product, TOMORROW, "Meanwhile")
    page.goto(f"{product.url}/calendar-sync")
    row_of(page, "Work").get_by_role("link", name="Settings").click()
    expect(page.get_by_text("The sync is not active. Turn Active on first.")).to_be_visible()
    expect(page.get_by_role("button", name="Sync now")).to_have_count(0)
    owner.expect("Meanwhile", MONTH, count=0)
    expect_on_my_calendar(page, product, "While it is off", count=0)
    page.goto(f"{product.url}/calendar-sync")
    row_of(page, "Work").get_by_role("link", name="Logs").click()
    page.get_by_label("Started by").select_option(label="All")
    expect(page.get_by_role("link", name="Before")).to_be_visible()
    page.goto(f"{product.url}/calendar-sync")
    row_of(page, "Work").get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete this sync").click()
    expect(page.get_by_text("Sync deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="No calendar is connected yet")).to_be_visible()
    owner.expect("Before", MONTH)
