"""Each fault does its harm, so often and there as was asked, and then no more."""

import time

import pytest
import requests

from calsync.sandbox.faults import DEEDS, KINDS
from tests.sandbox.callers import Caller, Hook, at, wait_until
from tests.sandbox.test_notifications import deliveries, open_channel
from tests.sandbox_server import RunningSandbox


def read(dana: Caller) -> requests.Response:
    """Read events once."""
    return dana.call("GET", "/events", params={"tzid": "Etc/UTC"})


def test_429_comes_with_and_without_retry_after(dana: Caller, sandbox: RunningSandbox) -> None:
    plain = sandbox.fault("rate_limited")
    answer = read(dana)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, False)
    polite = sandbox.fault("rate_limited", retry_after=7)
    answer = read(dana)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert [sandbox.fired(each) for each in (plain, polite)] == [1, 1]
    assert read(dana).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_writes_nothing(dana: Caller, sandbox: RunningSandbox, status: int) -> None:
    fault = sandbox.fault("server_error", status=status)
    assert dana.upsert().status_code == status
    assert sandbox.fired(fault) == 1
    assert dana.read(only_managed="true") == []


def test_a_fault_strikes_as_often_as_asked(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("server_error", times=3)
    assert [read(dana).status_code for _ in range(4)] == [500, 500, 500, 200]
    assert sandbox.fired(fault) == 3


def test_a_fault_without_end_strikes_until_it_is_cleared(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    fault = sandbox.fault("server_error", times=None)
    assert {read(dana).status_code for _ in range(5)} == {500}
    assert sandbox.fired(fault) == 5
    sandbox.control("DELETE", "/faults")
    assert read(dana).status_code == 200


def test_a_fault_strikes_only_where_asked(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("server_error", path="/v1/calendars/*/events", method="post")
    assert read(dana).status_code == 200
    assert dana.call("GET", "/calendars").status_code == 200
    assert dana.write("DELETE", {"event_id": "e1"}).status_code == 202
    assert sandbox.fired(fault) == 0
    assert dana.upsert().status_code == 500
    assert sandbox.fired(fault) == 1


def test_401_and_invalid_grant_can_be_had(dana: Caller, sandbox: RunningSandbox) -> None:
    first, second = sandbox.fault("unauthorised"), sandbox.fault("invalid_grant")
    assert read(dana).status_code == 401
    answer = requests.post(f"{sandbox.url}/oauth/token", json={}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
    assert [sandbox.fired(each) for each in (first, second)] == [1, 1]


def test_slow_does_everything_late(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("slow", seconds=0.3)
    begun = time.monotonic()
    assert read(dana).status_code == 200
    assert time.monotonic() - begun >= 0.3
    assert sandbox.fired(fault) == 1


@pytest.mark.parametrize(("kind", "written"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_timeout_comes_before_or_after_the_effect(
    dana: Caller, sandbox: RunningSandbox, kind: str, written: int
) -> None:
    fault = sandbox.fault(kind, seconds=0.2, path="/v1/calendars")
    with pytest.raises(requests.RequestException):
        dana.upsert()
    assert sandbox.fired(fault) == 1
    assert len(dana.read(only_managed="true")) == written


def test_a_client_that_hangs_up_meets_silence(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("timeout_before")
    headers = {"Authorization": f"Bearer {dana.tokens['access_token']}"}
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sandbox.url}/v1/account", headers=headers, timeout=0.3)
    assert sandbox.fired(fault) == 1
    sandbox.control("DELETE", "/faults")


@pytest.mark.parametrize(("kind", "written"), [("reset_before", 0), ("reset_after", 1)])
def test_a_connection_is_reset_before_or_after_the_effect(
    dana: Caller, sandbox: RunningSandbox, kind: str, written: int
) -> None:
    fault = sandbox.fault(kind, path="/v1/calendars")
    with pytest.raises(requests.RequestException) as raised:
        dana.upsert()
    assert "ConnectionReset" in repr(raised.value)
    (call,) = (each for each in sandbox.world.traffic.latest if each.fault)
    assert (call.fault, call.status) == (kind, 0)
    assert sandbox.fired(fault) == 1
    assert len(dana.read(only_managed="true")) == written


def test_an_empty_read_looks_like_a_good_one(dana: Caller, sandbox: RunningSandbox) -> None:
    dana.owner_makes()
    fault = sandbox.fault("empty_read")
    answer = read(dana)
    assert answer.status_code == 200
    assert answer.json() == {"pages": {"current": 1, "total": 1}, "events": []}
    assert sandbox.fired(fault) == 1
    assert read(dana).json()["events"]


def test_paging_can_break_off(dana: Caller, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"page_size": 2})
    fault = sandbox.fault("truncated_paging")
    pages = read(dana).json()["pages"]
    assert pages["total"] > pages["current"]
    assert "next_page" not in pages
    assert sandbox.fired(fault) == 1


def test_what_cannot_be_spoilt_does_not_count(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("truncated_paging")
    read(dana)
    assert sandbox.fired(fault) == 0
    sandbox.control("PATCH", "/settings", {"page_size": 2})
    assert "next_page" not in read(dana).json()["pages"]
    assert sandbox.fired(fault) == 1


def test_the_next_page_can_be_on_another_host(dana: Caller, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"page_size": 2})
    fault = sandbox.fault("foreign_next_page", host="http://127.0.0.2:1")
    assert read(dana).json()["pages"]["next_page"].startswith("http://127.0.0.2:1/v1/")
    assert sandbox.fired(fault) == 1


def test_json_can_be_broken(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("invalid_json")
    answer = read(dana)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert sandbox.fired(fault) == 1


def test_an_answer_and_single_events_can_be_altered(dana: Caller, sandbox: RunningSandbox) -> None:
    uid = dana.owner_makes()
    missed = sandbox.fault("altered_answer", event={"start": 5}, uid="evt_of_nobody")
    before = read(dana).json()["events"]
    assert sandbox.fired(missed) == 0
    sandbox.control("DELETE", "/faults")
    hit = sandbox.fault("altered_answer", event={"summary": 7, "end": None}, uid=uid)
    after = read(dana).json()["events"]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    ((old, new),) = changed
    assert {**old, "summary": 7} == {**new, "end": old["end"]}
    assert sandbox.fired(hit) == 1
    sandbox.fault("altered_answer", answer={"pages": {"next_page": []}, "more": {"a": 1}})
    answer = read(dana).json()
    assert (answer["pages"]["next_page"], answer["more"]) == ([], {"a": 1})


def test_an_error_can_be_a_page(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("html_error", status=503)
    answer = read(dana)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")
    assert sandbox.fired(fault) == 1


def test_a_notification_can_come_twice(dana: Caller, sandbox: RunningSandbox, hook: Hook) -> None:
    open_channel(dana, hook)
    fault = sandbox.fault("notification_duplicate")
    dana.owner_makes()
    hook.wait_for("verification", "change", "change")
    assert sandbox.fired(fault) == 1


def test_a_notification_can_come_late(dana: Caller, sandbox: RunningSandbox, hook: Hook) -> None:
    open_channel(dana, hook)
    fault = sandbox.fault("notification_late", seconds=0.5)
    dana.owner_makes()
    wait_until(lambda: sandbox.fired(fault) == 1)
    assert hook.kinds() == ["verification"]
    hook.wait_for("verification", "change")


def test_a_notification_can_be_dropped(dana: Caller, sandbox: RunningSandbox, hook: Hook) -> None:
    open_channel(dana, hook)
    fault = sandbox.fault("notification_dropped")
    dana.owner_makes()
    wait_until(lambda: deliveries(sandbox)[0]["outcome"] == "dropped")
    assert hook.kinds() == ["verification"]
    assert sandbox.fired(fault) == 1


def test_an_authorisation_can_be_withdrawn(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("token_revoked")
    assert read(dana).status_code == 401
    assert sandbox.fired(fault) == 1


def test_a_profile_can_be_disconnected(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("profile_disconnected", profile_id=dana.profile_id)
    assert dana.upsert().status_code == 423
    assert sandbox.fired(fault) == 1


def test_a_calendar_can_be_deleted(dana: Caller, sandbox: RunningSandbox) -> None:
    dana.owner_makes()
    fault = sandbox.fault("calendar_deleted", calendar_id=dana.calendar_id)
    assert dana.upsert().status_code == 404
    assert dana.read() == []
    listed = dana.call("GET", "/calendars").json()["calendars"]
    deleted = {each["calendar_id"] for each in listed if each["calendar_deleted"]}
    assert dana.calendar_id in deleted
    assert sandbox.fired(fault) == 1


def test_a_calendar_can_become_read_only(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("calendar_readonly", calendar_id=dana.calendar_id)
    assert dana.upsert().status_code == 403
    assert sandbox.fired(fault) == 1


def test_the_clock_can_be_moved(dana: Caller, sandbox: RunningSandbox) -> None:
    fault = sandbox.fault("clock_shift", seconds=2 * 86_400)
    assert sandbox.control("GET", "/state")["now"] > at(1, 23)
    assert read(dana).status_code == 401
    assert sandbox.fired(fault) == 1


def test_every_fault_is_tested_here() -> None:
    import pathlib

    text = pathlib.Path(__file__).read_text()
    untested = {kind for kind in KINDS if text.count(f'"{kind}"') < 1}
    assert not untested
    assert set(KINDS) > DEEDS


def test_nonsense_is_no_fault(sandbox: RunningSandbox) -> None:
    for bad in ({}, {"fault": "earthquake"}, {"fault": "slow", "times": 0}, {"fault": 7}):
        answer = requests.post(f"{sandbox.url}/_control/faults", json=bad, timeout=10)
        assert answer.status_code == 422
