"""The Calendar Sync page, and coming back to it from Cronofy."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.config import Settings
from calsync.cronofy.limiter import Lane
from calsync.db.accounts import find_account
from calsync.db.models import LinkedCalendar
from calsync.services.accounts import check_account
from calsync.services.linking import Outcome
from calsync.services.tools import Tools
from calsync.web.returns import NOTES
from tests.browsing import LogIn, post
from tests.cast import PASSWORD, Person
from tests.clocks import FakeClock
from tests.consent import consent
from tests.installations import with_keys
from tests.sandbox_server import RunningSandbox
from tests.services.test_linking import profile_of

TOO_LATE = "That took too long or was not begun here, so we stopped for safety"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202egnp.exe",
    "🦊" * 300,
    "x" * 5000,
    "' \" hx-get=/x {{1001*7}}",
)


def agree(browser: FlaskClient, mailbox: str = "dana@google.example", **how: str) -> dict[str, str]:
    """Go from the page to Cronofy and give consent; return what Cronofy sends back."""
    return consent(browser.get("/calendar-sync/connect").location, mailbox, **how)


def come_back(browser: FlaskClient, answer: dict[str, str]) -> TestResponse:
    """Return the listing as it is then, also where the way leads on to the wizard."""
    back = browser.get(f"/calendar-sync/callback?{urlencode(answer)}")
    assert back.status_code == 303
    assert re.fullmatch("/calendar-sync(/setup/[a-z0-9]{16}/linked-calendar)?", back.location)
    return browser.get("/calendar-sync")


def test_nothing_linked_says_how_to_begin(browser: FlaskClient):
    page = browser.get("/calendar-sync").text
    assert "No calendar is connected yet" in page
    assert page.count("Click to Connect") == 1
    assert "app-specific password" in page


def test_a_consent_that_was_given_shows_the_account_and_its_calendars(
    browser: FlaskClient, sandbox: RunningSandbox
):
    page = come_back(browser, agree(browser)).text
    assert ">Connected<" in page.replace("</svg> ", ">").replace("\n", "")
    for words in ("Work", "Main calendar", "Holidays", "Read only"):
        assert words in page
    assert "Old projects" not in page, "a deleted calendar is not offered"


def test_a_refusal_says_that_nothing_was_changed(browser: FlaskClient, sandbox: RunningSandbox):
    page = come_back(browser, agree(browser, answer="deny")).text
    assert "Calendar not connected. You chose not to give access. Nothing was changed." in page
    assert "No calendar is connected yet" in page


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"state": "forged", "code": "x"},
        {"code": "x"},
        {"state": "forged", "error": "access_denied"},
        {"state": "\u202e" * 50, "code": "<script>"},
        {"state": "x" * 9000, "code": "y" * 9000},
    ],
)
def test_a_return_that_nobody_began_is_too_late(
    browser: FlaskClient, sandbox: RunningSandbox, answer: dict[str, str]
):
    page = come_back(browser, answer).text
    assert TOO_LATE in page
    assert "<script>" not in page.partition("<main")[2]
    assert sandbox.control("GET", "/requests")["total"] == 0


def test_a_state_given_twice_or_as_a_list_is_no_crash(browser: FlaskClient):
    answer = browser.get("/calendar-sync/callback?state=a&state=b&code[]=c&error=")
    assert answer.status_code == 303


def test_a_return_that_comes_a_second_time_says_so(browser: FlaskClient, sandbox: RunningSandbox):
    answer = agree(browser)
    come_back(browser, answer)
    assert "You have been here already" in come_back(browser, answer).text


def test_a_return_after_ten_minutes_is_too_late(
    browser: FlaskClient, sandbox: RunningSandbox, clock: FakeClock
):
    answer = agree(browser)
    clock.move(timedelta(minutes=11))
    assert TOO_LATE in come_back(browser, answer).text


def test_a_return_in_somebody_elses_browser_links_nothing(
    browser: FlaskClient, sam: Person, logged_in: LogIn, sandbox: RunningSandbox
):
    answer = agree(browser)
    page = come_back(logged_in(sam), answer).text
    assert TOO_LATE in page
    assert "No calendar is connected yet" in page


def test_a_return_after_logging_out_asks_to_log_in_and_keeps_no_code(
    app: Flask, browser: FlaskClient, sandbox: RunningSandbox
):
    answer = agree(browser)
    post(browser, "/logout")
    back = browser.get(f"/calendar-sync/callback?{urlencode(answer)}")
    assert back.location == "/login"


def test_an_account_linked_before_is_named(browser: FlaskClient, sandbox: RunningSandbox):
    come_back(browser, agree(browser))
    page = come_back(browser, agree(browser)).text
    assert "Google account dana@google.example is already linked." in page


def test_cronofy_away_is_said_in_plain_words(browser: FlaskClient, sandbox: RunningSandbox):
    answer = agree(browser)
    sandbox.fault("server_error", path="/oauth/token")
    assert "We could not reach the calendar service. Your settings are safe." in (
        come_back(browser, answer).text
    )


def test_a_secret_that_cronofy_does_not_know_points_to_the_administrator(
    browser: FlaskClient, sandbox: RunningSandbox
):
    answer = agree(browser)
    sandbox.control("PATCH", "/settings", {"client_secrets": ["another"]})
    assert "Ask your administrator to check" in come_back(browser, answer).text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("server_error", "We could not reach the calendar service."),
        ("temporarily_unavailable", "We could not reach the calendar service."),
        ("invalid_scope", "Ask your administrator to check its Cronofy settings."),
        ("<script>alert(1)</script>", "Ask your administrator to check its Cronofy settings."),
    ],
)
def test_an_error_of_cronofys_is_not_called_a_refusal_or_too_late(
    browser: FlaskClient, sandbox: RunningSandbox, error: str, words: str
):
    state = agree(browser)["state"]
    page = come_back(browser, {"state": state, "error": error}).text
    assert words in page
    assert TOO_LATE not in page
    assert "<script>alert" not in page


def test_every_outcome_has_its_words():
    assert set(NOTES) == set(Outcome)


def test_calendars_still_being_read_refresh_by_themselves_until_they_are(
    browser: FlaskClient, tools: Tools, dana: Person, sandbox: RunningSandbox
):
    profile = profile_of(sandbox, "dana@google.example")
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": True})
    page = come_back(browser, agree(browser)).text
    assert "We are reading your calendars" in page
    fragment_url = page.partition('hx-get="')[2].partition('"')[0]
    assert 'hx-trigger="load delay:2s"' in browser.get(fragment_url).text
    assert "<html" not in browser.get(fragment_url).text
    sandbox.control("POST", f"/profiles/{profile}/initial_sync", {"required": False})
    account_id = fragment_url.split("/")[-2]
    check_account(tools, dana.who.tenant_id, account_id, Lane.USER)
    assert "hx-get" not in browser.get(fragment_url).text


def test_an_account_with_read_only_calendars_alone_says_so(
    browser: FlaskClient, sandbox: RunningSandbox
):
    for calendar_id in sandbox.calendars("dana@google.example").values():
        sandbox.fault("calendar_readonly", calendar_id=calendar_id)
    page = come_back(browser, agree(browser)).text
    assert "You can only read the calendars in this account." in page


def test_a_profile_that_lost_its_sign_in_leads_to_cronofys_page_for_it(
    browser: FlaskClient, link: Callable[..., str], sandbox: RunningSandbox
):
    account_id = link("dana@exchange.example")
    profile = profile_of(sandbox, "dana@exchange.example")
    sandbox.control("POST", f"/profiles/{profile}/disconnect")
    assert post(browser, f"/calendar-sync/accounts/{account_id}/check").status_code == 303
    page = browser.get("/calendar-sync").text
    assert "Not Connected" in page
    assert "Sign-in expired." in page
    assert f'href="{sandbox.url}/relink/exchange' in page
    assert "needs Exchange Web Services enabled by its administrator" in page


def test_a_page_for_signing_in_on_another_host_is_never_linked(
    browser: FlaskClient, tools: Tools, dana: Person, link: Callable[..., str]
):
    account_id = link()
    with tools.db.begin() as session:
        account = find_account(session, dana.who.tenant_id, dana.who.user_id, account_id)
        assert account
        account.disconnection = "profile_disconnected"
        account.relink_url = "https://evil.example/relink"
    page = browser.get("/calendar-sync").text
    assert "evil.example" not in page
    assert f'href="/calendar-sync/connect?account={account_id}"' in page


def test_access_that_was_withdrawn_can_be_given_again(
    browser: FlaskClient, link: Callable[..., str], sandbox: RunningSandbox
):
    account_id = link()
    sandbox.fault("token_revoked")
    post(browser, f"/calendar-sync/accounts/{account_id}/check")
    page = browser.get("/calendar-sync").text
    assert "Access was removed." in page
    url = browser.get(f"/calendar-sync/connect?account={account_id}").location
    assert "is connected again." in come_back(browser, consent(url)).text
    assert "Not Connected" not in browser.get("/calendar-sync").text


def test_reconnecting_as_somebody_else_says_what_to_do(
    browser: FlaskClient, link: Callable[..., str], sandbox: RunningSandbox
):
    account_id = link()
    url = browser.get(f"/calendar-sync/connect?account={account_id}").location
    page = come_back(browser, consent(url, "sam@google.example")).text
    assert "You signed in to another mailbox than dana@google.example" in page


def test_a_check_while_cronofy_is_away_says_so_and_changes_nothing(
    browser: FlaskClient, link: Callable[..., str], sandbox: RunningSandbox
):
    account_id = link()
    sandbox.fault("server_error", path="/v1/userinfo", times=20)
    post(browser, f"/calendar-sync/accounts/{account_id}/check")
    page = browser.get("/calendar-sync").text
    assert "We could not reach the calendar service." in page
    assert "Not Connected" not in page


def test_a_check_that_went_well_says_so(browser: FlaskClient, link: Callable[..., str]):
    post(browser, f"/calendar-sync/accounts/{link()}/check")
    assert "Checked just now." in browser.get("/calendar-sync").text


def test_a_key_that_is_lost_is_said_and_the_account_can_still_be_disconnected(
    settings: Settings,
    make_app: Callable[..., Flask],
    dana: Person,
    link: Callable[..., str],
):
    account_id = link()
    app = make_app(with_keys(settings, ("other", b"\x09" * 32)))
    assert app.test_client().get("/readyz").status_code == 503
    browser = app.test_client()
    form = {"tenant": dana.tenant, "email": dana.email, "password": PASSWORD}
    post(browser, "/login", form)
    post(browser, f"/calendar-sync/accounts/{account_id}/check")
    assert "a key is missing" in browser.get("/calendar-sync").text
    assert post(browser, f"/calendar-sync/accounts/{account_id}/disconnect").status_code == 303
    assert "No calendar is connected yet" in browser.get("/calendar-sync").text


def test_disconnecting_asks_first_and_then_forgets(
    browser: FlaskClient, link: Callable[..., str], sandbox: RunningSandbox
):
    address = f"/calendar-sync/accounts/{link()}/disconnect"
    assert "Disconnect this account?" in browser.get(address).text
    assert post(browser, address).status_code == 303
    page = browser.get("/calendar-sync").text
    assert "Google account dana@google.example is disconnected." in page
    assert "No calendar is connected yet" in page
    assert post(browser, address).status_code == 404


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_of_mailboxes_and_calendars_are_only_words(
    browser: FlaskClient, tools: Tools, dana: Person, link: Callable[..., str], words: str
):
    account_id = link()
    with tools.db.begin() as session:
        account = find_account(session, dana.who.tenant_id, dana.who.user_id, account_id)
        assert account
        account.profile_name = account.provider_service = words
        for calendar in session.query(LinkedCalendar).filter_by(account_id=account_id):
            calendar.name = words
    for path in ("/calendar-sync", f"/calendar-sync/accounts/{account_id}/disconnect"):
        answer = browser.get(path)
        assert answer.status_code == 200
        main = answer.text.partition("<main")[2]
        for code in ("<script", "<img", "7007"):
            assert code not in main
        assert "x" * 200 not in main, "a long name is cut"
    done = post(browser, f"/calendar-sync/accounts/{account_id}/disconnect")
    assert done.status_code == 303
    assert "is disconnected" in browser.get("/calendar-sync").text
