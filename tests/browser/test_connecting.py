"""The whole way of connecting a mailbox, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.core.answers import Answers, Step
from calsync.core.item import ItemFields, Kind
from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.core.plan import Direction, Tick
from calsync.core.window import PastRange
from calsync.db.models import DueRow, LinkedAccount, LinkedCalendar
from calsync.services.calendar_files import create_feed
from calsync.services.clients import create_client
from calsync.services.contacts import create_contact
from calsync.services.drafts import begin_setup, save_setup
from calsync.services.item_access import find_item_view
from calsync.services.items import create_item, delete_item
from tests.browser.axe import axe_violations
from tests.browser.conftest import OpenPage
from tests.browser.console import Console
from tests.browser.fitness import NARROW, assert_fits, assert_is_fit
from tests.browser.real_items import add_each_kind
from tests.browser.steps import (
    SERVICES,
    Product,
    account_of,
    allow,
    choose,
    connect,
    connect_by_keyboard,
    expect_disconnected,
    log_in,
    log_in_by_form,
    open_calendar_sync,
    press_until_focused,
    sign_in,
)
from tests.cast import PASSWORD, find_cast
from tests.sandbox_server import RunningSandbox
from tests.services.planning import add_plan
from tests.services.test_linking import profile_of
from tests.web.made_syncs import make_syncs
from tests.web.routes import PUBLIC, TOKEN_GUARDED
from tests.web.test_calendar_sync import HOSTILE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_connected_and_listed(page: Page, product: Product, service: str):
    mailbox, name = SERVICES[service]
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page, service)
    account = account_of(page, mailbox)
    expect(account.get_by_text("Connected", exact=True)).to_be_visible()
    expect(account.get_by_text(name, exact=True)).to_be_visible()
    account.get_by_text("4 calendars").click()
    for calendar in ("Calendar", "Work", "Personal", "Holidays"):
        expect(account.get_by_text(calendar, exact=True)).to_be_visible()


@pytest.mark.parametrize("host", ["localhost"])
def test_product_and_portal_may_have_different_names(page: Page, product: Product, host: str):
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    expect(page).to_have_url(f"http://localhost:{product.url.rpartition(':')[2]}/calendar-sync")
    expect(account_of(page, "dana@google.example")).to_be_visible()


def test_a_wrong_password_is_refused_and_the_right_one_goes_on(page: Page, product: Product):
    log_in(page, product)
    open_calendar_sync(page, product)
    choose(page, "Google")
    sign_in(page, "dana@google.example", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, "dana@google.example")
    allow(page)
    expect(account_of(page, "dana@google.example")).to_be_visible()


def test_a_refusal_leads_back_and_links_nothing(page: Page, product: Product):
    log_in(page, product)
    open_calendar_sync(page, product)
    choose(page, "Google")
    sign_in(page, "dana@google.example")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("alert")).to_have_text(
        "Calendar not connected. You chose not to give access. Nothing was changed."
    )
    expect(page.get_by_role("heading", name="No calendar is connected yet")).to_be_visible()


def test_a_lost_sign_in_is_found_and_mended(page: Page, product: Product, sandbox: RunningSandbox):
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Not Connected", exact=True)).to_be_visible()
    expect(page.get_by_text("Sign-in expired.")).to_be_visible()
    page.get_by_role("link", name="Reconnect").click()
    sign_in(page, "dana@google.example")
    expect(page.get_by_role("heading", name="Your calendar is connected again")).to_be_visible()
    page.goto(f"{product.url}/calendar-sync")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def test_withdrawn_access_is_given_again(page: Page, product: Product, sandbox: RunningSandbox):
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    sandbox.fault("token_revoked")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Access was removed.")).to_be_visible()
    page.get_by_role("link", name="Reconnect").click()
    sign_in(page, "dana@google.example")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("status").first).to_have_text(
        "Google account dana@google.example is connected again."
    )


def test_disconnecting_asks_and_then_tells_cronofy(
    page: Page, product: Product, sandbox: RunningSandbox
):
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    expect_disconnected(page)

    def revokes() -> int:
        rows = sandbox.control("GET", "/requests")["requests"]
        return sum(row["count"] for row in rows if row["path"] == "/oauth/token/revoke")

    for _ in range(100):
        if revokes():
            break
        page.wait_for_timeout(50)
    assert revokes() == 1


def test_calendars_that_are_being_read_appear_by_themselves(
    page: Page, product: Product, sandbox: RunningSandbox
):
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": True})
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    expect(page.get_by_text("We are reading your calendars.")).to_be_visible()
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": False})
    # Asked again by the loop after 5 s, and shown by the fragment 2 s later.
    expect(page.get_by_text("We are reading your calendars.")).to_be_hidden(timeout=15_000)
    expect(page.get_by_text("4 calendars")).to_be_visible()
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    page.wait_for_timeout(2500)
    assert polls == [], "Nothing is asked any more once everything is read."


def test_everything_works_without_scripts(open_page: OpenPage, product: Product):
    page = open_page(java_script_enabled=False)
    log_in_by_form(page, product)
    open_calendar_sync(page, product)
    connect(page)
    expect(account_of(page, "dana@google.example")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    expect_disconnected(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_everything_works_by_keyboard_alone(page: Page, product: Product):
    page.goto(f"{product.url}/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for word in ("acme", "dana@acme.example", PASSWORD):
        page.keyboard.press("Tab")
        page.keyboard.type(word)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    connect_by_keyboard(page)
    expect(page.get_by_role("heading", name="Which calendar should we link?")).to_be_visible()
    press_until_focused(page, "Calendar Sync")
    page.keyboard.press("Enter")
    expect(account_of(page, "dana@google.example")).to_be_visible()


def test_an_error_takes_the_focus_and_leads_to_its_field(page: Page, product: Product):
    page.goto(f"{product.url}/login")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_title("Error: Log in - calsync")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Enter your password").click()
    expect(page.get_by_label("Password")).to_be_focused()


VIEWS = ("month", "week", "day", "agenda")


#: Answers that show everything there is to see in the wizard.
ANSWERS = Answers(
    options=Options(past=PastRange.TWO_WEEKS, policy=Policy.MINE, sends=True), retrieves=True
)


def list_pages(product: Product) -> dict[str, str]:
    """Return an address for each route that shows a page of its own, by endpoint.

    Each has something to show; what comes after a space tells addresses of one route apart.
    """
    with tools_of(product.app).db.read() as session:
        account_id = session.query(LinkedAccount).first().id
    tools = tools_of(product.app)
    dana = find_cast(tools)["dana"].who
    item_id = add_each_kind(product, days=1)[Kind.SERVICE_CALL]
    ticket_id = find_item_view(tools, dana, item_id).fields.ticket_id
    create_item(tools, dana, ItemFields(Kind.TODO, "Renew certificates"))
    deleted = create_item(tools, dana, ItemFields(Kind.TODO, "Order toner"))
    delete_item(tools, dana, deleted)
    create_feed(tools, dana, "Wall display")
    client_id = add_client(product)[0]
    syncs = make_syncs(tools, find_cast(tools)["dana"], account_id)
    draft_id = begin_setup(tools, dana, account_id)
    furthest = Step.CONFIRMATION
    save_setup(tools, dana, draft_id, ANSWERS, step=furthest, furthest=furthest)
    add_plan(tools, dana, ticks=(Tick(Direction.OUT, 42, 42),), draft_id=draft_id)
    pages = {
        "tickets.listing": "/tickets",
        "clients.listing": "/clients",
        "clients.show": f"/clients/{client_id}",
        "calendar_files.show": "/calendar/files",
        "calendar_files.choose": "/calendar/import",
        "tickets.new": "/tickets/new",
        "tickets.show": f"/tickets/{ticket_id}",
        "tickets.edit": f"/tickets/{ticket_id}/edit",
        "items.new": "/calendar/new",
        "items.show": f"/calendar/item/{item_id}",
        "items.edit": f"/calendar/item/{item_id}/edit",
        "items.ask_move": f"/calendar/item/{item_id}/move",
        "items.ask_delete": f"/calendar/item/{item_id}/delete",
        "items.show_bin": "/calendar/bin",
        "items.show_undated": "/calendar/undated",
        "calendar_sync.listing": "/calendar-sync",
        "calendar_sync.ask_delete": f"{syncs.integration}/delete",
        "calendar_sync.ask_disconnect": f"/calendar-sync/accounts/{account_id}/disconnect",
        "runs.show": syncs.over,
        "sync_logs.show": f"{syncs.integration}/logs?started=all",
        "sync_logs.show nothing": f"{syncs.integration}/logs?kind=task",
        "runs.held": f"{syncs.integration}/held",
        "runs.held all": f"{syncs.integration}/held?what=copy_deletion",
        "runs.show under way": syncs.under_way,
        "runs.show stopped": syncs.stopped,
        "wizard.ask_discard": f"/calendar-sync/setup/{draft_id}/discard",
        **{f"wizard.setup_tab {tab}": f"/calendar-sync/setup/{draft_id}/{tab}" for tab in Step},
        **{f"wizard.settings_tab {tab}": f"{syncs.integration}/settings/{tab}" for tab in Step},
        "sync_preview.show": f"/calendar-sync/setup/{draft_id}/preview",
        "account.show": "/account",
        "api_tokens.show": "/account/tokens",
        "api_description.reference": "/api/v1/docs",
        **{f"home.show {view}": f"/calendar/{view}/2026-11-24" for view in VIEWS},
        "error": "/nothing/here",
    }
    return {endpoint: product.url + path for endpoint, path in pages.items()}


def add_client(product: Product) -> tuple[str, str]:
    """Make a client with a contact, and return their ids."""
    tools = tools_of(product.app)
    sam = find_cast(tools)["sam"].who
    client_id = create_client(tools, sam, "Northwind")
    return client_id, create_contact(tools, sam, client_id, "Kim")


def list_pages_of_dispatchers(product: Product) -> dict[str, str]:
    """Return an address for each page that Dana may not see and Sam may, by endpoint."""
    client_id, contact_id = add_client(product)
    where = f"{product.url}/clients/{client_id}"
    return {
        "clients.new": f"{product.url}/clients/new",
        "clients.edit": f"{where}/edit",
        "clients.delete": f"{where}/delete",
        "clients.new_contact": f"{where}/contacts/new",
        "clients.edit_contact": f"{where}/contacts/{contact_id}/edit",
        "clients.delete_a_contact": f"{where}/contacts/{contact_id}/delete",
        "a client": where,
    }


#: Pages for administrators, which Dana may not see.
ADMIN_PAGES = {"webhooks.show": "/admin/webhooks"}
#: Pages for dispatchers, which Dana may not see.
DISPATCHER_PAGES = {
    "clients.new",
    "clients.edit",
    "clients.delete",
    "clients.new_contact",
    "clients.edit_contact",
    "clients.delete_a_contact",
}
#: Routes for reading that show no page of their own: redirects, fragments, files and figures.
NO_PAGE = {
    "calendar_sync.connect",
    "calendar_sync.callback",
    "calendar_sync.reading",
    "runs.progress",
    "sync_logs.download",
    "sync_preview.download",
    "sync_preview.look",
    "wizard.reading",
    "wizard.settings",
    "calendar_sync.row",
    "home.start",
    "calendar_files.export",
}


def test_every_page_there_is_gets_looked_at(product: Product, link: Callable[..., str]):
    link()
    reading = {
        rule.endpoint
        for rule in product.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in PUBLIC
        if rule.endpoint.partition(".")[0] not in TOKEN_GUARDED
    }
    pages = (*list_pages(product), *ADMIN_PAGES, *DISPATCHER_PAGES)
    seen = {name.partition(" ")[0] for name in pages}
    assert reading - NO_PAGE == seen - {"error", "api_description.reference"}


def test_the_pages_of_dispatchers_are_fit_for_everybody(page: Page, product: Product):
    """Costs one load of each page, and the questions to axe."""
    log_in(page, product, "sam")
    pages = list_pages_of_dispatchers(product)
    assert set(pages) > DISPATCHER_PAGES
    for url in pages.values():
        page.goto(url)
        assert_is_fit(page)


def test_a_client_is_added_without_scripts(open_page: OpenPage, product: Product):
    """Costs four small pages."""
    page = open_page(java_script_enabled=False, viewport=NARROW)
    log_in(page, product, "sam")
    page.goto(f"{product.url}/tickets")
    page.get_by_role("link", name="Clients").click()
    page.get_by_role("link", name="Add a client").click()
    assert_fits(page)
    page.get_by_label("Name").fill("Contoso")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Contoso")).to_be_visible()


@pytest.mark.parametrize("part", [0, 1])
def test_every_page_is_fit_for_everybody(
    page: Page, product: Product, link: Callable[..., str], console: Console, part: int
):
    """Costs one load of each page and four questions to axe; in two parts, for two workers."""
    console.allow("status of 404")
    link()
    log_in(page, product)
    for url in [*list_pages(product).values()][part::2]:
        page.goto(url)
        assert_is_fit(page)


def test_no_page_is_wider_than_a_telephone_without_scripts(
    open_page: OpenPage, product: Product, link: Callable[..., str], console: Console
):
    console.allow("status of 404")
    link()
    page = open_page(java_script_enabled=False, viewport=NARROW)
    log_in(page, product)
    for url in list_pages(product).values():
        page.goto(url)
        assert_fits(page)


def test_the_pages_of_logging_in_and_of_connecting_are_fit_for_everybody(
    page: Page, product: Product, sandbox: RunningSandbox
):
    page.goto(f"{product.url}/login")
    assert_is_fit(page)
    page.get_by_role("button", name="Log in").click()
    assert_is_fit(page)
    log_in(page, product)
    open_calendar_sync(page, product)
    assert_is_fit(page)
    connect(page)
    page.goto(f"{product.url}/account")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_is_fit(page)
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    page.goto(f"{product.url}/calendar-sync")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Not Connected", exact=True)).to_be_visible()
    assert_is_fit(page)
    make_hostile(product)
    page.goto(f"{product.url}/calendar-sync")
    assert_is_fit(page)


def test_the_pages_of_administrators_are_fit_for_everybody(page: Page, product: Product):
    log_in(page, product, "sam")
    for path in ADMIN_PAGES.values():
        page.goto(product.url + path)
        assert_is_fit(page)
    page.get_by_role("textbox", name="Address").fill(f"https://psa.example/{'x' * 200}")
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    assert_is_fit(page)


def make_hostile(product: Product) -> None:
    """Give the mailbox and its calendars the worst names there are, for good."""
    with tools_of(product.app).db.begin() as session:
        session.query(DueRow).delete()
        session.query(LinkedAccount).one().profile_name = HOSTILE[4]
        for calendar, name in zip(session.query(LinkedCalendar), HOSTILE, strict=False):
            calendar.name = name


def test_hostile_names_run_no_code(page: Page, product: Product):
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    make_hostile(product)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(f"{product.url}/calendar-sync")
    page.get_by_text("4 calendars").click()
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    assert dialogs == []


def test_the_chosen_look_wins_over_the_systems(open_page: OpenPage, product: Product):
    page = open_page(color_scheme="light")
    log_in(page, product)
    page.goto(f"{product.url}/account")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(18, 23, 30)"
    assert axe_violations(page) == []


def test_a_login_that_ended_elsewhere_leads_the_reading_page_to_the_login(
    page: Page, product: Product, sandbox: RunningSandbox, console: Console
):
    console.allow("status of 401")
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": True})
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    expect(page.get_by_text("We are reading your calendars.")).to_be_visible()
    page.context.clear_cookies()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.url == f"{product.url}/login?next=/calendar-sync"
