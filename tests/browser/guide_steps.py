"""The steps of the user's guide, in its words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

from calsync.core.item import Kind
from tests.browser.steps import SERVICES, Product, choose, sign_in

#: The kinds, as the second tab names them.
KINDS = {
    "Appointments": Kind.APPOINTMENT,
    "CRM Activities": Kind.CRM_ACTIVITY,
    "Service Calls": Kind.SERVICE_CALL,
    "Tasks": Kind.TASK,
    "Todos": Kind.TODO,
}
#: The changes that come in, as the first tab names them.
CHANGES = ("Create", "Update", "Delete")


@dataclass(frozen=True)
class Wanted:
    """What is chosen on the four tabs."""

    service: str = "Google"
    calendar: str = "Work"
    changes: Collection[str] = CHANGES
    kinds: Collection[str] = tuple(KINDS)
    #: Get Past Items and Get Future Items, where items are retrieved.
    ranges: Mapping[str, str] = field(default_factory=dict)
    sends: bool = False


def open_my_calendar(page: Page) -> None:
    """Navigate to Home > My Calendar."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="My Calendar").click()
    expect(page.get_by_role("heading", name="My Calendar", level=1)).to_be_visible()


def open_calendar_sync(page: Page) -> None:
    """Click on the button Calendar Sync on the top right of My Calendar."""
    open_my_calendar(page)
    page.get_by_role("main").get_by_role("link", name="Calendar Sync").click()
    expect(page.get_by_role("heading", name="Calendar Sync", level=1)).to_be_visible()


def connect(page: Page, service: str) -> None:
    """Click to Connect, choose the service, enter the credentials and allow."""
    choose(page, service)
    sign_in(page, SERVICES[service][0])
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Which calendar should we link?")).to_be_visible()


def choose_on_every_tab(page: Page, wanted: Wanted) -> None:
    """Fill in the tabs up to Confirmation."""
    page.get_by_label("Calendar to link").select_option(label=wanted.calendar)
    tick(page, CHANGES, wanted.changes)
    go_on(page, "Your Calendar")
    tick(page, KINDS, wanted.kinds)
    go_on(page, "Sync Options")
    if wanted.ranges:
        page.get_by_role("radio", name="Retrieve linked calendar items").check()
        for name, choice in wanted.ranges.items():
            page.get_by_label(name).select_option(label=choice)
    if wanted.sends:
        page.get_by_role("radio", name="Send my calendar items").check()
    go_on(page, "Confirmation")


def tick(page: Page, names: Collection[str], wanted: Collection[str]) -> None:
    """Have some of the boxes ticked, and no others."""
    for name in names:
        page.get_by_role("checkbox", name=name, exact=True).set_checked(name in wanted)


def go_on(page: Page, tab: str) -> None:
    """Choose Next, which leads to a tab."""
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[aria-current=step]")).to_contain_text(tab)


def finish(page: Page) -> None:
    """Choose Finish, which leads to the listing."""
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Calendar Sync", level=1)).to_be_visible()


def set_up(page: Page, wanted: Wanted) -> None:
    """Create an integration from My Calendar to the listing."""
    open_calendar_sync(page)
    connect(page, wanted.service)
    choose_on_every_tab(page, wanted)
    finish(page)
    expect(row_of(page, wanted.calendar)).to_be_visible()


def row_of(page: Page, calendar: str) -> Locator:
    """Return the line of an integration on the listing."""
    return page.get_by_role("row").filter(has=page.get_by_role("switch", name=f"Sync {calendar}"))


def add_appointment(page: Page, product: Product, day: str, subject: str) -> None:
    """Select a specific day, right-click and add an appointment."""
    page.goto(f"{product.url}/calendar/month/{day}")
    cell = page.locator(f'td[data-date="{day}"]')
    box = cell.bounding_box()
    assert box
    # At its foot, where no item is.
    cell.click(button="right", position={"x": 8, "y": box["height"] - 8})
    page.get_by_role("menuitem", name="Appointment").click()
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Description").fill("As the guide says.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Appointment added.")
