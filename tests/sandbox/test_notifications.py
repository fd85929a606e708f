"""Push channels and what is delivered to them."""

import base64
import hashlib
import hmac

import pytest

from calsync.sandbox.courier import sign
from tests.sandbox.callers import Caller, Hook, at, event, wait_until
from tests.sandbox_server import RunningSandbox


def open_channel(dana: Caller, hook: Hook, **filters: object) -> str:
    """Make a channel, wait for its verification, and return its id."""
    body = {"callback_url": hook.url, "filters": filters}
    answer = dana.call("POST", "/channels", json=body)
    assert answer.status_code == 200, answer.text
    wait_until(lambda: "verification" in hook.kinds())
    channel_id: str = answer.json()["channel"]["channel_id"]
    return channel_id


def close_all(dana: Caller, hook: Hook) -> list[str]:
    """Let one more change be announced, and return all that had come by then.

    Deliveries run side by side; a quiet moment after the last tells that
    nothing else is on its way.
    """
    wait_until(lambda: not any(each["outcome"] is None for each in deliveries(dana.sandbox)))
    return hook.kinds()


def deliveries(sandbox: RunningSandbox) -> list[dict[str, object]]:
    """Return what the sandbox sent or has still to send."""
    found: list[dict[str, object]] = sandbox.control("GET", "/state")["deliveries"]
    return found


@pytest.mark.parametrize(
    ("secret", "value"),
    [
        ("pDY0Oi7TJSP2hfNmZNkm5", "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="),
        (
            "CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID",
            "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0=",
        ),
        (
            "CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr",
            "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k=",
        ),
    ],
)
def test_signatures_are_those_of_the_documentation(secret: str, value: str) -> None:
    assert sign(b'{"example":"well-known"}', [secret]) == value


def test_an_identical_channel_is_the_same_channel(dana: Caller, hook: Hook) -> None:
    first = open_channel(dana, hook)
    assert open_channel(dana, hook) == first
    assert open_channel(dana, hook, only_managed=False) == first
    other = open_channel(dana, hook, calendar_ids=[dana.calendar_id])
    assert other != first
    listed = dana.call("GET", "/channels").json()["channels"]
    assert [each["channel_id"] for each in listed] == [first, other]
    assert [each["filters"] for each in listed] == [{}, {"calendar_ids": [dana.calendar_id]}]
    wait_until(lambda: hook.kinds() == ["verification"] * 2)


def test_an_owners_change_is_announced(dana: Caller, hook: Hook) -> None:
    open_channel(dana, hook)
    uid = dana.owner_makes()
    hook.wait_for("verification", "change")
    dana.sandbox.control("PATCH", f"/events/{uid}", {"summary": "new"})
    hook.wait_for("verification", "change", "change")
    dana.sandbox.control("DELETE", f"/events/{uid}")
    hook.wait_for("verification", "change", "change", "change")
    since = hook.notifications()[-1]["changes_since"]
    (tombstone,) = dana.read(last_modified=since, include_deleted="true")
    assert tombstone["deleted"] is True


def test_the_applications_own_writes_are_not_announced(dana: Caller, hook: Hook) -> None:
    open_channel(dana, hook)
    dana.upsert()
    dana.write("DELETE", {"event_id": "e1"})
    dana.call("DELETE", "/events", json={"delete_all": True})
    assert close_all(dana, hook) == ["verification"]
    assert len(deliveries(dana.sandbox)) == 1


def test_filters_choose_calendars_and_managed_events(dana: Caller, hook: Hook) -> None:
    open_channel(dana, hook, calendar_ids=[dana.calendar_id], only_managed=True)
    dana.upsert()
    (mine,) = dana.read(only_managed="true")
    dana.owner_makes()
    dana.owner_makes("Personal")
    assert close_all(dana, hook) == ["verification"]
    dana.sandbox.control("PATCH", f"/events/{mine['event_uid']}", {"summary": "theirs now"})
    hook.wait_for("verification", "change")


def test_a_move_is_announced_once_for_a_channel_of_both_calendars(dana: Caller, hook: Hook) -> None:
    open_channel(dana, hook)
    uid = dana.owner_makes()
    hook.wait_for("verification", "change")
    target = {"calendar_id": dana.calendars["Personal"]}
    dana.sandbox.control("PATCH", f"/events/{uid}", target)
    hook.wait_for("verification", "change", "change")


def test_notifications_are_signed_over_their_exact_bytes(dana: Caller, hook: Hook) -> None:
    open_channel(dana, hook)
    body, headers = hook.received[0]
    digest = hmac.new(b"sandbox-secret", body, hashlib.sha256).digest()
    assert headers["Cronofy-HMAC-SHA256"] == base64.b64encode(digest).decode()
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert b"acc_" not in body


def test_two_active_secrets_sign_both(dana: Caller, hook: Hook, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"client_secrets": ["new", "sandbox-secret"]})
    open_channel(dana, hook)
    body, headers = hook.received[0]
    values = headers["Cronofy-HMAC-SHA256"].split(",")
    assert values == [sign(body, ["new"]), sign(body, ["sandbox-secret"])]


