"""Integrations that hear of changes, their channels, and the notifications that arrive."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.db.channels import find_standing
from calsync.db.models import DueKind, DueRow, Integration, LinkedAccount, PushChannel
from calsync.db.sealed import place_of
from calsync.ids import fingerprint, new_id, new_secret
from calsync.services.channels import PATH
from calsync.services.tools import Tools
from tests.cast import Person

SECRET = "sandbox-secret"
#: Cronofy's id of a channel that `add_channel` makes.
CHANNEL_ID = "chn_of_the_test"


def add_integration(
    tools: Tools,
    person: Person,
    account_id: str | None = None,
    calendar_id: str = "cal_of_the_test",
    **fields: Any,
) -> Integration:
    """Make an active integration, of an account that Cronofy does not know if none is given."""
    with tools.db.begin() as session:
        values: dict[str, Any] = {
            "id": new_id(),
            "tenant_id": person.who.tenant_id,
            "user_id": person.who.user_id,
            "account_id": account_id or _add_account(tools, session, person),
            "calendar_id": calendar_id,
            "calendar_name": "Work",
            "service": "google",
            "profile_name": "dana@google.example",
            "is_active": True,
            "options": {},
            "kinds_since": {},
            "created_at": tools.clock.now(),
            "swept_at": tools.clock.now(),
        }
        integration = Integration(**{**values, **fields})
        session.add(integration)
    return integration


def add_channel(tools: Tools, integration: Integration, **fields: Any) -> str:
    """Make a channel that looks as if Cronofy had opened it; return its token."""
    row_id, token = new_id(), new_secret()
    place = place_of(PushChannel, integration.tenant_id, row_id, "token")
    values: dict[str, Any] = {
        "id": row_id,
        "tenant_id": integration.tenant_id,
        "integration_id": integration.id,
        "account_id": integration.account_id,
        "calendar_id": integration.calendar_id,
        "fingerprint": fingerprint(token),
        "token": tools.keyring.seal(token, place),
        "channel_id": CHANNEL_ID,
        "opened_at": tools.clock.now(),
    }
    with tools.db.begin() as session:
        account = session.get_one(LinkedAccount, integration.account_id)
        session.add(PushChannel(**{**values, "sub": account.sub, **fields}))
    return token


def notification(kind: str = "change", channel_id: str = CHANNEL_ID, **fields: Any) -> bytes:
    """Return the body of a notification."""
    channel = {"channel_id": channel_id, "callback_url": "https://x.example", "filters": {}}
    return json.dumps({"notification": {"type": kind, **fields}, "channel": channel}).encode()


def sign(body: bytes, *secrets: str) -> str:
    """Return the header with one signature for each secret."""
    digests = [
        hmac.new(each.encode(), body, hashlib.sha256).digest() for each in secrets or (SECRET,)
    ]
    return ",".join(base64.b64encode(digest).decode() for digest in digests)


def deliver(client: FlaskClient, token: str, body: bytes, **headers: str) -> TestResponse:
    """Post a notification as Cronofy does, signed if no other header is given."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        f"{PATH}{token}",
        data=body,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Cronofy-HMAC-SHA256": sign(body),
            **given,
        },
    )


def at(moment: datetime) -> str:
    """Return a time as Cronofy writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def find_due(tools: Tools, kind: DueKind, subject_id: str | None) -> DueRow | None:
    """Return the work of a kind that is planned for something."""
    with tools.db.read() as session:
        return session.query(DueRow).filter_by(kind=kind, subject_id=subject_id).one_or_none()


def load(tools: Tools, integration: Integration) -> Integration:
    """Return the integration as it is now."""
    with tools.db.read() as session:
        return session.get_one(Integration, integration.id)


def standing(tools: Tools, integration: Integration) -> PushChannel | None:
    """Return the integration's channel as it is now."""
    with tools.db.read() as session:
        return find_standing(session, integration.tenant_id, integration.id)


def _add_account(tools: Tools, session: Any, person: Person) -> str:
    account_id = new_id()
    session.add(
        LinkedAccount(
            id=account_id,
            tenant_id=person.who.tenant_id,
            user_id=person.who.user_id,
            sub=f"acc_{account_id}",
            profile_id="pro_1",
            profile_name="dana@google.example",
            provider_name="google",
            provider_service="gmail",
            scope="read_write",
            access_token=tools.keyring.seal(
                "token", place_of(LinkedAccount, person.who.tenant_id, account_id, "access_token")
            ),
            refresh_token=tools.keyring.seal(
                "token", place_of(LinkedAccount, person.who.tenant_id, account_id, "refresh_token")
            ),
            access_expires_at=tools.clock.now(),
            connected_at=tools.clock.now(),
        )
    )
    session.flush()
    return account_id
