"""Bad input is answered with a clear 4xx on every route of the API, never with a 500."""

import json
import re
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.callers import Caller, event
from tests.sandbox_server import RunningSandbox

BODIES: list[bytes] = [
    b"",
    b"{",
    b"null",
    b"7",
    b'"text"',
    b"[]",
    b"[[]]",
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a": NaN}',
    b'{"summary": "\\ud800"}',
    b'{"summary": "\\u0000", "event_id": "\\u0000", "start": "\\u0000"}',
    json.dumps(dict.fromkeys(["batch", "permissions", "calendar_ids", "filters"], 7)).encode(),
    json.dumps({"batch": [None, 7, {}, {"method": 7}, {"method": "POST"}]}).encode(),
    json.dumps(
        {"batch": [{"method": "POST", "relative_url": "/v1/calendars//events", "data": []}]}
    ).encode(),
    json.dumps({key: {} for key in ["event_id", "event_uid", "start", "end", "summary"]}).encode(),
    json.dumps({"event_id": "x", **event(start="9999-12-31", end="9999-12-31")}).encode(),
    json.dumps({"event_id": "x", **event(start={"time": {}, "tzid": []}, tzid=7)}).encode(),
    json.dumps({"event_id": "x", **event(tzid="../../etc/passwd")}).encode(),
    json.dumps({"event_id": "x", **event(attendees={"invite": [[]]})}).encode(),
    json.dumps({"event_id": "x", **event(location={"lat": True, "long": {}})}).encode(),
    json.dumps({"event_id": 10**40, "profile_id": 10**40, "name": 10**40}).encode(),
    json.dumps({"delete_all": "yes"}).encode(),
    json.dumps({"permissions": [7, {}, {"calendar_id": {}}]}).encode(),
    json.dumps({"callback_url": "http://[::1", "filters": {"calendar_ids": [{}]}}).encode(),
    json.dumps({"grant_type": [], "code": {}, "redirect_uri": 7, "token": 7, "sub": {}}).encode(),
    json.dumps({key: [] for key in ["client_id", "client_secret"]}).encode(),
]
QUERIES = [
    {},
    {"tzid": ""},
    {"tzid": "Etc/UTC", "from": "x"},
    {"tzid": "\x00"},
    {"tzid": "Etc/UTC", "from": "0001-01-01", "to": "9999-12-31"},
    {"tzid": "Etc/UTC", "last_modified": "99999999999999999"},
    {"tzid": "Etc/UTC", "include_deleted": "perhaps"},
    {"tzid": "Etc/UTC", "calendar_ids[]": ["", "\x00"]},
    {"delete_all": "\x00", "calendar_ids": "x"},
]


def list_calls(sandbox: RunningSandbox) -> list[tuple[str, str]]:
    """Return method and path of every route of the API, taken from the app itself.

    Expiring tokens comes last, and a reset not at all: they would end the test's own token.
    """
    calls = []
    for rule in sandbox.app.url_map.iter_rules():
        if rule.rule.startswith(("/v1/", "/oauth/token", "/_control/")):
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            calls += [(method, rule.rule) for method in sorted(methods)]
    calls.remove(("POST", "/_control/reset"))
    return sorted(calls, key=lambda call: call[1] == "/_control/tokens/expire")


def fill(path: str, dana: Caller, text: str = "x") -> str:
    """Return a path with something in its variable parts: real calendars, odd other ids."""
    path = path.replace("<calendar_id>", dana.calendar_id)
    return re.sub(r"<[a-z_]+>", text, path)


def test_the_routes_are_found(sandbox: RunningSandbox) -> None:
    found = list_calls(sandbox)
    assert ("GET", "/v1/events") in found
    assert len(found) > 50


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_body_breaks_a_route(sandbox: RunningSandbox, body: bytes) -> None:
    dana = Caller(sandbox, sandbox.authorise(scope="read_write"))
    headers = {"Content-Type": "application/json"}
    for method, path in list_calls(sandbox):
        answer = request(dana, method, fill(path, dana), data=body, headers=headers)
        assert answer.status_code < 500, (method, path, body[:80], answer.text)
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"].startswith("application/json"), (method, path)


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_no_query_breaks_a_route(sandbox: RunningSandbox, query: dict[str, Any]) -> None:
    dana = Caller(sandbox, sandbox.authorise(scope="read_write"))
    for method, path in list_calls(sandbox):
        answer = request(dana, method, fill(path, dana), params=query)
        assert answer.status_code < 500, (method, path, query, answer.text)


@pytest.mark.parametrize("text", ["%00", "%ff%fe", "%F0%9F%98%80", "a" * 5_000, "%2e%2e%2fx"])
def test_no_id_breaks_a_route(dana: Caller, sandbox: RunningSandbox, text: str) -> None:
    for method, path in list_calls(sandbox):
        answer = request(dana, method, re.sub(r"<[a-z_]+>", text, path), json={})
        assert answer.status_code < 500, (method, path, answer.text)


#: Judged by something else before the token: the client's secret, the body's shape.
JUDGED_FIRST = {"/v1/application_calendars": 400, "/v1/batch": 422}


def test_every_route_asks_for_a_token(sandbox: RunningSandbox) -> None:
    for method, rule in list_calls(sandbox):
        if not rule.startswith("/v1/"):
            continue
        url = sandbox.url + re.sub(r"<[a-z_]+>", "x", rule)
        for bearer in ("", "Bearer wrong", "Basic x"):
            headers = {"Authorization": bearer}
            answer = requests.request(method, url, headers=headers, json={}, timeout=10)
            assert answer.status_code == JUDGED_FIRST.get(rule, 401), (method, rule, answer.text)


def test_a_body_beyond_a_megabyte_is_too_large(dana: Caller) -> None:
    answer = dana.upsert(description="x" * 1_100_000)
    assert answer.status_code == 413


def test_unknown_routes_and_methods_are_answered_in_json(dana: Caller) -> None:
    assert dana.call("GET", "/nothing").status_code == 404
    answer = dana.call("PATCH", "/events")
    assert answer.status_code == 405
    assert answer.json()["message"]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["time", "tzid", "email", "invite", "lat"]), inner)
    ),
    max_leaves=6,
)
FIELDS = [
    *["event_id", "event_uid", "summary", "description", "start", "end", "tzid", "location"],
    *["reminders", "transparency", "event_private", "attendees", "url", "color", "conferencing"],
    *["subscriptions", "attachments", "recurrence", "include_userinfo"],
]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=5))
def test_no_event_breaks_the_sandbox(dana: Caller, changes: dict[str, Any]) -> None:
    answer = dana.write("POST", {"event_id": "fuzz", **event(), **changes})
    assert answer.status_code in {202, 402, 403, 404, 422}, answer.text
    dana.read(only_managed="true", localized_times="true", include_deleted="true")


def request(dana: Caller, method: str, path: str, **options: Any) -> requests.Response:
    """Call any path of the sandbox with Dana's token."""
    headers = {
        "Authorization": f"Bearer {dana.tokens['access_token']}",
        **options.pop("headers", {}),
    }
    return requests.request(
        method, f"{dana.sandbox.url}{path}", headers=headers, timeout=20, **options
    )
