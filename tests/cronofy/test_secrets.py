"""A token, a secret and the words of an event appear in no error and in no log line."""

import logging

import pytest
import requests
from requests_mock import ANY

from calsync.core.event import EventDraft, Timed
from calsync.cronofy.queries import EventQuery
from calsync.errors import CronofyError
from tests.cronofy.stage import API, NOW, Stage, event, everything_said, one_page

WORDS = EventDraft("item-1", "canary title", Timed(NOW, NOW), "canary text", "canary place")
FAULTS = [
    *({"status_code": s, "text": "canary body"} for s in (302, 400, 401, 403, 404, 422, 429, 503)),
    {"status_code": 200, "text": "canary body"},
    {"exc": requests.ConnectionError("canary")},
    {"exc": requests.ReadTimeout("canary")},
    {"exc": requests.exceptions.SSLError("canary")},
    {"exc": requests.exceptions.InvalidHeader("canary")},
    {"exc": OSError("canary")},
    {"exc": ValueError("canary")},
]


@pytest.fixture
def stage(caplog) -> Stage:
    caplog.set_level(logging.DEBUG)
    stage = Stage()
    stage.tokens.token = "canary-token"
    return stage


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_failing_call_gives_nothing_away(stage, requests_mock, caplog, fault):
    requests_mock.register_uri(ANY, ANY, [fault])
    calls = [
        lambda: stage.client.upsert_event("cal_1", WORDS) or fail_unless(fault),
        stage.client.userinfo,
        lambda: stage.client.create_channel("https://us.example/h/canary"),
    ]
    for call in calls:
        with pytest.raises(CronofyError) as raised:
            call()
        assert raised.value.__context__ is None
        assert "canary" not in in_values(raised.value)
    assert "canary" not in our_lines(caplog)
    assert requests_mock.called


def fail_unless(fault: dict[str, object]) -> None:
    """Count a write that went through as failed: with 200 there is nothing to see."""
    if fault.get("status_code") == 200:
        raise CronofyError("went through")


def our_lines(caplog: pytest.LogCaptureFixture) -> str:
    """All log lines but those of the mock, which prints every address by itself."""
    records = [r for r in caplog.records if not r.name.startswith("requests_mock")]
    return "\n".join(repr(vars(record)) for record in records)


def in_values(error: BaseException) -> str:
    """All that an error tells, less the lines of this file that a traceback quotes."""
    lines = everything_said(error).splitlines()
    return "\n".join(line for line in lines if "lambda" not in line and "h/canary" not in line)


def test_a_page_token_appears_in_no_log_line(stage, requests_mock, caplog):
    second = f"{API}/v1/events/pages/canary"
    requests_mock.get(f"{API}/v1/events", json=one_page(event(), next_page=second))
    requests_mock.get(second, [{"status_code": 503}, {"status_code": 404}])
    with pytest.raises(CronofyError) as raised:
        list(stage.client.read_events(EventQuery()))
    assert "call repeated" in caplog.text
    assert "canary" not in our_lines(caplog) + everything_said(raised.value)


def test_the_canary_would_be_seen(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("calsync.cronofy").debug("canary")
    assert "canary" in caplog.text
    assert "canary" in everything_said(ValueError("canary"))
