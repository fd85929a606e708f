"""An independent client drives the sandbox over real HTTP, through everything that it can do."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pycronofy
import pytest
from pycronofy.batch import BatchBuilder
from pycronofy.exceptions import PyCronofyPartialSuccessError, PyCronofyRequestError

from calsync.sandbox.courier import sign
from tests.sandbox.callers import Caller, Hook, at, day, wait_until
from tests.sandbox_server import RunningSandbox

#: They compute and never call; nothing of the sandbox could be learnt from them.
NO_CALL = {
    "is_authorization_expired": "compares two times of its own",
    "map_availability_buffer": "shapes arguments",
    "map_availability_duration": "shapes arguments",
    "map_availability_member": "shapes arguments",
    "map_availability_participants": "shapes arguments",
    "map_availability_participants_group": "shapes arguments",
    "map_availability_sequence": "shapes arguments",
    "map_buffer_details": "shapes arguments",
    "map_sequence_item": "shapes arguments",
    "translate_available_periods": "shapes arguments",
    "translate_query_slots": "shapes arguments",
    "validate": "checks arguments",
}


def make_client(sandbox: RunningSandbox, **tokens: Any) -> pycronofy.Client:
    """Return a client whose hosts are the sandbox."""
    client = pycronofy.Client(
        client_id=sandbox.client_id, client_secret=sandbox.client_secret, **tokens
    )
    client.request_handler.base_url = sandbox.url
    client.app_base_url = sandbox.url
    return client


@pytest.fixture
def cronofy(sandbox: RunningSandbox) -> pycronofy.Client:
    """A client that Dana allowed everything."""
    tokens = sandbox.authorise(scope="read_write")
    return make_client(
        sandbox, access_token=tokens["access_token"], refresh_token=tokens["refresh_token"]
    )


@pytest.fixture
def work(sandbox: RunningSandbox) -> str:
    """Dana's work calendar."""
    return sandbox.calendars()["Work"]


def refused_with(status: int, call: Callable[[], object]) -> None:
    """Fail unless the call is refused with this status."""
    with pytest.raises(PyCronofyRequestError) as raised:
        call()
    assert raised.value.response.status_code == status


