"""Tickets in a real browser: for everybody, by keyboard, narrow, dark, and without script."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind, Priority
from calsync.services.clients import create_client
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from tests.browser.conftest import OpenPage
from tests.browser.console import Console
from tests.browser.fitness import assert_is_fit
from tests.browser.steps import Product, log_in, press_until_focused
from tests.cast import find_cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NINE = datetime(2026, 3, 3, 9, tzinfo=UTC)
LONG = "Replace the switch in the cellar of the northern annexe " * 8 + "x" * 50


def add_ticket(product: Product, title: str = "Printer is dead") -> str:
    """Make a ticket of Dana's with a call of hers, and return its id."""
    tools = tools_of(product.app)
    dana = find_cast(tools)["dana"].who
    sam = find_cast(tools)["sam"].who
    client = create_client(tools, sam, "Northwind" if title != LONG else "Contoso " * 20)
    ticket_id = create_ticket(tools, dana, TicketFields(title, client, priority=Priority.HIGH))
    fields = ItemFields(
        Kind.SERVICE_CALL,
        times=Timed(NINE, NINE + timedelta(hours=1), "Europe/London"),
        ticket_id=ticket_id,
        location="Main street 5",
    )
    create_item(tools, dana, fields)
    return ticket_id


def test_the_pages_are_fit_for_everybody(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/tickets")
    assert_is_fit(page)
    add_ticket(product)
    ticket_id = add_ticket(product, LONG)
    for path in ("/tickets", f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/edit"):
        page.goto(product.url + path)
        assert_is_fit(page)
    page.goto(f"{product.url}/tickets?q=nothing")
    assert_is_fit(page)
    page.goto(f"{product.url}/tickets/new")
    page.get_by_role("button", name="Create ticket").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a title")
    assert_is_fit(page)
    page.goto(f"{product.url}/tickets/{ticket_id}")
    page.get_by_text("Change resources").click()
    page.get_by_label("Dana Reyes").uncheck()
    page.get_by_role("button", name="Save resources").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one person")
    assert_is_fit(page)


def test_a_ticket_is_made_and_its_call_given_away_without_scripts(
    open_page: OpenPage, product: Product
):
    ticket_id = add_ticket(product)
    page = open_page(java_script_enabled=False)
    log_in(page, product)
    page.goto(f"{product.url}/tickets")
    page.get_by_role("link", name="New ticket").click()
    page.get_by_label("Title").fill("Set up the new laptop")
    page.get_by_label("Client", exact=True).select_option("Northwind")
    page.get_by_label("Priority").select_option("Urgent")
    page.get_by_role("button", name="Create ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("T-1002 Set up the new laptop")
    page.goto(f"{product.url}/tickets/{ticket_id}")
    page.get_by_text("Change resources").click()
    page.get_by_label("Sam Okafor").check()
    page.get_by_role("button", name="Save resources").click()
    expect(page.get_by_role("status").first).to_have_text("Resources saved.")
    expect(page.get_by_role("list", name="Resources")).to_have_text("Dana ReyesSam Okafor")


def test_a_ticket_is_edited_by_keyboard_alone(page: Page, product: Product):
    add_ticket(product)
    log_in(page, product)
    page.goto(f"{product.url}/tickets")
    for name, heading in (
        ("T-1001", "T-1001 Printer is dead"),
        ("Edit ticket", "Edit ticket T-1001"),
    ):
        press_until_focused(page, name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.get_by_label("Title").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Printer is alive")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("T-1001 Printer is alive")
    press_until_focused(page, "Change resources")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Sam Okafor")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Resources saved.")


def test_a_mistake_takes_the_focus_and_leads_to_its_field(
    page: Page, product: Product, console: Console
):
    console.allow("status of 422")
    log_in(page, product)
    page.goto(f"{product.url}/tickets/new")
    page.get_by_role("button", name="Create ticket").click()
    expect(page).to_have_title("Error: New ticket - calsync")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Enter a title").click()
    expect(page.get_by_label("Title")).to_be_focused()


def test_the_page_leads_to_the_form_of_a_new_call(page: Page, product: Product):
    ticket_id = add_ticket(product)
    log_in(page, product)
    page.goto(f"{product.url}/tickets/{ticket_id}")
    link = page.get_by_role("link", name="Add service call")
    expect(link).to_have_attribute("href", f"/calendar/new?kind=service_call&ticket={ticket_id}")
