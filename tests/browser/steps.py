"""What people do on the pages, step by step."""

from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests.browsing import TOKEN
from tests.cast import PASSWORD

#: Each service as the portal calls it, with Dana's mailbox there.
SERVICES = {
    "iCloud": ("dana@icloud.example", "iCloud"),
    "Google": ("dana@google.example", "Google"),
    "Office 365": ("dana@office365.example", "Office 365"),
    "Exchange (on-premise)": ("dana@exchange.example", "Exchange (on-premise)"),
    "Outlook.com": ("dana@outlook.example", "Outlook.com"),
}


@dataclass(frozen=True)
class Product:
    """The product as it is served to browsers."""

    app: Flask
    url: str


def log_in(page: Page, product: Product, name: str = "dana") -> None:
    """Log somebody of acme in, without showing a page: what follows opens its own."""
    address = f"{product.url}/login"
    request = page.context.request
    token = TOKEN.search(request.get(address).text())
    assert token, "The page has no form token."
    form = {"tenant": "acme", "email": f"{name}@acme.example", "password": PASSWORD}
    answer = request.post(address, form={**form, "csrf_token": token.group(1)}, max_redirects=0)
    assert answer.status == 303, answer.text()


def log_in_by_form(page: Page, product: Product) -> None:
    """Log Dana in as she does it herself."""
    page.goto(f"{product.url}/login")
    page.get_by_label("Tenant").fill("acme")
    page.get_by_label("E-mail").fill("dana@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def open_calendar_sync(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/calendar-sync")
    expect(page.get_by_role("heading", name="Calendar Sync", level=1)).to_be_visible()


def choose(page: Page, service: str) -> None:
    page.get_by_role("link", name="Click to Connect").click()
    page.get_by_role("link", name=service, exact=True).click()


def sign_in(page: Page, mailbox: str, password: str = "sandbox") -> None:
    page.get_by_label("E-mail address").fill(mailbox)
    page.get_by_label("assword").fill(password)
    if "exchange" in mailbox:
        page.get_by_label("Server address").fill("mail.firm.example")
    page.get_by_role("button", name="Sign in").click()


def connect(page: Page, service: str = "Google") -> None:
    """Connect a mailbox, and go back to the listing without setting anything up."""
    choose(page, service)
    sign_in(page, SERVICES[service][0])
    allow(page)


def allow(page: Page) -> None:
    """Give consent, see that the wizard begins, and go back to the listing."""
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Which calendar should we link?")).to_be_visible()
    leave_wizard(page)


def expect_disconnected(page: Page) -> None:
    """See that Dana's account at Google is gone; what she had answered for it is kept."""
    expect(page.get_by_text("Google account dana@google.example is disconnected.")).to_be_visible()
    expect(page.get_by_text("Connected", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Continue setup dana@google.example")).to_be_visible()


def leave_wizard(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Calendar Sync").click()
    expect(page.get_by_role("heading", name="Calendar Sync", level=1)).to_be_visible()


def press_until_focused(page: Page, name: str) -> None:
    """Press Tab until a link or a button that says ``name`` has the focus."""
    page.wait_for_load_state()
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":is(a, button, summary):focus")
        if name in "".join(focused.all_inner_texts()):
            return
    raise AssertionError(f"{name} is not reached with the Tab key.")


def connect_by_keyboard(page: Page) -> None:
    """Go from the calendar to a linked Google mailbox of Dana's, without a mouse."""
    press_until_focused(page, "Calendar Sync")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No calendar is connected yet")).to_be_visible()
    press_until_focused(page, "Click to Connect")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Outlook.com")).to_be_visible()
    press_until_focused(page, "Google")
    page.keyboard.press("Enter")
    expect(page.get_by_label("E-mail address")).to_be_visible()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("dana@google.example")
    page.keyboard.press("Tab")
    page.keyboard.type("sandbox")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Allow")).to_be_visible()
    press_until_focused(page, "Allow")
    page.keyboard.press("Enter")


def expect_settled(page: Page) -> None:
    """Wait until htmx has done with what it put into the page.

    Keys that come faster than any person's fall on a form that is still the browser's own.
    """
    expect(page.locator(".htmx-added, .htmx-swapping, .htmx-settling")).to_have_count(0)
    # It gives the focus a moment later, and nothing in the page tells when it has.
    page.wait_for_timeout(400)


def account_of(page: Page, mailbox: str) -> Locator:
    accounts = page.get_by_role("region", name="Linked accounts").get_by_role("listitem")
    return accounts.filter(has=page.get_by_role("heading", name=mailbox))


def fill_item(page: Page, kind: str, subject: str, *, has_script: bool = True) -> None:
    """Choose the kind in the form of a new item and fill in what it cannot do without."""
    page.get_by_role("radio", name=kind).check()
    if not has_script:
        page.get_by_role("button", name="Change kind").click()
    if kind == "Service Call":
        expect(page.get_by_label("Ticket")).to_be_visible()
        page.get_by_label("Ticket").select_option(index=1)
        return
    if kind != "Appointment":
        expect(page.get_by_label("Reminder")).to_have_count(0)
    page.get_by_label("Subject").fill(subject)
