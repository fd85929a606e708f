"""Authorisations: codes, tokens, refresh and revoke, accounts and profiles."""

from typing import Any

import pytest
import requests

from calsync.sandbox.traffic import RateLimit
from tests.sandbox.callers import Caller
from tests.sandbox_server import RunningSandbox


def post(
    sandbox: RunningSandbox, path: str, body: dict[str, Any], **options: Any
) -> requests.Response:
    """Call a token endpoint as the application, with the stray header that pycronofy sends."""
    client = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    options.setdefault("json", {**client, **body})
    headers = {"Authorization": "Bearer None"}
    return requests.post(f"{sandbox.url}{path}", headers=headers, timeout=10, **options)


def refresh(sandbox: RunningSandbox, refresh_token: str) -> requests.Response:
    """Refresh."""
    body = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return post(sandbox, "/oauth/token", body)


def new_code(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return a fresh code's exchange."""
    body = {"mailbox": "dana@google.example", "code_only": True}
    return {**sandbox.control("POST", "/authorise", body), "grant_type": "authorization_code"}


def test_a_code_is_exchanged_once(sandbox: RunningSandbox) -> None:
    body = new_code(sandbox)
    answer = post(sandbox, "/oauth/token", body)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    tokens = answer.json()
    assert tokens["sub"] == tokens["account_id"]
    assert tokens["linking_profile"]["profile_name"] == "dana@google.example"
    assert tokens["userinfo"]["cronofy.data"]["profiles"][0]["profile_calendars"]
    assert len(tokens["access_token"]) == len(tokens["refresh_token"]) == 32
    again = post(sandbox, "/oauth/token", body)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_a_form_does_as_well(sandbox: RunningSandbox) -> None:
    body = {**new_code(sandbox), "client_id": sandbox.client_id}
    body["client_secret"] = sandbox.client_secret
    assert post(sandbox, "/oauth/token", {}, json=None, data=body).status_code == 200


def test_the_redirect_uri_must_be_the_same(sandbox: RunningSandbox) -> None:
    body = {**new_code(sandbox), "redirect_uri": "http://127.0.0.1/elsewhere"}
    assert post(sandbox, "/oauth/token", body).json() == {"error": "invalid_grant"}


def test_a_code_grows_old(sandbox: RunningSandbox) -> None:
    body = new_code(sandbox)
    sandbox.control("POST", "/clock", {"shift": 700})
    assert post(sandbox, "/oauth/token", body).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": 7}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "no"}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
    ],
)
def test_bad_token_requests_are_answered_400(
    sandbox: RunningSandbox, body: dict[str, Any], error: str
) -> None:
    answer = post(sandbox, "/oauth/token", body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_each_refresh_rotates_and_a_used_token_is_refused(sandbox: RunningSandbox) -> None:
    first = sandbox.authorise()
    second = refresh(sandbox, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["scope"] == first["scope"]
    used = refresh(sandbox, first["refresh_token"])
    assert (used.status_code, used.json()) == (400, {"error": "invalid_grant"})
    assert refresh(sandbox, second["refresh_token"]).status_code == 200


def test_an_expired_access_token_is_refused_until_refreshed(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    assert dana.call("GET", "/account").status_code == 200
    assert sandbox.control("POST", "/tokens/expire", {"sub": dana.sub}) == {"expired": 1}
    assert dana.call("GET", "/account").status_code == 401
    dana.tokens |= refresh(sandbox, dana.tokens["refresh_token"]).json()
    assert dana.call("GET", "/account").status_code == 200


def test_tokens_live_as_long_as_they_say(dana: Caller, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"token_lifetime": 60})
    dana.tokens = sandbox.authorise()
    assert dana.tokens["expires_in"] == 60
    sandbox.control("POST", "/clock", {"shift": 61})
    assert dana.call("GET", "/account").status_code == 401


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_a_token_ends_only_its_family(sandbox: RunningSandbox, kind: str) -> None:
    first, second = (Caller(sandbox, sandbox.authorise()) for _ in range(2))
    answer = post(sandbox, "/oauth/token/revoke", {"token": first.tokens[kind]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert first.call("GET", "/account").status_code == 401
    assert refresh(sandbox, first.tokens["refresh_token"]).status_code == 400
    assert second.call("GET", "/account").status_code == 200
    again = post(sandbox, "/oauth/token/revoke", {"token": first.tokens[kind]})
    assert again.status_code == 200


def test_revoking_by_sub_ends_every_family(sandbox: RunningSandbox) -> None:
    callers = [Caller(sandbox, sandbox.authorise()) for _ in range(2)]
    post(sandbox, "/oauth/token/revoke", {"sub": callers[0].sub})
    assert [each.call("GET", "/account").status_code for each in callers] == [401, 401]
    assert post(sandbox, "/oauth/token/revoke", {"sub": "acc_unknown"}).status_code == 200
    assert post(sandbox, "/oauth/token/revoke", {}).status_code == 400


def test_the_account_belongs_to_the_mailbox(sandbox: RunningSandbox) -> None:
    subs = {sandbox.authorise()["sub"] for _ in range(2)}
    assert len(subs) == 1
    assert sandbox.authorise("sam@google.example")["sub"] not in subs


def test_a_linked_profile_joins_the_account_that_is_known(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    linked = sandbox.authorise("dana@icloud.example", linked_to=dana.sub)
    assert linked["sub"] == dana.sub
    assert linked["linking_profile"]["profile_name"] == "dana@icloud.example"
    profiles = dana.call("GET", "/profiles").json()["profiles"]
    services = {each["provider_service"]: each["profile_id"] for each in profiles}
    assert set(services) == {"google", "icloud"}
    gone = services["icloud"]
    assert dana.call("POST", f"/profiles/{gone}/revoke").status_code == 202
    assert len(dana.call("GET", "/profiles").json()["profiles"]) == 1
    assert dana.call("POST", f"/profiles/{gone}/revoke").status_code == 404


def test_each_service_has_cronofys_names(sandbox: RunningSandbox) -> None:
    domains = ("google", "office365", "exchange", "outlook", "icloud")
    profiles = [sandbox.authorise(f"dana@{each}.example")["linking_profile"] for each in domains]
    assert [(each["provider_name"], each["provider_service"]) for each in profiles] == [
        ("google", "google"),
        ("exchange", "office365"),
        ("exchange", "exchange"),
        ("live_connect", "outlook_com"),
        ("apple", "icloud"),
    ]


def test_identity_answers_have_the_documented_keys(dana: Caller) -> None:
    account = dana.call("GET", "/account").json()["account"]
    assert set(account) == {"account_id", "sub", "email", "name", "scope", "default_tzid"}
    userinfo = dana.call("GET", "/userinfo").json()
    assert userinfo["cronofy.type"] == "account"
    assert userinfo["cronofy.data"]["authorization"]["status"] == "active"
    listed = dana.call("GET", "/calendars").json()
    assert listed["sub"] == dana.sub
    by_name = {each["calendar_name"]: each for each in listed["calendars"]}
    assert by_name["Calendar"]["calendar_primary"] is True
    assert by_name["Holidays"]["calendar_readonly"] is True
    assert by_name["Old projects"]["calendar_deleted"] is True
    assert by_name["Work"]["permission_level"] == "sandbox"


def test_a_disconnected_profile_has_a_relink_url_until_it_is_reconnected(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    assert "profile_relink_url" not in dana.call("GET", "/profiles").json()["profiles"][0]
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect")
    (profile,) = dana.call("GET", "/profiles").json()["profiles"]
    assert profile["profile_connected"] is False
    assert profile["profile_relink_url"].startswith(f"{sandbox.url}/relink/")
    sandbox.control("POST", f"/profiles/{dana.profile_id}/reconnect")
    (profile,) = dana.call("GET", "/profiles").json()["profiles"]
    assert profile["profile_connected"] is True


def test_calendars_are_made_with_every_right(sandbox: RunningSandbox) -> None:
    dana = Caller(sandbox, sandbox.authorise(scope="read_write"))
    body = {"profile_id": dana.profile_id, "name": "Bookings", "color": "#3366CC"}
    answer = dana.call("POST", "/calendars", json=body)
    assert answer.status_code == 200
    assert answer.json()["calendar"]["permission_level"] == "unrestricted"
    again = dana.call("POST", "/calendars", json=body)
    assert again.json()["errors"]["name"][0]["key"] == "errors.duplicate_calendar_name"
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect")
    body["name"] = "Later"
    assert dana.call("POST", "/calendars", json=body).status_code == 423
    body["profile_id"] = "pro_unknown"
    assert dana.call("POST", "/calendars", json=body).status_code == 404


def test_permissions_are_asked_for_on_a_page_of_the_sandbox(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    wanted = [{"calendar_id": dana.calendar_id, "permission_level": "unrestricted"}]
    body = {"permissions": wanted, "redirect_uri": "http://127.0.0.1:5000/done"}
    answer = dana.call("POST", "/permissions", json=body)
    assert answer.status_code == 200
    url = answer.json()["permissions_request"]["url"]
    assert url.startswith(f"{sandbox.url}/permissions/")
    wanted[0]["calendar_id"] = sandbox.calendars("sam@google.example")["Work"]
    assert dana.call("POST", "/permissions", json=body).status_code == 404
    assert dana.call("POST", "/permissions", json={"permissions": []}).status_code == 422


def test_a_link_token_names_its_account(dana: Caller) -> None:
    answer = dana.call("POST", "/link_tokens")
    assert answer.status_code == 200
    assert answer.json()["link_token"]


def test_calls_beyond_the_rate_limit_are_answered_429(
    dana: Caller, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.world.rate_limit, "clock", lambda: 0.0)
    while sandbox.world.rate_limit.admit():
        pass
    assert dana.call("GET", "/account").status_code == 200
    sandbox.control("PATCH", "/settings", {"rate_limit": True})
    assert dana.call("GET", "/account").status_code == 429


def test_fifty_calls_a_second_are_the_most() -> None:
    limit = RateLimit(clock=lambda: 0.0)
    assert sum(limit.admit() for _ in range(100)) == 50


def test_five_hundred_calls_a_minute_are_the_most() -> None:
    moments = iter([second / 40 for second in range(1_000)])
    limit = RateLimit(clock=lambda: next(moments))
    assert sum(limit.admit() for _ in range(1_000)) == 500
