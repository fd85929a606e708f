"""Whatever JSON comes, nothing is raised but what is documented."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.event import Event, UnreadableEvent
from calsync.cronofy import wire
from calsync.cronofy import wire_accounts as accounts
from calsync.cronofy.batch import Delete, Written, read_batch
from calsync.cronofy.failures import error_keys, retry_after
from calsync.cronofy.notifications import read_notification
from calsync.cronofy.wire_events import read_busy_times, read_event, read_events, read_page
from calsync.errors import UnreadableAnswer
from tests.cronofy.stage import NOW, event

# fmt: off
NAMES = [
    "events", "pages", "next_page", "start", "end", "time",
    "tzid", "sub", "cronofy.data", "profiles", "calendars", "channels",
    "channel", "filters", "calendar_ids", "batch", "status", "data",
    "errors", "key", "notification", "type", "profile_id", "calendar_id",
]
# fmt: on

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["2026-03-01", "2026-03-01T09:00:00Z", "9999-12-31T23:59:59-14:00"]),
)
keys = st.one_of(
    st.text(max_size=5),
    st.sampled_from(NAMES),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)
objects = st.dictionaries(keys, values, max_size=6)

READERS = [
    read_events,
    read_page,
    read_busy_times,
    accounts.read_userinfo,
    accounts.read_account,
    accounts.read_profiles,
    accounts.read_calendars,
    accounts.read_calendar,
    accounts.read_channels,
    accounts.read_channel,
    accounts.read_permissions_url,
    accounts.read_link_token,
    lambda answer: read_batch(answer, [Delete("c", "e")], NOW),
    lambda answer: read_notification(json.dumps(answer).encode()),
]


@pytest.mark.parametrize("reader", READERS)
@given(answer=objects)
def test_any_object_is_read_or_is_an_unreadable_answer(reader, answer):
    with suppress(UnreadableAnswer):
        reader(answer)


@given(field=st.sampled_from(sorted({*event(), "location", "attendees", "options"})), value=values)
def test_any_value_in_any_field_spoils_at_most_its_own_event(field, value):
    found = read_event(event(**{field: value}))
    assert isinstance(found, Event | UnreadableEvent)
    if isinstance(found, Event):
        json.dumps([found.title, found.text, found.place]).encode()
        (found.title + found.text + found.place).encode()


@given(value=values)
def test_any_event_is_an_event_or_set_aside(value):
    assert isinstance(read_event(value), Event | UnreadableEvent)


@given(body=st.binary())
def test_any_bytes_are_an_object_or_an_unreadable_answer(body):
    with suppress(UnreadableAnswer):
        assert isinstance(wire.parse(body), dict)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 10_000, b"\xff{}"])
def test_json_made_to_hurt_is_an_unreadable_answer(body):
    with pytest.raises(UnreadableAnswer):
        wire.parse(body)


@given(value=values)
def test_any_error_body_gives_keys_or_nothing(value):
    for keys_of_field in error_keys(json.dumps({"errors": value}).encode()).values():
        assert all(" " not in key for key in keys_of_field)


@given(header=st.text())
def test_any_retry_after_is_a_wait_or_nothing(header):
    wait = retry_after({"Retry-After": header}, NOW)
    assert wait is None or wait.total_seconds() >= 0


@given(entry=values)
def test_any_entry_of_a_batch_gets_a_verdict(entry):
    (written,) = read_batch({"batch": [entry]}, [Delete("c", "e")], NOW)
    assert isinstance(written, Written)
