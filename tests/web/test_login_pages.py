"""Logging in, as a browser sees it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import babel.dates
import pytest
from flask import Flask
from flask.testing import FlaskClient

from calsync.db.database import Database
from calsync.db.users import get_user
from calsync.errors import StorageUnavailable
from calsync.services.people import TIME_ZONES
from calsync.services.tools import Tools
from calsync.web.words import browser_name
from tests.browsing import LogIn, form_token, post
from tests.cast import PASSWORD, Person
from tests.clocks import FakeClock
from tests.installations import make_settings
from tests.web.test_every_route import without_reference

NEW = "amber kettle nineteen"


def login_form(person: Person, **changes: str) -> dict[str, str]:
    form = {"tenant": person.tenant, "email": person.email, "password": PASSWORD, "next": ""}
    return form | changes


def is_in(client: FlaskClient) -> bool:
    return client.get("/calendar-sync").status_code == 200


def copy_cookies(app: Flask, client: FlaskClient) -> FlaskClient:
    other = app.test_client()
    cookie = client.get_cookie("calsync_session")
    assert cookie
    other.set_cookie("calsync_session", cookie.value)
    return other


WRONG = (
    {"password": "wrong"},
    {"tenant": "nowhere"},
    {"tenant": "evil"},
    {"email": "nobody@acme.example"},
)


def test_every_refusal_reads_the_same(client: FlaskClient, dana: Person):
    pages = set()
    for changes in WRONG:
        form = login_form(dana, **changes)
        answer = post(client, "/login", form)
        assert answer.status_code == 422
        page = without_reference(answer).decode()
        for typed in (*form.values(), *login_form(dana).values()):
            page = page.replace(f'value="{typed}"', "")
        pages.add(page)
        assert not is_in(client)
    [page] = pages
    assert "Tenant, e-mail or password is not right" in page
    assert "<title>Error:" in page


def test_an_empty_form_says_what_to_enter(client: FlaskClient):
    answer = post(client, "/login")
    assert answer.status_code == 422
    for words in ("Enter your tenant", "Enter your e-mail address", "Enter your password"):
        assert answer.text.count(words) == 2, "once in the summary and once at the field"


def test_the_cookie_of_before_the_login_is_worth_nothing_after_it(
    app: Flask, client: FlaskClient, dana: Person
):
    client.get("/login")
    planted = client.get_cookie("calsync_session")
    post(client, "/login", login_form(dana))
    assert is_in(client)
    fresh = client.get_cookie("calsync_session")
    assert planted
    assert fresh
    assert planted.value != fresh.value
    other = app.test_client()
    other.set_cookie("calsync_session", planted.value)
    assert not is_in(other)


def test_a_kept_cookie_is_dead_after_logout(app: Flask, dana: Person, logged_in: LogIn):
    browser = logged_in(dana)
    thief = copy_cookies(app, browser)
    assert is_in(thief)
    assert post(browser, "/logout").status_code == 303
    assert not is_in(thief)
    assert not is_in(browser)


def test_a_kept_cookie_is_dead_after_a_change_of_password(
    app: Flask, dana: Person, logged_in: LogIn
):
    browser, elsewhere = logged_in(dana), logged_in(dana)
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert post(browser, "/account/password", form).status_code == 303
    assert "logged out everywhere else" in browser.get("/account").text
    assert not is_in(elsewhere)


def test_who_comes_back_after_half_an_hour_is_told_once_why_to_log_in_again(
    client: FlaskClient, dana: Person, logged_in: LogIn, clock: FakeClock
):
    said = "Your login has ended. Log in to go on where you were."
    assert said not in client.get("/calendar-sync", follow_redirects=True).text
    browser = logged_in(dana)
    clock.move(timedelta(minutes=31))
    assert said in browser.get("/calendar-sync", follow_redirects=True).text
    assert said not in browser.get("/calendar-sync", follow_redirects=True).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (
            {"current": "x", "new": "amber kettle 19", "again": "amber kettle 19"},
            "not your current",
        ),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "at least 10"),
        (
            {"current": PASSWORD, "new": "amber kettle 19", "again": "other"},
            "the same new password",
        ),
        ({"current": PASSWORD, "new": "calsync2026", "again": "calsync2026"}, "easy to guess"),
        (
            {"current": PASSWORD, "new": "y" * 1001, "again": "y" * 1001},
            "Use at most 256 characters",
        ),
        ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "another password"),
        ({}, "Enter your current password"),
    ],
)
def test_a_bad_new_password_says_why_and_changes_nothing(
    dana: Person, logged_in: LogIn, form: dict[str, str], words: str
):
    browser = logged_in(dana)
    answer = post(browser, "/account/password", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert is_in(logged_in(dana))


def test_another_browser_can_be_logged_out_from_here(app: Flask, dana: Person, logged_in: LogIn):
    elsewhere, browser = logged_in(dana), logged_in(dana)
    page = browser.get("/account").text
    [action] = [
        part.partition('"')[0] for part in page.split('action="') if "/logins/" in part[:30]
    ]
    assert post(browser, action).status_code == 303
    assert not is_in(elsewhere)
    assert is_in(browser)


def test_a_login_times_out_and_leads_back_to_where_it_was(
    dana: Person, logged_in: LogIn, clock: FakeClock
):
    browser = logged_in(dana)
    clock.move(timedelta(minutes=31))
    answer = browser.get("/account?tab=1")
    assert answer.location == "/login?next=/account?tab%3D1"
    again = post(browser, "/login", login_form(dana, next="/account?tab=1"))
    assert again.location == "/account?tab=1"


def test_a_form_that_was_sent_too_late_leads_back_to_its_page_if_it_has_one(
    dana: Person, logged_in: LogIn, clock: FakeClock
):
    browser = logged_in(dana)
    token = form_token(browser)
    clock.move(timedelta(minutes=31))
    for url, place in {
        "/calendar/new": "/login?next=/calendar/new",
        "/account/tokens": "/login?next=/account/tokens",
        "/account/password": "/login",
    }.items():
        assert browser.post(url, data={"csrf_token": token}).location == place


def test_a_page_that_refreshes_itself_goes_to_the_login_as_a_whole(
    dana: Person, logged_in: LogIn, link: Callable[..., str], clock: FakeClock
):
    browser, account_id = logged_in(dana), link()
    for _ in range(8):
        clock.move(timedelta(minutes=5))
        headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:5000/calendar-sync"}
        answer = browser.get(f"/calendar-sync/accounts/{account_id}/reading", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/calendar-sync"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\tevil",
        "/\r\nSet-Cookie: a=b",
        "\\\\evil.example",
        "/%0d%0a" + "x" * 3000,
        "evil.example",
    ],
)
def test_a_login_leads_to_no_other_site(client: FlaskClient, dana: Person, target: str):
    answer = post(client, "/login", login_form(dana, next=target))
    assert answer.status_code == 303
    assert answer.location == "/calendar"


def test_somebody_logged_in_is_led_past_the_form(dana: Person, logged_in: LogIn):
    answer = logged_in(dana).get("/login?next=//evil.example")
    assert answer.location == "/calendar"


def test_after_ten_wrong_passwords_the_eleventh_is_not_even_tried(
    client: FlaskClient, dana: Person, tools: Tools
):
    for _ in range(10):
        assert post(client, "/login", login_form(dana, password="wrong")).status_code == 422
    answer = post(client, "/login", login_form(dana))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert "Wait" in answer.text
    assert not is_in(client)


def test_a_guesser_does_not_lock_the_owner_out(app: Flask, dana: Person):
    guesser = app.test_client()
    guesser.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    for _ in range(30):
        post(guesser, "/login", login_form(dana, password="wrong"))
    owner = app.test_client()
    assert post(owner, "/login", login_form(dana)).status_code == 303


def test_one_address_that_tries_many_people_is_stopped(client: FlaskClient, dana: Person):
    statuses = [
        post(client, "/login", login_form(dana, email=f"p{n}@acme.example")).status_code
        for n in range(62)
    ]
    assert statuses == [422] * 60 + [429] * 2


def test_success_is_not_counted_as_a_guess(client: FlaskClient, dana: Person, logged_in: LogIn):
    for _ in range(12):
        logged_in(dana)


def test_form_fields_that_nobody_asked_for_are_ignored(
    dana: Person, sam: Person, logged_in: LogIn, tools: Tools
):
    browser = logged_in(dana)
    form = {
        "theme": "dark",
        "time_zone": "Europe/Paris",
        "role": "admin",
        "tenant_id": "x",
        "user_id": sam.who.user_id,
        "id": sam.who.user_id,
    }
    assert post(browser, "/account/preferences", form).status_code == 303
    assert 'data-bs-theme="dark"' in browser.get("/account").text
    with tools.db.read() as session:
        user = get_user(session, dana.who.tenant_id, dana.who.user_id)
        assert (user.role, user.theme, user.time_zone) == ("member", "dark", "Europe/Paris")
        other = get_user(session, sam.who.tenant_id, sam.who.user_id)
        assert (other.role, other.theme) == ("admin", "system")


@pytest.mark.parametrize("form", [{"theme": "pink"}, {"theme": "dark", "time_zone": "Mars/Base"}])
def test_a_choice_that_there_is_not_is_refused(
    dana: Person, logged_in: LogIn, form: dict[str, str]
):
    answer = post(logged_in(dana), "/account/preferences", form)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "Choose" in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_over_https_the_cookie_is_bound_to_host_and_tls(
    database_url: str, tmp_path: Path, make_app: Callable[..., Flask]
):
    settings = make_settings(database_url, tmp_path, public_url="https://calsync.example")
    client = make_app(settings).test_client()
    answer = client.get("/login", base_url="https://calsync.example")
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-calsync=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    ("described", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150 Safari/537.36 Edg/150", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/19 Safari/604.1", "Safari on iOS"),
        ("Mozilla/5.0 (Macintosh; Mac OS X 10_15) Chrome/150 Safari/537.36", "Chrome on macOS"),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_called_by_its_name(app: Flask, described: str, name: str):
    with app.test_request_context():
        assert browser_name(described) == name


def test_the_present_password_cannot_be_guessed_in_a_stolen_browser(dana: Person, logged_in: LogIn):
    browser = logged_in(dana)
    form = {"current": "wrong", "new": NEW, "again": NEW}
    statuses = [post(browser, "/account/password", form).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


@pytest.mark.parametrize(
    "url", ["http://[", "x" * 5000, "//evil.example/x", "http://evil.example/"]
)
def test_whatever_a_fragment_says_it_stands_on_the_login_is_ours(client: FlaskClient, url: str):
    headers = {"HX-Request": "true", "HX-Current-URL": url}
    answer = client.get("/calendar-sync", headers=headers)
    assert answer.status_code == 401
    assert "evil" not in answer.headers["HX-Redirect"]


def test_every_time_zone_that_is_offered_can_be_shown(app: Flask):
    for name in TIME_ZONES:
        babel.dates.get_timezone(name)


def test_a_database_that_takes_no_writes_keeps_nobody_out(
    dana: Person, logged_in: LogIn, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    browser = logged_in(dana)
    clock.move(timedelta(minutes=5))
    monkeypatch.setattr(Database, "begin", refuse)
    assert is_in(browser)


def test_a_database_that_is_away_is_said_in_the_products_look(
    dana: Person, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
):
    browser = logged_in(dana)
    for name in ("begin", "read"):
        monkeypatch.setattr(Database, name, refuse)
    answer = browser.get("/calendar-sync")
    assert answer.status_code == 503
    assert "The database is busy" in answer.text
    assert "Content-Security-Policy" in answer.headers


@contextmanager
def refuse(_db: Database) -> Iterator[None]:
    raise StorageUnavailable("planted")
    yield
