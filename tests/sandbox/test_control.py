"""Control endpoints: what tests and the dashboard can do to the sandbox, and who may."""

from typing import Any

import pytest
import requests

from tests.sandbox.callers import Caller, Hook, at, event
from tests.sandbox_server import RunningSandbox


def test_a_reset_returns_to_the_seeds(dana: Caller, sandbox: RunningSandbox) -> None:
    before = sandbox.control("GET", "/state")["mailboxes"]
    dana.upsert()
    sandbox.fault("server_error", path="/v1/never")
    sandbox.control("POST", "/reset")
    state = sandbox.control("GET", "/state")
    assert state["mailboxes"] == before
    assert (state["grants"], state["faults"], state["channels"]) == (0, [], [])
    assert sandbox.control("GET", "/requests") == {"total": 0, "requests": []}
    assert dana.call("GET", "/account").status_code == 401


def test_what_tests_put_back_from_a_copy_is_what_a_reset_plants(
    dana: Caller, sandbox: RunningSandbox
) -> None:
    dana.upsert()
    sandbox.fault("server_error", path="/v1/never")
    sandbox.control("PATCH", "/settings", {"page_size": 7, "clock_shift": 86400.0})
    sandbox.reset()
    put_back = _look_around(sandbox)
    assert put_back["state"]["settings"]["page_size"] == 100
    sandbox.control("POST", "/reset")
    assert _look_around(sandbox) == put_back


def test_the_seeds_are_two_people_at_five_services(sandbox: RunningSandbox) -> None:
    found = {each["address"]: each for each in sandbox.control("GET", "/state")["mailboxes"]}
    services = ("google", "office365", "exchange", "outlook", "icloud")
    wanted = {f"{person}@{each}.example" for person in ("dana", "sam") for each in services}
    assert set(found) == wanted
    for mailbox in found.values():
        names = [each["calendar_name"] for each in mailbox["calendars"]]
        assert names == ["Calendar", "Work", "Personal", "Holidays", "Old projects"]


def test_seeded_events_are_around_today(dana: Caller) -> None:
    dana.calendar_id = dana.calendars["Calendar"]
    found = dana.read()
    assert {"Quarterly review", "Call with Kim", "Weekly stand-up"} <= {
        each["summary"] for each in found
    }
    assert any(len(each["start"]) == len("2026-01-01") for each in found)
    assert any(each["recurring"] for each in found)


def test_calls_are_counted_by_method_and_path(dana: Caller, sandbox: RunningSandbox) -> None:
    dana.call("GET", "/account")
    dana.call("GET", "/account")
    dana.upsert()
    path = f"/v1/calendars/{dana.calendar_id}/events"
    counted = sandbox.control("GET", "/requests")
    assert counted["total"] == 3
    assert {"method": "GET", "path": "/v1/account", "count": 2} in counted["requests"]
    assert {"method": "POST", "path": path, "count": 1} in counted["requests"]


def test_an_owners_calendar_is_listed_and_edited(dana: Caller, sandbox: RunningSandbox) -> None:
    body = {"calendar_id": dana.calendar_id, **event(summary="first")}
    url = f"{sandbox.url}/_control/events"
    answer = requests.post(url, json=body, timeout=10)
    assert answer.status_code == 201
    uid = answer.json()["event_uid"]
    sandbox.control("PATCH", f"/events/{uid}", {"start": at(1, 8)})
    path = f"/calendars/{dana.calendar_id}/events"
    (shown,) = sandbox.control("GET", path)["events"]
    assert (shown["start"], shown["end"]) == (at(1, 8), at(1, 10))
    sandbox.control("DELETE", f"/events/{uid}")
    assert sandbox.control("GET", path)["events"] == []
    assert requests.delete(f"{url}/{uid}", timeout=10).status_code == 404
    assert len(sandbox.control("GET", f"{path}?include_deleted=true")["events"]) == 1


def test_a_mailbox_can_be_added(sandbox: RunningSandbox) -> None:
    body = {"address": "lee@firm.example", "service": "gsuite"}
    answer = requests.post(f"{sandbox.url}/_control/mailboxes", json=body, timeout=10)
    assert answer.status_code == 422
    sandbox.control("POST", "/mailboxes", {**body, "service": "google"})
    tokens = sandbox.authorise("lee@firm.example")
    assert tokens["linking_profile"]["profile_name"] == "lee@firm.example"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attendees", [7]),
        ("attendees", {"invite": []}),
        ("categories", [7]),
        ("organizer", "Kim"),
        ("participation_status", "perhaps"),
        ("status", []),
        ("meeting_url", {}),
        ("conferencing", "zoom"),
        ("repeats", "FREQ=SOMETIMES"),
        ("repeats", 7),
    ],
)
def test_an_owner_cannot_say_nonsense(dana: Caller, field: str, value: object) -> None:
    body = {"calendar_id": dana.calendar_id, **event(), field: value}
    answer = requests.post(f"{dana.sandbox.url}/_control/events", json=body, timeout=10)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Host": "sandbox.evil.example"}]
)
def test_strangers_find_no_controls(sandbox: RunningSandbox, headers: dict[str, str]) -> None:
    url = f"{sandbox.url}/_control/state"
    assert requests.get(url, timeout=10).status_code == 200
    assert requests.get(url, headers=headers, timeout=10).status_code == 404


def test_other_machines_find_no_controls(sandbox: RunningSandbox) -> None:
    client = sandbox.app.test_client()
    environ = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/_control/state", environ_overrides=environ).status_code == 404


def test_what_happened_while_disconnected_is_announced_afterwards(
    dana: Caller, sandbox: RunningSandbox, hook: Hook
) -> None:
    dana.call("POST", "/channels", json={"callback_url": hook.url})
    hook.wait_for("verification")
    path = f"/profiles/{dana.profile_id}"
    sandbox.control("POST", f"{path}/disconnect", {"noticed": False})
    dana.owner_makes(summary="unseen")
    sandbox.control("POST", f"{path}/reconnect")
    hook.wait_for("verification", "change")
    since = hook.notifications()[-1]["changes_since"]
    assert dana.summaries(last_modified=since) == ["unseen"]


def _look_around(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return what the sandbox holds, but for names and moments that each planting gives anew."""
    state = sandbox.control("GET", "/state")
    del state["now"]
    ids = [each["calendar_id"] for box in state["mailboxes"] for each in box["calendars"]]
    found = [sandbox.control("GET", f"/calendars/{each}/events")["events"] for each in ids]
    kept = ("calendar_id", "summary", "start", "end", "recurring")
    return {
        "state": state,
        "events": [sorted([each[key] for key in kept] for each in events) for events in found],
        "requests": sandbox.control("GET", "/requests")["total"],
    }
