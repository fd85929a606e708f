"""Pages are followed to their end, and never to a stranger."""

import re

import pytest

from calsync.cronofy.pages import local_path
from calsync.cronofy.queries import BusyQuery, EventQuery
from calsync.errors import (
    IncompleteRead,
    NotFound,
    PageExpired,
    TemporaryError,
    UnreadableAnswer,
    UntrustedAnswer,
)
from tests.cronofy.stage import API, TOKEN, Stage, event, one_page

FIRST = f"{API}/v1/events"
SECOND = f"{API}/v1/events/pages/5e1f00aa"

STRANGERS = [
    "https://evil.example/v1/events/pages/1",
    "https://api.cronofy.test@evil.example/v1/events/pages/1",
    "https://kim:word@api.cronofy.test/v1/events/pages/1",
    "https://api.cronofy.test.evil.example/v1/events/pages/1",
    "https://api.cronofy.test:8443/v1/events/pages/1",
    "http://api.cronofy.test/v1/events/pages/1",
    "http://169.254.169.254/v1/events",
    "file:///v1/events/pages/1",
    "file://api.cronofy.test/v1/events/pages/1",
    "//evil.example/v1/events/pages/1",
    "/v1/events/pages/1",
    "https:///v1/events/pages/1",
    "https://evil.example\\@api.cronofy.test/v1/events/pages/1",
    "https://api.cronofy.test\\.evil.example/v1/events/pages/1",
    "https://evil.example#@api.cronofy.test/v1/events/pages/1",
    "https://api.cronofy.test/v1/../oauth/token",
    "https://api.cronofy.test/v1/%2e%2e/oauth/token",
    "https://api.cronofy.test/oauth/token",
    "https://api.cronofy.test",
    "https://api.cronofy.test:99999/v1/events",
    "https://api.cronofy.test:0/v1/events",
    "https://[::1/v1/events",
    "https://api.cronofy.test/v1/events\r\nX-Evil: 1",
    " https://api.cronofy.test/v1/events",
    "https://\N{CYRILLIC SMALL LETTER A}pi.cronofy.test/v1/events",
    "javascript:alert(1)",
    "nowhere",
]


def pages_to(next_page: object, current: int = 1, total: int = 2) -> dict[str, object]:
    return one_page(event(), next_page=next_page, current=current, total=total)


def test_a_read_follows_its_pages_to_the_end(stage, requests_mock):
    requests_mock.get(FIRST, json=pages_to(SECOND))
    requests_mock.get(SECOND, json=one_page(event(event_uid="evt_2"), current=2, total=2))
    read = [page.events[0].uid for page in stage.client.read_events(EventQuery())]
    assert read == [event()["event_uid"], "evt_2"]
    assert requests_mock.last_request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert requests_mock.last_request.query == ""


def test_a_page_is_fetched_only_when_it_is_asked_for(stage, requests_mock):
    requests_mock.get(FIRST, json=pages_to(SECOND))
    next(stage.client.read_events(EventQuery()))
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("last", [{"next_page": ""}, {"next_page": None}, {}])
def test_a_missing_or_empty_next_page_is_the_last(stage, requests_mock, last):
    requests_mock.get(FIRST, json=one_page(event(), **last))
    assert len(list(stage.client.read_events(EventQuery()))) == 1


def test_an_empty_calendar_has_one_empty_page(stage, requests_mock):
    requests_mock.get(FIRST, json=one_page(current=1, total=0))
    assert [page.events for page in stage.client.read_events(EventQuery())] == [()]


@pytest.mark.parametrize("address", STRANGERS)
def test_a_page_elsewhere_never_gets_the_token(stage, requests_mock, address):
    requests_mock.get(FIRST, json=pages_to(address))
    requests_mock.get(re.compile("evil|169"), json=one_page())
    reading = stage.client.read_events(EventQuery())
    next(reading)
    with pytest.raises(UntrustedAnswer) as raised:
        next(reading)
    assert address not in str(raised.value)
    assert requests_mock.call_count == 1


def test_busy_times_follow_pages_by_the_same_rule(stage, requests_mock):
    page = {"pages": {"next_page": "https://evil.example/v1/free_busy"}, "free_busy": []}
    requests_mock.get(f"{API}/v1/free_busy", json=page)
    with pytest.raises(UntrustedAnswer):
        list(stage.client.free_busy(BusyQuery()))
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("api_url", "address", "path"),
    [
        (API, f"{API}/v1/events/pages/1", "/v1/events/pages/1"),
        (API, f"{API}:443/v1/events/pages/1?a=b", "/v1/events/pages/1?a=b"),
        (API, "HTTPS://API.Cronofy.Test/v1/events", "/v1/events"),
        ("http://127.0.0.1:5001", "http://127.0.0.1:5001/v1/events/pages/1", "/v1/events/pages/1"),
        ("http://[::1]:5001/", "http://[::1]:5001/v1/events", "/v1/events"),
        ("https://proxy.example/cronofy", "https://proxy.example/cronofy/v1/e", "/v1/e"),
    ],
)
def test_a_page_on_the_configured_host_is_asked_for_there(api_url, address, path):
    assert local_path(api_url, address) == path


def test_a_first_page_unknown_is_not_found_but_a_further_one_has_expired(stage, requests_mock):
    requests_mock.get(FIRST, json=pages_to(SECOND))
    requests_mock.get(SECOND, status_code=404)
    reading = stage.client.read_events(EventQuery())
    next(reading)
    with pytest.raises(PageExpired):
        next(reading)
    requests_mock.get(FIRST, status_code=404)
    with pytest.raises(NotFound):
        next(stage.client.read_events(EventQuery()))


def test_a_read_that_ends_before_its_count_is_not_taken_for_whole(stage, requests_mock):
    requests_mock.get(FIRST, json=one_page(event(), current=1, total=3))
    reading = stage.client.read_events(EventQuery())
    next(reading)
    with pytest.raises(IncompleteRead):
        next(reading)


def test_a_page_that_fails_ends_the_read_with_an_error(requests_mock):
    stage = Stage()
    requests_mock.get(FIRST, json=pages_to(SECOND))
    requests_mock.get(SECOND, status_code=500)
    with pytest.raises(TemporaryError):
        list(stage.client.read_events(EventQuery()))


@pytest.mark.parametrize("next_page", [FIRST, SECOND])
def test_pages_that_go_round_in_circles_are_left(stage, requests_mock, next_page):
    requests_mock.get(FIRST, json=pages_to(SECOND))
    requests_mock.get(SECOND, json=pages_to(next_page))
    with pytest.raises(UnreadableAnswer, match="circles"):
        list(stage.client.read_events(EventQuery()))


@pytest.mark.parametrize("pages", [None, [], "x", {"next_page": 7}, {"next_page": {}}])
def test_pages_of_another_shape_are_unreadable(stage, requests_mock, pages):
    requests_mock.get(FIRST, json={"pages": pages, "events": []})
    with pytest.raises(UnreadableAnswer):
        list(stage.client.read_events(EventQuery()))


def test_a_token_that_expires_between_pages_is_renewed_and_the_read_goes_on(stage, requests_mock):
    requests_mock.get(FIRST, json=pages_to(SECOND))
    last = one_page(event(), current=2, total=2)
    requests_mock.get(SECOND, [{"status_code": 401}, {"json": last}])
    assert len(list(stage.client.read_events(EventQuery()))) == 2
    assert stage.tokens.renewals == 1
