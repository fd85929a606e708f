"""Consent, code exchange, refresh and revoke."""

import logging
import time
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from calsync.clock import SystemClock
from calsync.cronofy.grants import SHORTEST_LIFE
from calsync.cronofy.limiter import Limiter
from calsync.cronofy.oauth import CronofyOAuth
from calsync.cronofy.transport import Transport
from calsync.errors import (
    AccessRevoked,
    CronofyError,
    NotFound,
    PermanentError,
    RateLimited,
    TemporaryError,
    Unreachable,
    UnreadableAnswer,
    UntrustedAnswer,
    WrongCredentials,
)
from tests.cronofy.loopback import loopback, says, whole
from tests.cronofy.stage import API, APP, NOW, FakeClock, everything_said

TOKEN = f"{API}/oauth/token"
REVOKE = f"{API}/oauth/token/revoke"
SECRET = "canary-client-secret"
REDIRECT = "https://us.example/calendar-sync/callback"
ANSWER = {
    "token_type": "bearer",
    "access_token": "canary-access",
    "refresh_token": "canary-refresh",
    "expires_in": 3600,
    "scope": "read_events create_event delete_event",
    "account_id": "acc_1",
    "sub": "acc_1",
    "linking_profile": {
        "provider_name": "google",
        "provider_service": "gsuite",
        "profile_id": "pro_1",
        "profile_name": "kim@firm.example",
    },
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def oauth(clock) -> CronofyOAuth:
    return CronofyOAuth(
        "cid", SECRET, API, APP, REDIRECT, clock, limiter=Limiter(clock), jitter=lambda: 0.5
    )


def without(*keys: str, **changes: object) -> dict[str, object]:
    return {key: value for key, value in (ANSWER | changes).items() if key not in keys}


def sent(request: object) -> dict[str, list[str]]:
    return parse_qs(request.text)


def test_consent_asks_for_the_least_and_never_links_accounts_by_cookie(oauth):
    url = urlsplit(oauth.authorize_url("state-1"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{APP}/oauth/authorize"
    assert sorted(parse_qsl(url.query)) == [
        ("avoid_linking", "true"),
        ("client_id", "cid"),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "read_events create_event delete_event"),
        ("state", "state-1"),
    ]


def test_consent_can_name_the_provider(oauth):
    query = parse_qs(urlsplit(oauth.authorize_url("state-1", "office365")).query)
    assert query["provider_name"] == ["office365"]


def test_consent_without_a_state_is_refused(oauth):
    with pytest.raises(ValueError, match="state"):
        oauth.authorize_url("")


def test_consent_never_holds_the_secret(oauth):
    assert "canary" not in oauth.authorize_url("state-1") + repr(oauth)


def test_a_code_becomes_a_grant(oauth, requests_mock):
    requests_mock.post(TOKEN, json=ANSWER)
    grant = oauth.exchange("code-1")
    assert sent(requests_mock.last_request) == {
        "grant_type": ["authorization_code"],
        "code": ["code-1"],
        "redirect_uri": [REDIRECT],
        "client_id": ["cid"],
        "client_secret": [SECRET],
    }
    assert "Authorization" not in requests_mock.last_request.headers
    assert requests_mock.last_request.timeout == (5.0, 30.0)
    assert (grant.sub, grant.profile_id, grant.profile_name) == (
        "acc_1",
        "pro_1",
        "kim@firm.example",
    )
    assert (grant.provider_name, grant.provider_service) == ("google", "gsuite")
    assert grant.tokens.access_token == "canary-access"
    assert grant.tokens.expires_at == NOW + timedelta(hours=1)
    assert "canary" not in repr(grant)


def test_older_answers_without_sub_service_and_scope_are_read(oauth, requests_mock):
    profile = {"provider_name": "google", "profile_id": "pro_1", "profile_name": "kim"}
    requests_mock.post(TOKEN, json=without("sub", "scope", linking_profile=profile))
    grant = oauth.exchange("code-1")
    assert (grant.sub, grant.provider_service) == ("acc_1", "google")
    assert grant.scope == "read_events create_event delete_event"


def test_userinfo_sent_along_is_kept_and_may_name_the_profile(oauth, requests_mock):
    profiles = [{"profile_id": "pro_9", "provider_name": "apple"}]
    userinfo = {"sub": "acc_1", "cronofy.data": {"profiles": profiles}}
    requests_mock.post(TOKEN, json=without("linking_profile", userinfo=userinfo))
    grant = oauth.exchange("code-1")
    assert grant.profile_id == "pro_9"
    assert grant.userinfo.account_id == "acc_1"


@pytest.mark.parametrize(
    "answer",
    [
        without("access_token"),
        without("refresh_token"),
        without("sub", "account_id"),
        without("linking_profile"),
        without(access_token=7),
        without(access_token="canary\r\nX: y"),
        without(linking_profile=[]),
        {},
        [],
        "canary",
        None,
    ],
)
def test_a_grant_that_lacks_something_is_unreadable(oauth, requests_mock, answer):
    requests_mock.post(TOKEN, json=answer)
    with pytest.raises(UnreadableAnswer) as raised:
        oauth.exchange("code-1")
    assert "canary" not in everything_said(raised.value)


@pytest.mark.parametrize(
    ("told", "life"),
    [
        (10800, timedelta(hours=3)),
        (0, timedelta(0)),
        (-5, timedelta(0)),
        (10**12, timedelta(days=366)),
        (None, SHORTEST_LIFE),
    ],
)
def test_the_life_of_a_token_is_read_and_never_assumed(oauth, requests_mock, told, life):
    requests_mock.post(TOKEN, json=without(expires_in=told))
    assert oauth.refresh("old").expires_at == NOW + life


def test_a_refresh_token_that_changes_is_handed_out(oauth, requests_mock):
    requests_mock.post(TOKEN, json=without("linking_profile", "sub"))
    tokens = oauth.refresh("old")
    assert tokens.refresh_token == "canary-refresh"
    assert sent(requests_mock.last_request) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["old"],
        "client_id": ["cid"],
        "client_secret": [SECRET],
    }


@pytest.mark.parametrize("answer", [without("refresh_token"), without(refresh_token="")])
def test_a_refresh_token_that_is_not_replaced_is_kept(oauth, requests_mock, answer):
    requests_mock.post(TOKEN, json=answer)
    assert oauth.refresh("old").refresh_token == "old"


CASES = [
    (400, {"error": "invalid_grant", "error_description": "canary"}, AccessRevoked),
    (400, {"errors": {"code": [{"key": "errors.unknown_or_used"}]}}, AccessRevoked),
    (400, {"error": "invalid_client"}, WrongCredentials),
    (401, {"error": "invalid_client"}, WrongCredentials),
    (401, {}, WrongCredentials),
    (400, {"error": "unauthorized_client"}, WrongCredentials),
    (400, {"error": "canary_error"}, PermanentError),
    (400, {"error": {"canary": 1}}, PermanentError),
    (400, {}, PermanentError),
    (404, {}, NotFound),
    (429, {}, RateLimited),
    (500, {}, TemporaryError),
    (503, {"error": "temporarily_unavailable"}, TemporaryError),
    (302, {}, UntrustedAnswer),
    (200, {"error": "invalid_grant", "error_description": "canary"}, AccessRevoked),
    (200, {"error": "server_error"}, TemporaryError),
]


@pytest.mark.parametrize("call", ["exchange", "refresh"])
@pytest.mark.parametrize(("status", "body", "error"), CASES)
def test_every_refusal_has_its_error_and_tells_no_secret(
    oauth, requests_mock, caplog, call, status, body, error
):
    caplog.set_level(logging.DEBUG)
    elsewhere = {"Location": "https://evil.example/oauth/token"}
    requests_mock.post(TOKEN, status_code=status, json=body, headers=elsewhere)
    with pytest.raises(error) as raised:
        getattr(oauth, call)("canary-code-or-token")
    assert requests_mock.call_count == 1
    assert raised.value.__context__ is None
    assert "canary" not in without_source(raised.value) + caplog.text


def without_source(error: BaseException) -> str:
    """All that an error tells, less the lines of this file that a traceback quotes."""
    lines = everything_said(error).splitlines()
    return "\n".join(line for line in lines if '"canary-code-or-token"' not in line)


@pytest.mark.parametrize("text", ["", "<html>canary</html>", "[1]", '"canary"', "9" * 5000])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_is_no_object_is_an_error_of_ours(oauth, requests_mock, text, status):
    requests_mock.post(TOKEN, status_code=status, text=text)
    with pytest.raises(PermanentError) as raised:
        oauth.exchange("code-1")
    assert "canary" not in everything_said(raised.value)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (requests.ConnectTimeout, 3),
        (requests.ReadTimeout, 1),
        (requests.ConnectionError, 1),
        (requests.exceptions.SSLError, 1),
    ],
)
def test_a_code_is_never_sent_twice(oauth, requests_mock, fault, calls):
    requests_mock.post(TOKEN, exc=fault(f"canary {SECRET}"))
    with pytest.raises(Unreachable) as raised:
        oauth.exchange("code-1")
    assert requests_mock.call_count == calls
    assert "canary" not in everything_said(raised.value)