def test_a_refused_notification_is_tried_again(
    dana: Caller, hook: Hook, sandbox: RunningSandbox
) -> None:
    sandbox.control("PATCH", "/settings", {"retry_scale": 0.001})
    open_channel(dana, hook)
    hook.status = 500
    dana.owner_makes()
    wait_until(lambda: hook.kinds().count("change") >= 3)
    hook.status = 204
    wait_until(lambda: all(each["outcome"] == "delivered" for each in deliveries(sandbox)))
    assert len(dana.call("GET", "/channels").json()["channels"]) == 1


def test_a_channel_that_fails_for_a_day_is_closed(
    dana: Caller, hook: Hook, sandbox: RunningSandbox
) -> None:
    sandbox.control("PATCH", "/settings", {"retry_scale": 0.000_005})
    hook.status = 503
    open_channel(dana, hook)
    wait_until(lambda: dana.call("GET", "/channels").json()["channels"] == [])
    assert [each["outcome"] for each in deliveries(sandbox)] == ["failed"]


def test_an_unreachable_receiver_is_no_trouble(dana: Caller, sandbox: RunningSandbox) -> None:
    sandbox.control("PATCH", "/settings", {"retry_scale": 0.000_005})
    body = {"callback_url": "http://127.0.0.1:9/nobody"}
    assert dana.call("POST", "/channels", json=body).status_code == 200
    wait_until(lambda: dana.call("GET", "/channels").json()["channels"] == [])


def test_a_closed_channel_hears_nothing_more(dana: Caller, hook: Hook) -> None:
    channel_id = open_channel(dana, hook)
    answer = dana.call("DELETE", f"/channels/{channel_id}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert dana.call("DELETE", f"/channels/{channel_id}").status_code == 404
    dana.owner_makes()
    assert close_all(dana, hook) == ["verification"]


def test_a_revoked_account_has_no_channels(
    dana: Caller, hook: Hook, sandbox: RunningSandbox
) -> None:
    open_channel(dana, hook)
    sandbox.fault("token_revoked", sub=dana.sub)
    assert dana.call("GET", "/channels").status_code == 401
    assert sandbox.control("GET", "/state")["channels"] == []


def test_a_disconnection_is_announced_when_cronofy_notices(
    dana: Caller, hook: Hook, sandbox: RunningSandbox
) -> None:
    open_channel(dana, hook)
    unnoticed = {"noticed": False}
    sandbox.control("POST", f"/profiles/{dana.profile_id}/disconnect", unnoticed)
    dana.owner_makes()
    assert close_all(dana, hook) == ["verification"]
    assert dana.upsert().status_code == 423
    hook.wait_for("verification", "profile_disconnected")
    assert dana.upsert().status_code == 423
    sandbox.control("POST", f"/profiles/{dana.profile_id}/reconnect")
    hook.wait_for("verification", "profile_disconnected", "change")


def test_the_end_of_the_initial_sync_is_announced(
    dana: Caller, hook: Hook, sandbox: RunningSandbox
) -> None:
    path = f"/profiles/{dana.profile_id}/initial_sync"
    sandbox.control("POST", path, {"required": True})
    open_channel(dana, hook)
    sandbox.control("POST", path, {"required": False})
    sandbox.control("POST", path, {"required": False})
    hook.wait_for("verification", "profile_initial_sync_completed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "callback_url"),
        ({"callback_url": "ftp://127.0.0.1/"}, "callback_url"),
        ({"callback_url": "https://shop.example/hook"}, "callback_url"),
        ({"callback_url": "http://127.0.0.1/" + "x" * 128}, "callback_url"),
        ({"callback_url": "http://127.0.0.1/", "filters": {"calendar_ids": []}}, "calendar_ids"),
        ({"callback_url": "http://127.0.0.1/", "filters": {"only_managed": 7}}, "only_managed"),
        ({"callback_url": "http://127.0.0.1/", "filters": []}, "filters"),
    ],
)
def test_bad_channels_are_refused(dana: Caller, body: dict[str, object], field: str) -> None:
    answer = dana.call("POST", "/channels", json=body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_only_managed_channels_need_no_right_to_read(sandbox: RunningSandbox, hook: Hook) -> None:
    writer = Caller(sandbox, sandbox.authorise(scope="create_event"))
    body = {"callback_url": hook.url}
    assert writer.call("POST", "/channels", json=body).status_code == 403
    open_channel(writer, hook, only_managed=True)


def test_an_account_has_128_channels_at_most(dana: Caller, hook: Hook) -> None:
    codes = [
        dana.call("POST", "/channels", json={"callback_url": f"{hook.url}/{n}"}).status_code
        for n in range(129)
    ]
    assert codes == [200] * 128 + [422]


def test_the_bodies_say_which_channel_was_meant(dana: Caller, hook: Hook) -> None:
    import json

    channel_id = open_channel(dana, hook, calendar_ids=[dana.calendar_id])
    dana.sandbox.control("POST", "/events", {"calendar_id": dana.calendar_id, **event()})
    hook.wait_for("verification", "change")
    body = json.loads(hook.received[-1][0])
    assert set(body) == {"notification", "channel"}
    assert body["channel"]["channel_id"] == channel_id
    assert body["channel"]["filters"] == {"calendar_ids": [dana.calendar_id]}
    assert set(body["notification"]) == {"type", "changes_since"}
    assert body["notification"]["changes_since"] < at(1)
