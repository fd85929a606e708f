"""A PSA hears of changes through the loop that is running."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.clock import SystemClock
from calsync.config import Settings
from calsync.db.models import DueKind, DueRow
from calsync.services.item_access import find_item_view
from calsync.services.items import change_item, create_item, delete_item
from calsync.services.tools import Tools
from calsync.services.webhook_endpoints import add_endpoint, list_endpoints_of
from tests.cast import Person
from tests.delivery.receiver import Received, Receiver
from tests.delivery.receiver import receiver as open_receiver
from tests.jobs.test_inprocess import MakeLoop, clock, make_loop
from tests.processes import wait_until
from tests.services.makings import appointment
from tests.services.test_webhooks import hook

__all__ = ["clock", "make_loop"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, webhooks_allow_private=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as running:
        yield running


def is_signed(request: Received, secret: str) -> bool:
    """Check a signature as a receiver does that knows Standard Webhooks and not us."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
    digest = hmac.new(key, signed.encode() + request.body, hashlib.sha256).digest()
    return request.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def find_row(tools: Tools) -> DueRow | None:
    with tools.db.read() as session:
        return session.query(DueRow).filter_by(kind=DueKind.DELIVER).one_or_none()


def test_what_is_created_changed_and_deleted_reaches_a_receiver_signed(
    tools: Tools, dana: Person, receiver: Receiver, make_loop: MakeLoop
):
    _, secret = add_endpoint(tools, dana.who.tenant_id, hook(receiver))
    make_loop()
    item_id = create_item(tools, dana.who, appointment())
    fields = find_item_view(tools, dana.who, item_id).fields
    change_item(tools, dana.who, item_id, replace(fields, subject="Anew"))
    delete_item(tools, dana.who, item_id)
    wait_until(lambda: len(receiver.received) == 3)
    told = [json.loads(request.body) for request in receiver.received]
    assert sorted((each["data"]["version"], each["type"]) for each in told) == [
        (1, "item.created"),
        (2, "item.updated"),
        (3, "item.deleted"),
    ]
    assert {each["data"]["id"] for each in told} == {item_id}
    assert all(is_signed(request, secret) for request in receiver.received)


def test_a_receiver_that_fails_is_asked_again_later_with_the_same_id(
    tools: Tools, dana: Person, receiver: Receiver, make_loop: MakeLoop
):
    add_endpoint(tools, dana.who.tenant_id, hook(receiver))
    receiver.status = 500
    create_item(tools, dana.who, appointment())
    make_loop()
    wait_until(lambda: (row := find_row(tools)) and row.last_error)
    row = find_row(tools)
    assert row
    wait = row.due_at - SystemClock().now()
    assert timedelta(seconds=1) < wait <= timedelta(seconds=6)
    receiver.status = 204
    with tools.db.begin() as session:  # the time has come
        session.query(DueRow).filter_by(id=row.id).update({"due_at": SystemClock().now()})
    wait_until(lambda: find_row(tools) is None)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    [view] = list_endpoints_of(tools, dana.who.tenant_id)
    assert [(each.result.value, each.status, each.attempt) for each in view.deliveries] == [
        ("delivered", 204, 2),
        ("failed", 500, 1),
    ]