@pytest.mark.parametrize(
    "code", ["code with blanks", "a%zz&b=c;d", "\N{SNOWMAN}", "a\r\nb", "\x00"]
)
def test_a_code_that_somebody_made_up_is_sent_as_it_is_or_refused(oauth, requests_mock, code):
    requests_mock.post(TOKEN, status_code=400, json={"error": "invalid_grant"})
    with pytest.raises(CronofyError):
        oauth.exchange(code)
    for request in requests_mock.request_history:
        assert sent(request)["code"] == [code]
        assert sent(request)["client_secret"] == [SECRET]


def test_an_authorisation_is_ended(oauth, requests_mock):
    requests_mock.post(REVOKE, text="")
    oauth.revoke("canary-refresh")
    assert sent(requests_mock.last_request) == {
        "token": ["canary-refresh"],
        "client_id": ["cid"],
        "client_secret": [SECRET],
    }


def test_an_authorisation_that_has_ended_needs_no_ending(oauth, requests_mock):
    requests_mock.post(REVOKE, status_code=400, json={"error": "invalid_grant"})
    oauth.revoke("canary-refresh")
    assert requests_mock.call_count == 1


def test_an_ending_that_fails_is_told(oauth, requests_mock):
    requests_mock.post(REVOKE, status_code=500)
    with pytest.raises(TemporaryError):
        oauth.revoke("canary-refresh")


