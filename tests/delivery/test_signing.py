"""Signatures as a receiver checks them, computed here by other means."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from calsync.delivery.signing import new_secret, sign, signed_headers

#: The vector that the standard's own libraries are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def is_genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Judge a message as a receiver does, without any code of ours."""
    mac = HMAC(base64.b64decode(secret.split("_", 1)[1]), hashes.SHA256())
    mac.update(f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body)
    wanted = base64.b64encode(mac.finalize()).decode()
    signatures = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return ["v1", wanted] in signatures


def test_the_published_vector_comes_out():
    assert sign(SECRET, ID, AT, BODY) == SIGNATURE


def test_a_receiver_believes_the_message_and_no_other():
    secret = new_secret()
    headers = signed_headers([secret], ID, AT, BODY)
    assert is_genuine(headers, BODY, secret)
    assert not is_genuine(headers, BODY + b" ", secret)
    assert not is_genuine(headers | {"webhook-id": "msg_other"}, BODY, secret)
    assert not is_genuine(headers | {"webhook-timestamp": "1614265331"}, BODY, secret)
    assert not is_genuine(headers, BODY, new_secret())


def test_while_a_secret_changes_the_old_and_the_new_one_are_both_believed():
    old, new, other = new_secret(), new_secret(), new_secret()
    headers = signed_headers([new, old], ID, AT, BODY)
    assert is_genuine(headers, BODY, old)
    assert is_genuine(headers, BODY, new)
    assert not is_genuine(headers, BODY, other)
    assert headers["webhook-signature"].count("v1,") == 2


def test_the_headers_are_those_of_the_standard():
    assert signed_headers([SECRET], ID, AT, BODY) == {
        "Content-Type": "application/json",
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_the_same_moment_in_another_zone_signs_the_same():
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert sign(SECRET, ID, elsewhere, BODY) == SIGNATURE


def test_secrets_have_256_bits_and_never_repeat():
    made = {new_secret() for _ in range(200)}
    assert len(made) == 200
    for secret in made:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_canary",
        SECRET.removeprefix("whsec_"),
        SECRET.replace("whsec_", "whsk_"),
        SECRET + "!",
        "whsec_" + base64.b64encode(b"canary").decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
    ],
)
def test_a_secret_of_another_form_signs_nothing_and_is_not_quoted(secret):
    with pytest.raises(ValueError, match="form") as raised:
        sign(secret, ID, AT, BODY)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("message_id", ["", "msg_1.1614265330"])
def test_an_id_cannot_pass_for_a_part_of_the_message(message_id):
    with pytest.raises(ValueError, match="full stop"):
        sign(SECRET, message_id, AT, BODY)


def test_a_naive_time_and_a_lack_of_secrets_are_refused():
    with pytest.raises(ValueError, match="zone"):
        sign(SECRET, ID, AT.replace(tzinfo=None), BODY)
    with pytest.raises(ValueError, match="at least one"):
        signed_headers([], ID, AT, BODY)
    with pytest.raises(ValueError, match="form"):
        signed_headers(SECRET, ID, AT, BODY)  # a text is a sequence, too
