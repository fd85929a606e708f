"""Calendar files and tokens in a browser: with script and without it, for everybody."""

import pytest
from playwright.sync_api import Page, expect

from calsync.app import tools_of
from calsync.services.calendar_files import import_file
from tests.browser.conftest import OpenPage
from tests.browser.fitness import assert_is_fit
from tests.browser.steps import Product, log_in
from tests.cast import find_cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def make_file(*events: tuple[str, str, str]) -> bytes:
    """Return a calendar file with events, each of an id, a start and a title."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tests//EN"]
    for uid, start, title in events:
        lines += ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", "DURATION:PT1H"]
        lines += [f"SUMMARY:{title}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


VISIT = ("1@example", "20261126T100000Z", "Visit to the Lisbon office")
KNOWN = ("2@example", "20261127T100000Z", "Known already")
DAMAGED = ("3@example", "20261199T100000Z", "Damaged")


def choose(page: Page, product: Product, content: bytes) -> None:
    page.goto(f"{product.url}/calendar/files")
    page.get_by_role("link", name="Import a file").click()
    file = {"name": "mine.ics", "mimeType": "text/calendar", "buffer": content}
    page.get_by_label("Calendar file").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Show what would be added").click()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_file_is_imported_after_a_look_at_what_it_would_add(
    open_page: OpenPage, product: Product, *, has_script: bool
):
    tools = tools_of(product.app)
    import_file(tools, find_cast(tools)["dana"].who, make_file(KNOWN), "Europe/London")
    page = open_page(java_script_enabled=has_script)
    log_in(page, product)
    choose(page, product, b"")
    expect(page.get_by_role("alert")).to_contain_text("Choose a file")
    if has_script:
        assert_is_fit(page)
    choose(page, product, make_file(VISIT, KNOWN, DAMAGED))
    expect(page.get_by_role("heading", name="1 item to add")).to_be_visible()
    expect(page.get_by_role("heading", name="1 item is there already")).to_be_visible()
    expect(page.get_by_role("heading", name="1 entry could not be read")).to_be_visible()
    if has_script:
        assert_is_fit(page)
    page.get_by_role("button", name="Add to My Calendar").click()
    expect(page.get_by_role("status").first).to_have_text("Import finished. Items added: 1.")
    page.goto(f"{product.url}/calendar/day/2026-11-26")
    expect(page.locator("#calendar").get_by_role("link", name=VISIT[2])).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_feed_is_made_read_and_revoked(
    open_page: OpenPage, product: Product, *, has_script: bool
):
    page = open_page(java_script_enabled=has_script)
    log_in(page, product)
    page.goto(f"{product.url}/calendar/files")
    page.get_by_label("Name of a new feed").fill("Wall display")
    page.get_by_role("button", name="Create feed").click()
    address = page.get_by_role("code").inner_text()
    if has_script:
        assert_is_fit(page)
    assert "BEGIN:VCALENDAR" in page.request.get(address).text()
    page.get_by_role("button", name="Revoke Wall display").click()
    expect(page.get_by_role("status").first).to_contain_text("Feed revoked.")
    assert page.request.get(address).status == 404


def test_a_range_is_downloaded_as_a_file(page: Page, product: Product):
    log_in(page, product)
    page.goto(f"{product.url}/calendar/files")
    page.get_by_label("First day").fill("2026-11-01")
    page.get_by_label("Last day").fill("2026-11-30")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download .ics file").click()
    assert downloading.value.suggested_filename == "calsync.ics"


@pytest.mark.parametrize("has_script", [True, False])
def test_a_token_is_shown_once_and_revoked(
    open_page: OpenPage, product: Product, *, has_script: bool
):
    page = open_page(java_script_enabled=has_script)
    log_in(page, product)
    page.goto(f"{product.url}/account/tokens")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Name").fill("PSA")
    page.get_by_role("button", name="Make token").click()
    secret = page.locator("#secret").inner_text()
    if has_script:
        assert_is_fit(page)
    answer = page.request.get(
        f"{product.url}/api/v1/items", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.ok
    page.goto(f"{product.url}/account/tokens")
    expect(page.locator("#secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke PSA").click()
    expect(page.get_by_text("There are none yet.")).to_be_visible()