def event(event_id: str = "e1", **fields: Any) -> dict[str, Any]:
    """Return an event as pycronofy takes it: with real times."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    body = {"event_id": event_id, "summary": "Meeting", "start": start}
    return {**body, "end": start + timedelta(hours=1), **fields}


def test_every_public_method_is_driven_here() -> None:
    methods = {
        name
        for name, _ in inspect.getmembers(pycronofy.Client, inspect.isfunction)
        if not name.startswith("_")
    }
    text = inspect.getsource(inspect.getmodule(make_client))  # type: ignore[arg-type]
    driven = {name for name in methods if f".{name}(" in text}
    assert len(methods) > 40
    assert methods - driven == set(NO_CALL)


def test_the_way_of_a_token(sandbox: RunningSandbox) -> None:
    client = make_client(sandbox)
    link = client.user_auth_link("http://127.0.0.1:5000/callback", state="s")
    assert link.startswith(f"{sandbox.url}/oauth/authorize?")
    body = {"mailbox": "dana@google.example", "code_only": True}
    code = sandbox.control("POST", "/authorise", body)
    first = client.get_authorization_from_code(code["code"], code["redirect_uri"])
    refused_with(
        400, lambda: client.get_authorization_from_code(code["code"], code["redirect_uri"])
    )
    second = client.refresh_authorization()
    assert second["refresh_token"] != first["refresh_token"]
    assert client.account()["email"] == "dana@google.example"
    access_token = client.auth.access_token
    client.revoke_authorization()
    refused_with(401, make_client(sandbox, access_token=access_token).account)


def test_identity(cronofy: pycronofy.Client) -> None:
    assert cronofy.userinfo()["sub"] == cronofy.account()["account_id"]
    (profile,) = cronofy.list_profiles()
    assert profile["profile_connected"] is True
    assert len(cronofy.list_calendars()) == 5
    made = cronofy.create_calendar(profile["profile_id"], "Bookings")
    assert made["calendar"]["calendar_name"] == "Bookings"
    refused_with(422, lambda: cronofy.create_calendar(profile["profile_id"], "Bookings"))
    again = cronofy.create_calendar(profile["profile_id"], "Bookings", error_on_duplicate=False)
    assert again["calendar_id"] == made["calendar"]["calendar_id"]
    cronofy.revoke_profile(profile["profile_id"])
    assert cronofy.list_profiles() == []
    refused_with(404, lambda: cronofy.revoke_profile(profile["profile_id"]))


def test_events_are_written_read_and_deleted(cronofy: pycronofy.Client, work: str) -> None:
    today = datetime.now(UTC).date()
    cronofy.upsert_event(work, event("e1"))
    cronofy.upsert_event(work, event("e2", start=today, end=today + timedelta(1)))
    eastern = timezone(timedelta(hours=-5))
    start = datetime.now(eastern) + timedelta(days=2)
    cronofy.upsert_event(work, event("e3", start=start, end=start + timedelta(hours=1)))
    found = cronofy.read_events(calendar_ids=[work]).all()
    assert [each["event_id"] for each in found] == ["e2", "e1", "e3"]
    cronofy.delete_event(work, "e1")
    deleted = cronofy.read_events(calendar_ids=[work], include_deleted=True, only_managed=True)
    assert [each["deleted"] for each in deleted] == [False, True, False]
    cronofy.delete_all_events(calendar_ids=[work])
    assert cronofy.read_events(calendar_ids=[work]).all() == []
    cronofy.upsert_event(work, event("e4"))
    cronofy.delete_all_events()
    assert cronofy.read_events(calendar_ids=[work]).all() == []
    refused_with(404, lambda: cronofy.upsert_event("cal_unknown", event()))
    refused_with(422, lambda: cronofy.upsert_event(work, event(summary="x" * 2_000)))
    refused_with(402, lambda: cronofy.read_events(include_geo=True))
    long_ago = today - timedelta(days=60)
    refused_with(422, lambda: cronofy.read_events(from_date=long_ago))


def test_pages_are_followed(cronofy: pycronofy.Client, sandbox: RunningSandbox, work: str) -> None:
    sandbox.control("PATCH", "/settings", {"page_size": 2})
    for number in range(5):
        cronofy.upsert_event(work, event(f"e{number}"))
    assert len(cronofy.read_events(calendar_ids=[work]).all()) == 5
    pages = cronofy.read_events(calendar_ids=[work], localized_times=True)
    assert pages.total == 3
    assert len(list(pages)) == 5
    expiring = cronofy.read_events(calendar_ids=[work])
    sandbox.control("POST", "/pages/expire")
    refused_with(404, expiring.fetch_next_page)


def test_free_busy(cronofy: pycronofy.Client, work: str) -> None:
    cronofy.upsert_event(work, event())
    blocks = cronofy.read_free_busy(calendar_ids=[work]).all()
    assert [each["free_busy_status"] for each in blocks] == ["busy"]
    assert cronofy.read_free_busy(calendar_ids=[work], include_managed=False).all() == []


def test_external_events_need_elevated_permissions(
    cronofy: pycronofy.Client, sandbox: RunningSandbox, work: str
) -> None:
    body = {"calendar_id": work, "summary": "theirs", "start": at(1), "end": at(1, 10)}
    uid = sandbox.control("POST", "/events", body)["event_uid"]
    refused_with(403, lambda: cronofy.delete_external_event(work, uid))
    wanted = [{"calendar_id": work, "permission_level": "unrestricted"}]
    asked = cronofy.elevated_permissions(wanted, "http://127.0.0.1:5000/done")
    assert asked["url"].startswith(f"{sandbox.url}/permissions/")
    level = {"permission_level": "unrestricted"}
    sandbox.control("PATCH", f"/calendars/{work}", level)
    cronofy.delete_external_event(work, uid)
    assert cronofy.read_events(calendar_ids=[work]).all() == []


def test_an_invitation_is_answered(
    cronofy: pycronofy.Client, sandbox: RunningSandbox, work: str
) -> None:
    me = {"email": "dana@google.example", "status": "needs_action"}
    body = {"calendar_id": work, "summary": "x", "start": at(1), "end": at(1, 10)}
    uid = sandbox.control("POST", "/events", {**body, "attendees": [me]})["event_uid"]
    cronofy.change_participation_status(work, uid, "tentative")
    (shown,) = cronofy.read_events(calendar_ids=[work]).all()
    assert shown["participation_status"] == "tentative"
    refused_with(422, lambda: cronofy.change_participation_status(work, uid, "perhaps"))


def test_a_batch(cronofy: pycronofy.Client, work: str) -> None:
    builder = BatchBuilder()
    builder.upsert_event(work, event("b1")).upsert_event(work, event("b2"))
    builder.delete_event(work, "b1")
    result = cronofy.batch(builder)
    assert [entry.status() for entry in result.entries] == [202, 202, 202]
    assert [each["event_id"] for each in cronofy.read_events(calendar_ids=[work])] == ["b2"]
    bad = BatchBuilder().upsert_event(work, event("b3", summary=7))
    with pytest.raises(PyCronofyPartialSuccessError):
        cronofy.batch(bad)


def test_channels_and_their_signatures(
    cronofy: pycronofy.Client, sandbox: RunningSandbox, work: str, hook: Hook
) -> None:
    made = cronofy.create_notification_channel(hook.url, calendar_ids=[work], only_managed=True)
    assert made["filters"] == {"calendar_ids": [work], "only_managed": True}
    assert cronofy.list_notification_channels() == [made]
    hook.wait_for("verification")
    body, headers = hook.received[0]
    assert cronofy.hmac_valid(headers["Cronofy-HMAC-SHA256"], body.decode())
    assert not cronofy.hmac_valid(headers["Cronofy-HMAC-SHA256"], body.decode() + " ")
    both = sign(body, ["another", "sandbox-secret"])
    assert cronofy.hmac_valid(both, body.decode())
    cronofy.close_notification_channel(made["channel_id"])
    refused_with(404, lambda: cronofy.close_notification_channel(made["channel_id"]))


def test_a_service_account_authorises_others(sandbox: RunningSandbox, hook: Hook) -> None:
    import json

    tokens = sandbox.control("POST", "/service_accounts", {"domain": "exchange.example"})
    service = make_client(sandbox, access_token=tokens["access_token"])
    assert service.userinfo()["cronofy.type"] == "service_account"
    assert service.resources()[0]["email"]
    mailbox = "dana@exchange.example"
    service.authorize_with_service_account(mailbox, "read_write", hook.url, state="one")
    wait_until(lambda: len(hook.received) == 1)
    given = json.loads(hook.received[0][0])["authorization"]
    assert given["state"] == "one"
    client = make_client(sandbox)
    client.get_authorization_from_code(given["code"], hook.url)
    wanted = [
        {"calendar_id": sandbox.calendars(mailbox)["Work"], "permission_level": "unrestricted"}
    ]
    assert client.elevated_permissions(wanted) == {"accepted": True}
    many = [{"email": "nobody@exchange.example", "scope": "x", "callback_url": hook.url}]
    service.authorize_multiple_accounts_via_service_account(many)
    wait_until(lambda: len(hook.received) == 2)
    assert "error_key" in json.loads(hook.received[1][0])["authorization"]
    service.revoke_authorization()
    refused_with(401, client.account)
    refused_with(401, lambda: make_client(sandbox, access_token="x").resources())


def test_an_application_calendar(sandbox: RunningSandbox) -> None:
    client = make_client(sandbox)
    first = client.application_calendar("bookings")
    assert first["sub"].startswith("apc_")
    assert client.application_calendar("bookings")["sub"] == first["sub"]
    (calendar,) = client.list_calendars()
    client.upsert_event(calendar["calendar_id"], event())
    assert len(client.read_events().all()) == 1


def test_availability_rules_are_kept(cronofy: pycronofy.Client) -> None:
    weekly = [{"day": "monday", "start_time": "09:00", "end_time": "17:00"}]
    rule = {"availability_rule_id": "r1", "tzid": "Europe/London", "weekly_periods": weekly}
    assert cronofy.upsert_availability_rule(rule) == rule
    assert cronofy.get_availability_rule("r1") == rule
    assert cronofy.list_availability_rules() == [rule]
    cronofy.delete_availability_rule("r1")
    assert cronofy.list_availability_rules() == []
    refused_with(404, lambda: cronofy.get_availability_rule("r1"))
    refused_with(422, lambda: cronofy.upsert_availability_rule({"availability_rule_id": "r2"}))


def test_what_larger_plans_add_is_refused(cronofy: pycronofy.Client) -> None:
    """Scheduling, smart invites, UI elements and conferencing are answered with 402."""
    periods = [{"start": at(1, 9), "end": at(1, 17)}]
    oauth = {"redirect_uri": "http://127.0.0.1/", "scope": "read_events"}
    wanted = {
        "participants": {"members": ["acc_x"]},
        "required_duration": 60,
        "available_periods": periods,
        "sequence": [],
    }
    recipient = {"email": "kim@firm.example"}
    invite = {"summary": "x", "start": at(1), "end": at(1, 10)}
    calls: list[Callable[[], object]] = [
        lambda: cronofy.availability({"members": ["acc_x"]}, 60, periods),
        lambda: cronofy.sequenced_availability([], periods),
        lambda: cronofy.real_time_scheduling(dict(wanted), oauth, {}),
        lambda: cronofy.get_real_time_scheduling_status(token="t"),
        lambda: cronofy.get_real_time_scheduling_status(real_time_scheduling_id="i"),
        lambda: cronofy.disable_real_time_scheduling_link("i", "gone"),
        lambda: cronofy.real_time_sequencing(dict(wanted), oauth, {}),
        lambda: cronofy.upsert_smart_invite("s", recipient, invite, "http://127.0.0.1/"),
        lambda: cronofy.get_smart_invite("s", "kim@firm.example"),
        lambda: cronofy.cancel_smart_invite("s", recipient),
        lambda: cronofy.get_conferencing_services_auth_link("http://127.0.0.1/"),
        lambda: cronofy.get_ui_element_token(["agenda"], ["acc_x"], "http://127.0.0.1"),
    ]
    for call in calls:
        refused_with(402, call)


def test_an_expired_token_a_missing_scope_and_a_limit_are_told_apart(
    sandbox: RunningSandbox, work: str
) -> None:
    tokens = sandbox.authorise(scope="read_events")
    client = make_client(sandbox, access_token=tokens["access_token"])
    refused_with(403, lambda: client.upsert_event(work, event()))
    sandbox.fault("rate_limited")
    refused_with(429, client.account)
    sandbox.fault("profile_disconnected", profile_id=tokens["linking_profile"]["profile_id"])
    sandbox.control("POST", "/tokens/expire")
    refused_with(401, client.account)


def test_a_locked_profile_refuses_writes(
    cronofy: pycronofy.Client, sandbox: RunningSandbox, work: str
) -> None:
    (profile,) = cronofy.list_profiles()
    sandbox.control("POST", f"/profiles/{profile['profile_id']}/disconnect")
    refused_with(423, lambda: cronofy.upsert_event(work, event()))
    refused_with(423, lambda: cronofy.delete_event(work, "e1"))


def test_the_owners_changes_come_by_last_modified(
    cronofy: pycronofy.Client, sandbox: RunningSandbox, work: str
) -> None:
    dana = Caller(sandbox, sandbox.authorise())
    since = datetime.now(UTC)
    uid = dana.owner_makes(summary="new", start=day(1), end=day(2))
    found = cronofy.read_events(calendar_ids=[work], last_modified=since).all()
    assert [each["event_uid"] for each in found] == [uid]
