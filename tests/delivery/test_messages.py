import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.delivery.messages import LARGEST_BODY, MessageTooLarge, MessageType, build_body

AT = datetime(2026, 3, 2, 9, 0, 0, 344522, tzinfo=UTC)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Half of a surrogate pair is no text, but JSON carries it.
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def test_a_message_says_what_happened_when_and_to_what():
    body = build_body(MessageType.ITEM_CREATED, AT, {"subject": "Café", "id": "item-1"})
    assert body == (
        b'{"type":"item.created","timestamp":"2026-03-02T09:00:00.344Z",'
        b'"data":{"id":"item-1","subject":"Caf\\u00e9"}}'
    )


def test_a_message_tells_of_an_item_or_tries_the_address():
    told = {"item.created", "item.updated", "item.deleted"}
    assert {kind.value for kind in MessageType} == {*told, "test"}


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_what_is_sent_is_what_was_meant_and_always_the_same_bytes(content):
    body = build_body(MessageType.ITEM_UPDATED, AT, content)
    assert json.loads(body)["data"] == content
    assert body.isascii()
    backwards = dict(reversed(content.items()))
    assert build_body(MessageType.ITEM_UPDATED, AT, backwards) == body


def test_times_of_every_zone_are_told_in_utc():
    local = datetime(2026, 3, 2, 14, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    told = json.loads(build_body(MessageType.ITEM_DELETED, local, {}))["timestamp"]
    assert told == "2026-03-02T09:00:00.000Z"
    with pytest.raises(ValueError, match="zone"):
        build_body(MessageType.ITEM_DELETED, AT.replace(tzinfo=None), {})


def test_a_message_has_a_largest_size():
    frame = len(build_body(MessageType.ITEM_CREATED, AT, {"text": ""}))
    largest = build_body(MessageType.ITEM_CREATED, AT, {"text": "x" * (LARGEST_BODY - frame)})
    assert len(largest) == LARGEST_BODY == 256 * 1024
    with pytest.raises(MessageTooLarge) as raised:
        build_body(MessageType.ITEM_CREATED, AT, {"text": "x" * (LARGEST_BODY - frame + 1)})
    assert "xx" not in str(raised.value)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), AT, b"x", {1, 2}])
def test_what_json_does_not_have_is_never_sent(odd):
    with pytest.raises((ValueError, TypeError)):
        build_body(MessageType.ITEM_CREATED, AT, {"odd": odd})
