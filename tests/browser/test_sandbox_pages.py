"""The sandbox's pages in a real browser: usable by all, on a phone, without scripts."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fitness import NARROW, assert_is_fit
from tests.sandbox_server import RunningSandbox

DANA = "/mailboxes/dana@google.example"
HOSTILE = ["<script>alert(1)</script>", "\u202egnp.exe", "🎉 مرحبا", "x" * 5000, "many words " * 90]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    running.reset()
    return running


def authorize_url(sandbox: RunningSandbox, **changes: str) -> str:
    wish = {
        "client_id": sandbox.client_id,
        "redirect_uri": f"{sandbox.url}/",
        "response_type": "code",
        "scope": "read_events create_event delete_event",
        "state": "s1",
        **changes,
    }
    return f"{sandbox.url}/oauth/authorize?{urlencode(wish)}"


def fill_mailbox(sandbox: RunningSandbox, page: Page) -> str:
    """Put hostile and many events on today and return the path of one of them."""
    calendar = sandbox.calendars()["Work"]
    today = sandbox.control("GET", "/state")["now"][:10]
    for number, title in enumerate([*HOSTILE, "a", "b"]):
        clock = f"{today}T{10 + number}:00:00Z", f"{today}T{10 + number}:30:00Z"
        body = {
            "calendar_id": calendar,
            "summary": title,
            "description": title,
            "tzid": "Asia/Tokyo",
        }
        uid = sandbox.control("POST", "/events", {**body, "start": clock[0], "end": clock[1]})
    return f"{DANA}/events/{uid['event_uid']}"


def list_pages(sandbox: RunningSandbox, page: Page) -> Iterator[str]:
    """Yield an address of each kind of page, with something on it."""
    event = fill_mailbox(sandbox, page)
    tokens = sandbox.authorise()
    sandbox.fault("slow", times=3)
    body = {
        "permissions": [
            {"calendar_id": sandbox.calendars()["Work"], "permission_level": "unrestricted"}
        ],
        "redirect_uri": f"{sandbox.url}/",
    }
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    sandbox.control("DELETE", "/faults")
    asked = page.request.post(f"{sandbox.url}/v1/permissions", data=body, headers=headers)
    yield from ("/", "/portal", "/dashboard", DANA, f"{DANA}/calendars", f"{DANA}/events/new")
    yield from (event, f"{event}/edit", "/relinked?email=dana@google.example")
    for provider in ("", "google", "apple", "exchange"):
        yield authorize_url(sandbox, provider_name=provider).removeprefix(sandbox.url)
    yield urlsplit(asked.json()["permissions_request"]["url"]).path
    yield "/relink/google?email=dana@google.example"


def assert_is_fit_and_says_so(page: Page) -> None:
    """The page is fit for everybody, and says that nothing on it is real."""
    assert_is_fit(page)
    expect(page.get_by_text("Sandbox: nothing here is real")).to_be_visible()


def test_every_page_is_accessible_and_fits(page: Page, sandbox: RunningSandbox) -> None:
    for path in list_pages(sandbox, page):
        page.goto(sandbox.url + path)
        assert_is_fit_and_says_so(page)


def test_refusals_are_accessible_and_fit(page: Page, sandbox: RunningSandbox) -> None:
    page.goto(authorize_url(sandbox, provider_name="exchange"))
    page.get_by_role("button", name="Sign in").click()
    assert_is_fit_and_says_so(page)

    page.goto(f"{sandbox.url}{DANA}/events/new")
    page.get_by_label("Starts on").fill("")
    page.get_by_label("Guests").fill("nobody")
    page.get_by_role("button", name="Save").click()
    assert_is_fit_and_says_so(page)

    page.goto(f"{sandbox.url}/dashboard")
    page.get_by_label("Page size").fill("many")
    page.get_by_role("button", name="Save settings").click()
    assert_is_fit_and_says_so(page)


def sign_in(page: Page, password: str = "sandbox") -> None:
    page.get_by_label("E-mail address").fill("dana@icloud.example")
    page.get_by_label("App-specific password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def answer_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_person_connects_icloud_after_a_wrong_password(
    open_page: OpenPage, sandbox: RunningSandbox, has_scripts: bool
) -> None:
    page = open_page(java_script_enabled=has_scripts)
    page.goto(authorize_url(sandbox))
    page.get_by_role("link", name="iCloud").click()
    expect(page.get_by_text("iCloud needs an app-specific password")).to_be_visible()

    sign_in(page, "my usual one")
    expect(page.get_by_role("alert")).to_contain_text("The app-specific password is wrong.")
    expect(page.get_by_label("E-mail address")).to_have_value("dana@icloud.example")

    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow calsync to use your calendar?")
    page.get_by_role("button", name="Allow").click()

    assert set(answer_of(page)) == {"code", "state"}


def go_back(page: Page) -> None:
    """Press Back once the page is there that one goes back from."""
    page.wait_for_load_state()
    page.go_back()


def test_back_from_the_consent_page_leads_to_the_sign_in_and_forward_again(
    page: Page, sandbox: RunningSandbox
) -> None:
    page.goto(authorize_url(sandbox, provider_name="apple"))
    sign_in(page)
    page.get_by_role("button", name="Deny").click()
    assert answer_of(page)["error"] == ["access_denied"]

    go_back(page)
    page.get_by_role("button", name="Allow").click()
    assert "code" in answer_of(page)

    go_back(page)
    go_back(page)
    expect(page.get_by_role("heading", name="Sign in to iCloud")).to_be_visible()


def test_the_refused_form_takes_the_focus_and_leads_to_the_field(
    page: Page, sandbox: RunningSandbox
) -> None:
    page.goto(f"{sandbox.url}{DANA}/events/new")
    page.get_by_label("Starts on").fill("")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Enter the day on which the event starts").click()

    expect(page.get_by_label("Starts on")).to_be_focused()
    assert page.title().startswith("Error: ")


def test_an_owner_adds_moves_and_deletes_an_event(page: Page, sandbox: RunningSandbox) -> None:
    page.goto(sandbox.url)
    page.get_by_role("link", name="Google dana@google.example").click()
    page.get_by_role("link", name="New event").click()
    page.get_by_label("Title").fill("Rare bird")
    page.get_by_label("At", exact=True).fill("07:15")
    page.get_by_label("Until").fill("08:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("The event was added.")

    page.get_by_role("link", name="07:15 Rare bird").click()
    page.get_by_role("link", name="Edit or move").click()
    page.get_by_label("At", exact=True).fill("07:45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("07:45 to 08:00")).to_be_visible()

    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_have_text("The event was deleted.")
    expect(page.get_by_text("Rare bird")).to_have_count(0)


def test_on_a_phone_a_day_leads_to_its_agenda(open_page: OpenPage, sandbox: RunningSandbox) -> None:
    page = open_page(viewport=NARROW, has_touch=True)
    fill_mailbox(sandbox, page)
    page.goto(sandbox.url + DANA)

    day = page.locator("td.today .count")
    expect(day).to_be_visible()
    expect(page.locator(".chip").first).to_be_hidden()
    day.tap()

    expect(page.get_by_role("link", name="<script>alert(1)</script>")).to_be_in_viewport()


def test_the_first_tab_stop_skips_to_the_content(page: Page, sandbox: RunningSandbox) -> None:
    page.goto(sandbox.url)

    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")

    assert page.url.endswith("#main")


def test_a_fault_is_switched_on_and_off(page: Page, sandbox: RunningSandbox) -> None:
    page.goto(f"{sandbox.url}/dashboard")

    page.get_by_role("button", name="Turn on reset_after").click()
    expect(page.get_by_text("On: 1 more")).to_be_visible()
    page.get_by_role("button", name="Turn off reset_after").click()

    expect(page.get_by_role("status")).to_have_text("The fault is off.")
    expect(page.get_by_text("On: 1 more")).to_have_count(0)