def test_a_secret_with_odd_letters_arrives_as_it_is(clock, requests_mock):
    requests_mock.post(TOKEN, json=ANSWER)
    odd = "CRN_a+b/c=d&e %41"
    CronofyOAuth("cid", odd, API, APP, REDIRECT, clock).refresh("r+/=&")
    assert sent(requests_mock.last_request)["client_secret"] == [odd]
    assert sent(requests_mock.last_request)["refresh_token"] == ["r+/=&"]


def real(url: str, **options: float) -> CronofyOAuth:
    clock = SystemClock()
    options = {"connect": 1.0, "read": 0.5, "total": 1.0, **options}
    transport = Transport(clock, **options)
    return CronofyOAuth("cid", SECRET, url, url, REDIRECT, clock, transport=transport)


def test_the_token_endpoint_has_a_deadline_too():
    began = time.monotonic()
    drips = says(b"HTTP/1.1 200 OK\r\n", *[b"x"] * 30, every=0.1)
    with loopback(drips) as server:
        with pytest.raises(Unreachable):
            real(server.url).refresh("old")
        assert time.monotonic() - began < 2


def test_the_token_endpoint_has_a_largest_answer_too():
    with loopback(says(whole(b"x" * 5000))) as server, pytest.raises(UnreadableAnswer):
        real(server.url, largest=4096).refresh("old")


def test_the_token_endpoint_is_never_signed_from_a_netrc(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password evil\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with loopback(says(whole(b"", status="500 Oh"))) as server, pytest.raises(TemporaryError):
        real(server.url).refresh("old")
    assert b"uthorization" not in server.asked[0]
