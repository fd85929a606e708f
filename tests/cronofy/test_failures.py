"""Every status of docs/cronofy-api.md 9, and what the client makes of it."""

from datetime import timedelta

import pytest
import requests

from calsync.core.event import EventDraft, Timed
from calsync.cronofy.batch import Upsert
from calsync.cronofy.calls import Call
from calsync.cronofy.failures import retry_after
from calsync.cronofy.limiter import Lane
from calsync.errors import (
    AccessRevoked,
    FeatureMissing,
    NotFound,
    PermanentError,
    PermissionMissing,
    ProfileLocked,
    RateLimited,
    Refused,
    TemporaryError,
    Unreachable,
    UnreadableAnswer,
    UntrustedAnswer,
)
from tests.cronofy.stage import API, NOW, RENEWED, TOKEN, Stage

EVENTS = f"{API}/v1/calendars/cal_1/events"
DRAFT = EventDraft("item-1", "Visit", Timed(NOW, NOW))
USERINFO = {"sub": "acc_1"}
CALL = Call("userinfo", "GET", "/v1/userinfo")


@pytest.mark.parametrize(
    ("status", "error", "calls"),
    [
        (301, UntrustedAnswer, 1),
        (302, UntrustedAnswer, 1),
        (307, UntrustedAnswer, 1),
        (400, Refused, 1),
        (401, AccessRevoked, 2),
        (402, FeatureMissing, 1),
        (403, PermissionMissing, 1),
        (404, NotFound, 1),
        (405, PermanentError, 1),
        (408, TemporaryError, 4),
        (410, NotFound, 1),
        (418, PermanentError, 1),
        (422, Refused, 1),
        (423, ProfileLocked, 1),
        (429, RateLimited, 4),
        (500, TemporaryError, 4),
        (502, TemporaryError, 4),
        (503, TemporaryError, 4),
        (504, TemporaryError, 4),
        (599, TemporaryError, 4),
    ],
)
def test_every_status_has_its_error_and_its_patience(stage, requests_mock, status, error, calls):
    elsewhere = {"Location": "http://169.254.169.254/latest"}
    requests_mock.post(EVENTS, status_code=status, headers=elsewhere)
    with pytest.raises(error) as raised:
        stage.client.upsert_event("cal_1", DRAFT)
    assert type(raised.value) is error
    assert requests_mock.call_count == calls
    assert {r.hostname for r in requests_mock.request_history} == {"api.cronofy.test"}


def test_a_call_is_not_made_again_by_a_process_that_was_stopped_for_long_meanwhile(
    stage, requests_mock, monkeypatch
):
    def sleep(_seconds: float) -> None:
        stage.clock.seconds += 1500

    monkeypatch.setattr(stage.clock, "sleep", sleep)
    requests_mock.post(EVENTS, status_code=502)
    with pytest.raises(TemporaryError):
        stage.client.upsert_event("cal_1", DRAFT)
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("status", [200, 202, 203, 204, 206])
@pytest.mark.parametrize("body", ["", "<html>Sign in</html>", "[]", "null", '{"sub": 7}', "{"])
def test_a_success_without_what_was_asked_for_is_unreadable(stage, requests_mock, status, body):
    requests_mock.get(f"{API}/v1/userinfo", status_code=status, text=body)
    with pytest.raises(UnreadableAnswer):
        stage.client.userinfo()


def test_an_expired_token_is_renewed_once_and_the_call_goes_on(stage, requests_mock):
    answers = [{"status_code": 401}, {"json": USERINFO}]
    requests_mock.get(f"{API}/v1/userinfo", answers)
    assert stage.client.userinfo().account_id == "acc_1"
    assert stage.tokens.renewals == 1
    sent = [r.headers["Authorization"] for r in requests_mock.request_history]
    assert sent == [f"Bearer {TOKEN}", f"Bearer {RENEWED}"]


