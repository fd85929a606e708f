"""Whether a notification is Cronofy's, and what it says."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.cronofy import notifications
from calsync.cronofy.notifications import (
    NotificationKind,
    is_genuine,
    read_notification,
)
from calsync.errors import UnreadableAnswer

BODY = b'{"example":"well-known"}'
#: The vectors that Cronofy publishes (docs/cronofy-api.md 7.5).
VECTORS = [
    ("pDY0Oi7TJSP2hfNmZNkm5", "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="),
    (
        "CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID",
        "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0=",
    ),
    (
        "CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr",
        "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k=",
    ),
]
SECRET, SIGNATURE = VECTORS[0]
OTHER_SECRET, OTHER_SIGNATURE = VECTORS[1]


@pytest.mark.parametrize(("secret", "signature"), VECTORS)
def test_the_published_vectors_are_genuine(secret, signature):
    assert is_genuine(signature, BODY, [secret])


@pytest.mark.parametrize(
    "header",
    [
        f"{SIGNATURE},{OTHER_SIGNATURE}",
        f"{OTHER_SIGNATURE},{SIGNATURE}",
        f" {OTHER_SIGNATURE} , {SIGNATURE} ",
        f",,{SIGNATURE},",
    ],
)
def test_while_secrets_change_either_value_and_either_secret_will_do(header):
    assert is_genuine(header, BODY, [SECRET])
    assert is_genuine(header, BODY, ["retired", SECRET])
    assert is_genuine(SIGNATURE, BODY, ["retired", SECRET])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        ",",
        "," * 10_000,
        SIGNATURE[:-1],
        SIGNATURE + "=",
        SIGNATURE.lower(),
        SIGNATURE.replace("/", "_").replace("+", "-"),
        SIGNATURE.replace("/", "\N{FRACTION SLASH}"),
        f"{SIGNATURE}\N{NO-BREAK SPACE}",
        f"sha256={SIGNATURE}",
        ",".join([OTHER_SIGNATURE] * 100 + [SIGNATURE]),
        ",".join(["x"] * 9 + [SIGNATURE]),
        "A" * 2000,
        hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(),
        base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
        base64.b64encode(hmac.new(b"", BODY, hashlib.sha256).digest()).decode(),
    ],
)
def test_any_other_header_is_not_genuine(header):
    assert is_genuine(header, BODY, [SECRET, ""]) is False


def test_a_body_changed_by_one_byte_is_not_genuine():
    assert not is_genuine(SIGNATURE, BODY + b" ", [SECRET])
    assert not is_genuine(SIGNATURE, json.dumps(json.loads(BODY)).encode(), [SECRET])


@pytest.mark.parametrize("secrets", [[], [""], ["wrong"]])
def test_without_the_right_secret_nothing_is_genuine(secrets):
    empty = base64.b64encode(hmac.new(b"", BODY, hashlib.sha256).digest()).decode()
    assert not is_genuine(SIGNATURE, BODY, secrets)
    assert not is_genuine(empty, BODY, secrets)


@given(header=st.text(), body=st.binary(), secret=st.text())
def test_a_check_never_fails_with_an_error(header, body, secret):
    assert is_genuine(header, body, [secret]) is False


def test_all_candidates_are_compared_even_after_a_match(monkeypatch):
    compared: list[tuple[bytes, bytes]] = []
    monkeypatch.setattr(notifications, "hmac", FakeHmac(compared))
    assert is_genuine(f"{SIGNATURE},{OTHER_SIGNATURE}", BODY, [SECRET, OTHER_SECRET])
    assert len(compared) == 4


class FakeHmac:
    """The real thing, but it remembers."""

    def __init__(self, compared: list[tuple[bytes, bytes]]) -> None:
        self.compared = compared
        self.new = hmac.new

    def compare_digest(self, one: bytes, other: bytes) -> bool:
        self.compared.append((one, other))
        return one == other


def body(**notification: object) -> bytes:
    channel = {"channel_id": "chn_1", "callback_url": "https://us.example/h/x", "filters": {}}
    return json.dumps({"notification": notification, "channel": channel}).encode()


def test_a_change_tells_since_when():
    found = read_notification(body(type="change", changes_since="2026-03-01T09:00:00Z"))
    assert found.kind is NotificationKind.CHANGE
    assert found.channel_id == "chn_1"
    assert found.changes_since == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("kind", [k for k in NotificationKind if k is not NotificationKind.OTHER])
def test_every_documented_type_is_known(kind):
    assert read_notification(body(type=kind.value)).kind is kind


def test_a_type_that_is_new_to_us_is_tolerated():
    assert read_notification(body(type="moon_phase", extra=[1])).kind is NotificationKind.OTHER


@pytest.mark.parametrize("since", [None, 7, "soon", "0000-12-29T00:00:00Z", "2026-03-01"])
def test_an_odd_time_means_from_where_we_were(since):
    found = read_notification(body(type="change", changes_since=since))
    assert found.kind is NotificationKind.CHANGE
    assert found.changes_since is None


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"\xff", b"{}", b'{"notification": []}', body(), body(type=7)]
)
def test_what_is_no_notification_is_unreadable(raw):
    with pytest.raises(UnreadableAnswer):
        read_notification(raw)
