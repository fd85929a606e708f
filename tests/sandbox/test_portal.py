"""A person lets an application use a calendar, or does not, on the pages of the portal."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.sandbox.wishes import SCOPES, is_loopback_url
from tests.sandbox.callers import Caller
from tests.sandbox_server import RunningSandbox

CALLBACK = "http://127.0.0.1:5000/calendar-sync/callback?from=portal"
WISH = {
    "client_id": "sandbox-client",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "read_events create_event delete_event",
    "state": "a b&c=d/é ",
}
DANA = {"email": "dana@google.example", "password": "sandbox"}


@pytest.fixture
def browser_of_dana(sandbox: RunningSandbox) -> Iterator[FlaskClient]:
    """One browser, with its cookies."""
    with sandbox.app.test_client() as client:
        yield client


def authorize(client: FlaskClient, **changes: str) -> TestResponse:
    return client.get("/oauth/authorize", query_string={**WISH, **changes})


def sign_in(client: FlaskClient, credentials: dict[str, str], **changes: str) -> TestResponse:
    query = {**WISH, "provider_name": "google", **changes}
    return client.post("/oauth/authorize", query_string=query, data=credentials)


def consent(
    client: FlaskClient,
    answer: str = "allow",
    credentials: dict[str, str] = DANA,
    **changes: str,
) -> dict[str, str]:
    """Go all the way and return what comes back to the application."""
    page = sign_in(client, credentials, **changes).headers["Location"]
    assert client.get(page).status_code == 200
    return read_answer(client.post(page, data={"answer": answer}))


def read_answer(response: TestResponse) -> dict[str, str]:
    assert response.status_code == 302
    url = urlsplit(response.headers["Location"])
    assert url._replace(query="").geturl() == CALLBACK.partition("?")[0]
    answer = dict(parse_qsl(url.query))
    assert answer.pop("from") == "portal"
    return answer


def exchange(sandbox: RunningSandbox, code: str) -> dict[str, Any]:
    body = {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
    }
    answer = requests.post(f"{sandbox.url}/oauth/token", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def test_the_five_providers_are_offered_in_their_order(browser_of_dana: FlaskClient) -> None:
    page = authorize(browser_of_dana).text

    labels = ["iCloud", "Google", "Office 365", "Exchange (on-premise)", "Outlook.com"]
    places = [page.index(f"<span>{label}</span>") for label in labels]
    assert places == sorted(places)
    assert page.count('class="tile"') == 5


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("apple", "iCloud"),
        ("google", "Google"),
        ("office365", "Office 365"),
        ("exchange", "Exchange"),
        ("live_connect", "Outlook.com"),
    ],
)
def test_a_provider_name_skips_the_choice(
    browser_of_dana: FlaskClient, name: str, title: str
) -> None:
    assert f"<h1>Sign in to {title}</h1>" in authorize(browser_of_dana, provider_name=name).text


def test_empty_parameters_count_as_absent(browser_of_dana: FlaskClient) -> None:
    page = authorize(browser_of_dana, provider_name="", avoid_linking="False", link_token="")

    assert "Which calendar do you use?" in page.text


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"client_id": ""}, "client_id is missing"),
        ({"client_id": "<script>"}, "No application has the client_id"),
        ({"redirect_uri": ""}, "redirect_uri is missing"),
        ({"redirect_uri": "https://evil.example/"}, "is not a http or https address"),
        ({"redirect_uri": "javascript:alert(1)//localhost"}, "is not a http or https address"),
    ],
)
def test_a_link_that_cannot_be_trusted_leads_nowhere(
    browser_of_dana: FlaskClient, changes: dict[str, str], complaint: str
) -> None:
    for response in (
        authorize(browser_of_dana, **changes),
        sign_in(browser_of_dana, DANA, **changes),
    ):
        assert response.status_code == 400
        assert "Location" not in response.headers
        assert complaint in response.text
        assert "<script>" not in response.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "read_events rule_the_world"}, "invalid_scope"),
    ],
)
def test_the_application_is_told_of_its_other_mistakes(
    browser_of_dana: FlaskClient, changes: dict[str, str], error: str
) -> None:
    answer = read_answer(authorize(browser_of_dana, **changes))

    assert answer == {"error": error, "state": WISH["state"]}


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("http://localhost/cb", True),
        ("https://127.0.0.1:8443/cb?x=1", True),
        ("http://[::1]:5000/cb", True),
        ("http://localhost.evil.example/", False),
        ("http://127.0.0.1@evil.example/", False),
        ("http://localhost\\@evil.example/", False),
        ("http://localhost:port/", False),
        ("http://localhost/#there", False),
        ("http://localhost/\r\nX: y", False),
        ("//localhost/", False),
        ("http://[::1", False),
    ],
)
def test_only_this_machine_is_redirected_to(url: str, is_fine: bool) -> None:
    assert is_loopback_url(url) is is_fine


@pytest.mark.parametrize(
    ("credentials", "complaint"),
    [
        ({**DANA, "password": "wrong"}, "The password is wrong."),
        ({**DANA, "email": "nobody@google.example"}, "There is no Google mailbox"),
        ({**DANA, "email": "dana@icloud.example"}, "There is no Google mailbox"),
        ({"email": "", "password": ""}, "Enter the e-mail address"),
        ({**DANA, "password": ""}, "Enter the password"),
    ],
)
def test_who_cannot_sign_in_is_told_why_and_types_the_address_once(
    browser_of_dana: FlaskClient, credentials: dict[str, str], complaint: str
) -> None:
    response = sign_in(browser_of_dana, credentials)

    assert response.status_code == 422
    assert "<title>Error: " in response.text
    assert response.text.count(complaint) == 2
    assert f'value="{credentials["email"]}"' in response.text
    assert 'value="wrong"' not in response.text


def test_icloud_explains_its_app_specific_password(browser_of_dana: FlaskClient) -> None:
    page = authorize(browser_of_dana, provider_name="apple").text
    assert "iCloud needs an app-specific password" in page

    mine = {"email": "dana@icloud.example", "password": "my usual one"}
    refused = sign_in(browser_of_dana, mine, provider_name="apple")

    assert "The app-specific password is wrong." in refused.text


def test_exchange_asks_for_its_server(browser_of_dana: FlaskClient) -> None:
    mine = {"email": "dana@exchange.example", "password": "sandbox", "server": " "}

    refused = sign_in(browser_of_dana, mine, provider_name="exchange")
    assert refused.status_code == 422
    assert "Enter the address of your Exchange server" in refused.text

    mine["server"] = "mail.firm.example"
    answer = consent(browser_of_dana, credentials=mine, provider_name="exchange")
    assert set(answer) == {"code", "state"}


def test_the_consent_page_says_what_each_scope_allows(browser_of_dana: FlaskClient) -> None:
    page = sign_in(browser_of_dana, DANA, scope=" ".join(SCOPES)).headers["Location"]

    text = browser_of_dana.get(page).text

    assert "dana@google.example" in text
    for sentence in SCOPES.values():
        assert sentence in text


def test_allowing_brings_a_code_that_works_once_exchanged(
    browser_of_dana: FlaskClient, sandbox: RunningSandbox
) -> None:
    answer = consent(browser_of_dana)
    assert answer["state"] == WISH["state"]

    tokens = exchange(sandbox, answer["code"])

    assert tokens["linking_profile"]["profile_name"] == "dana@google.example"
    assert tokens["scope"] == WISH["scope"]


def test_denying_brings_nothing_but_the_news(browser_of_dana: FlaskClient) -> None:
    answer = consent(browser_of_dana, "deny")

    assert answer == {"error": "access_denied", "state": WISH["state"]}


def test_a_link_without_state_gets_none_back(browser_of_dana: FlaskClient) -> None:
    assert consent(browser_of_dana, "deny", state="") == {"error": "access_denied"}


def test_pressing_allow_twice_and_going_back_do_no_harm(
    browser_of_dana: FlaskClient, sandbox: RunningSandbox
) -> None:
    page = sign_in(browser_of_dana, DANA).headers["Location"]
    first = read_answer(browser_of_dana.post(page, data={"answer": "allow"}))
    second = read_answer(browser_of_dana.post(page, data={"answer": "allow"}))
    assert browser_of_dana.get(page).status_code == 200

    subs = {exchange(sandbox, each["code"])["sub"] for each in (first, second)}

    assert len(subs) == 1


@pytest.mark.parametrize("signed", ["", "forged", "a.b.c"])
def test_nobody_reaches_the_consent_page_without_signing_in(
    browser_of_dana: FlaskClient, signed: str
) -> None:
    for method in ("GET", "POST"):
        response = browser_of_dana.open(
            f"/oauth/consent?signed={signed}", method=method, data={"answer": "allow"}
        )
        assert response.status_code == 400
        assert "too long ago" in response.text


def test_a_second_mailbox_in_one_browser_joins_the_first_ones_account(
    browser_of_dana: FlaskClient, sandbox: RunningSandbox
) -> None:
    sams = {"email": "sam@office365.example", "password": "sandbox"}
    first = exchange(sandbox, consent(browser_of_dana)["code"])

    answer = consent(
        browser_of_dana, credentials=sams, provider_name="office365", avoid_linking="False"
    )

    second = exchange(sandbox, answer["code"])
    assert second["sub"] == first["sub"]
    assert second["linking_profile"]["profile_name"] == "sam@office365.example"


@pytest.mark.parametrize("word", ["true", "True", "1"])
def test_avoid_linking_keeps_the_accounts_apart(
    browser_of_dana: FlaskClient, sandbox: RunningSandbox, word: str
) -> None:
    sams = {"email": "sam@office365.example", "password": "sandbox"}
    first = exchange(sandbox, consent(browser_of_dana)["code"])

    answer = consent(
        browser_of_dana, credentials=sams, provider_name="office365", avoid_linking=word
    )

    assert exchange(sandbox, answer["code"])["sub"] != first["sub"]


def test_the_linking_cookie_has_a_name_of_its_own(browser_of_dana: FlaskClient) -> None:
    page = sign_in(browser_of_dana, DANA).headers["Location"]
    cookie = browser_of_dana.post(page, data={"answer": "allow"}).headers["Set-Cookie"]

    assert cookie.startswith("sandbox_account=acc_")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def ask_for_permission(dana: Caller) -> str:
    """Let the application ask, and return the path of the page."""
    body = {
        "permissions": [{"calendar_id": dana.calendar_id, "permission_level": "unrestricted"}],
        "redirect_uri": CALLBACK,
    }
    answer = dana.call("POST", "/permissions", json=body).json()
    return urlsplit(str(answer["permissions_request"]["url"])).path


def read_level(dana: Caller) -> str:
    rows = dana.call("GET", "/calendars").json()["calendars"]
    found = next(row for row in rows if row["calendar_id"] == dana.calendar_id)
    return str(found["permission_level"])


def test_allowing_changes_raises_the_calendar_that_is_named(
    browser_of_dana: FlaskClient, dana: Caller
) -> None:
    path = ask_for_permission(dana)
    assert "<b>Work</b>" in browser_of_dana.get(path).text

    response = browser_of_dana.post(path, data={"answer": "allow"})

    assert response.headers["Location"] == CALLBACK
    assert read_level(dana) == "unrestricted"


def test_denying_changes_leaves_the_calendar_as_it_was(
    browser_of_dana: FlaskClient, dana: Caller
) -> None:
    answer = read_answer(browser_of_dana.post(ask_for_permission(dana), data={"answer": "no"}))

    assert answer == {"error": "access_denied"}
    assert read_level(dana) == "sandbox"


def test_an_unknown_permissions_page_is_a_page_all_the_same(browser_of_dana: FlaskClient) -> None:
    response = browser_of_dana.get("/permissions/unknown")

    assert response.status_code == 404
    assert "<h1>Nothing is here</h1>" in response.text


def test_signing_in_again_reconnects_the_mailbox(
    browser_of_dana: FlaskClient, dana: Caller, sandbox: RunningSandbox
) -> None:
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect")
    profile = dana.call("GET", "/profiles").json()["profiles"][0]
    link = urlsplit(profile["profile_relink_url"])
    assert 'value="dana@google.example"' in browser_of_dana.get(link.geturl()).text

    refused = browser_of_dana.post(link.path, data={**DANA, "password": "old"})
    assert refused.status_code == 422
    response = browser_of_dana.post(link.path, data=DANA)

    page = browser_of_dana.get(response.headers["Location"]).text
    assert "Your calendar is connected again" in page
    assert dana.call("GET", "/profiles").json()["profiles"][0]["profile_connected"] is True


def test_a_mailbox_that_is_not_connected_is_never_said_to_be(
    browser_of_dana: FlaskClient, dana: Caller, sandbox: RunningSandbox
) -> None:
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect")

    response = browser_of_dana.get("/relinked?email=dana@google.example")

    assert response.status_code == 302
    assert "/relink/google" in response.headers["Location"]


def test_relinking_at_an_unknown_provider_leads_nowhere(browser_of_dana: FlaskClient) -> None:
    assert browser_of_dana.get("/relink/yahoo").status_code == 404
    assert browser_of_dana.post("/relink/yahoo", data=DANA).status_code == 404


def test_the_help_page_has_an_example_that_works(browser_of_dana: FlaskClient) -> None:
    page = browser_of_dana.get("/portal").text
    assert "sandbox-secret" in page

    example = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")

    assert "Which calendar do you use?" in browser_of_dana.get(example).text


def test_pages_forbid_foreign_and_inline_content_but_no_redirects(
    browser_of_dana: FlaskClient,
) -> None:
    for path in ("/", "/portal", f"/oauth/authorize?{urlencode(WISH)}", "/dashboard"):
        response = browser_of_dana.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "form-action" not in policy
        assert "style=" not in response.text
        assert "<script" not in response.text