def test_a_refused_field_is_named_by_its_keys_and_never_in_the_users_words(stage, requests_mock):
    errors = {
        "summary": [{"key": "errors.required", "description": "canary is missing"}, "canary"],
        "the canary field": [{"key": "errors.x"}],
        "start": [{"key": "no canary key"}],
        "end": "canary",
    }
    requests_mock.post(EVENTS, status_code=422, json={"errors": errors})
    with pytest.raises(Refused) as raised:
        stage.client.upsert_event("cal_1", DRAFT)
    assert raised.value.fields == {"summary": ("errors.required",), "start": ()}
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("body", ["", "canary", "[]", '{"errors": "canary"}', '{"errors": null}'])
def test_a_refusal_without_fields_is_still_a_refusal(stage, requests_mock, body):
    requests_mock.post(EVENTS, status_code=422, text=body)
    with pytest.raises(Refused) as raised:
        stage.client.upsert_event("cal_1", DRAFT)
    assert raised.value.fields == {}
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("999999999", 86400),
        ("Sun, 01 Mar 2026 09:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 08:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 09:01:00", 60),
    ],
)
def test_a_wait_is_asked_for_in_seconds_or_by_date(header, seconds):
    assert retry_after({"Retry-After": header}, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", ["", "soon", "-5", "1e9", "7.5", "nan", "٣", "9" * 5000])
def test_an_odd_wait_is_no_wait(header):
    assert retry_after({"Retry-After": header}, NOW) is None


def test_a_fault_that_passes_is_not_noticed(stage, requests_mock):
    faults = [{"status_code": 503}, {"exc": requests.ConnectionError}, {"status_code": 202}]
    requests_mock.post(EVENTS, faults)
    stage.client.upsert_event("cal_1", DRAFT)
    assert requests_mock.call_count == 3
    assert stage.clock.slept == [0.25, 0.5]


def test_pauses_are_spread_by_chance_and_grow():
    stages = [Stage(jitter=lambda chance=chance: chance) for chance in (0.0, 1.0)]
    pauses = [
        [stage.client._caller._pause_before_next(CALL, TemporaryError("x"), n) for n in (1, 2, 3)]
        for stage in stages
    ]
    assert pauses == [[0.0, 0.0, 0.0], [0.5, 1.0, 2.0]]


def test_a_wait_that_is_asked_for_is_kept(stage, requests_mock):
    requests_mock.post(
        EVENTS, [{"status_code": 503, "headers": {"Retry-After": "20"}}, {"status_code": 202}]
    )
    stage.client.upsert_event("cal_1", DRAFT)
    assert stage.clock.seconds >= 20


def test_a_person_is_not_kept_waiting_for_an_hour(requests_mock):
    stage = Stage(lane=Lane.USER)
    requests_mock.post(EVENTS, status_code=503, headers={"Retry-After": "3600"})
    with pytest.raises(TemporaryError) as raised:
        stage.client.upsert_event("cal_1", DRAFT)
    assert raised.value.retry_after == timedelta(hours=1)
    assert stage.clock.seconds == 0


def test_too_many_calls_make_everybody_wait(stage, requests_mock):
    requests_mock.post(
        EVENTS, [{"status_code": 429, "headers": {"Retry-After": "15"}}, {"status_code": 202}]
    )
    stage.client.upsert_event("cal_1", DRAFT)
    assert stage.clock.seconds >= 15


def test_a_429_stops_other_tenants_too_until_it_is_over(stage, requests_mock):
    requests_mock.post(EVENTS, status_code=429, headers={"Retry-After": "3600"})
    with pytest.raises(RateLimited):
        stage.client.upsert_event("cal_1", DRAFT)
    with pytest.raises(RateLimited):
        stage.limiter.acquire(Lane.USER, "another", max_wait=10)
    stage.clock.seconds += 3600
    stage.limiter.acquire(Lane.USER, "another", max_wait=10)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ({"status_code": 503}, 1),
        ({"exc": requests.ReadTimeout}, 1),
        ({"exc": requests.ConnectionError}, 1),
        ({"exc": requests.ConnectTimeout}, 4),
        ({"status_code": 429}, 4),
    ],
)
def test_a_calendar_is_never_made_twice(stage, requests_mock, fault, calls):
    requests_mock.post(f"{API}/v1/calendars", [fault])
    with pytest.raises(TemporaryError):
        stage.client.create_calendar("pro_1", "Work")
    assert requests_mock.call_count == calls


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (requests.ConnectTimeout, "in time"),
        (requests.ReadTimeout, "in time"),
        (requests.ConnectionError, "cannot be reached"),
        (ConnectionResetError, "cannot be reached"),
        (requests.exceptions.ChunkedEncodingError, "cannot be reached"),
        (requests.exceptions.SSLError, "TLS"),
        (requests.exceptions.ProxyError, "proxy"),
        (requests.exceptions.ContentDecodingError, "cannot be reached"),
    ],
)
def test_trouble_on_the_way_is_temporary_and_says_what_it_is(stage, requests_mock, fault, words):
    requests_mock.get(f"{API}/v1/userinfo", exc=fault("canary https://api.cronofy.test/?canary"))
    with pytest.raises(Unreachable, match=words) as raised:
        stage.client.userinfo()
    assert "canary" not in str(raised.value)
    assert requests_mock.call_count == 4


def test_a_tls_error_is_never_answered_by_plain_http(stage, requests_mock):
    requests_mock.get(f"{API}/v1/userinfo", exc=requests.exceptions.SSLError)
    with pytest.raises(Unreachable):
        stage.client.userinfo()
    assert {r.scheme for r in requests_mock.request_history} == {"https"}
    assert all(r.verify for r in requests_mock.request_history)


def test_what_the_token_source_says_is_handed_up_at_once(stage, requests_mock):
    def gone() -> str:
        raise AccessRevoked("not connected any more")

    stage.tokens.current = gone
    with pytest.raises(AccessRevoked):
        stage.client.userinfo()
    assert requests_mock.call_count == 0


def test_what_an_attempt_may_have_done_no_later_one_that_did_nothing_takes_back(
    stage, requests_mock
):
    lost = {"exc": requests.exceptions.ReadTimeout("slow")}
    requests_mock.post(f"{API}/v1/batch", [lost, *[{"status_code": 429}] * 5])
    with pytest.raises(Unreachable) as failure:
        stage.client.batch([Upsert("cal_1", DRAFT)])
    assert failure.value.maybe_sent
    assert requests_mock.call_count > 1
