"""Telling a PSA of changes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from calsync.config import Settings
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.db import due_rows
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, Tenant, WebhookMessage
from calsync.errors import UserError
from calsync.jobs.performers import PutOff, perform_delivery
from calsync.services import people, webhooks
from calsync.services.item_access import find_item_view
from calsync.services.items import change_item, create_item, delete_item, restore_item
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.delivery.receiver import Receiver
from tests.delivery.receiver import receiver as open_receiver

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
FIELDS = ItemFields(
    Kind.APPOINTMENT, "Visit", Timed(START, START + timedelta(hours=1), "Europe/London")
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, webhooks_allow_private=True)


@pytest.fixture
def tenant(tools: Tools) -> Tenant:
    return people.get_tenant(tools, "acme")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as running:
        yield running


def hook(receiver: Receiver) -> str:
    """Return the receiver's address, by number: nobody has to look it up."""
    return f"http://127.0.0.1:{receiver.port}/hooks"


def waiting(tools: Tools) -> list[WebhookMessage]:
    with tools.db.read() as session:
        return session.query(WebhookMessage).all()


def claim_all(tools: Tools) -> list[Claim]:
    now = tools.clock.now()
    with tools.db.begin() as session:
        claims = due_rows.claim_due(
            session, owner="test", now=now, until=now + timedelta(minutes=1), limit=50
        )
    return [claim for claim in claims if claim.kind is DueKind.DELIVER]


def deliver_all(tools: Tools) -> None:
    for claim in claim_all(tools):
        perform_delivery(tools, claim)


def test_each_change_is_told_signed_and_once(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    _, secret = webhooks.add_endpoint(tools, tenant, hook(receiver))
    item_id = create_item(tools, dana.who, FIELDS)
    view = find_item_view(tools, dana.who, item_id)
    change_item(tools, dana.who, item_id, replace(view.fields, subject="Visit again"))
    delete_item(tools, dana.who, item_id)
    restore_item(tools, dana.who, item_id)
    assert receiver.received == [], "Nothing is sent inside the transaction."
    deliver_all(tools)
    bodies = [json.loads(request.body) for request in receiver.received]
    assert sorted((body["type"], body["data"]["version"]) for body in bodies) == [
        ("item.created", 1),
        ("item.deleted", 3),
        ("item.updated", 2),
        ("item.updated", 4),
    ]
    assert {body["data"]["id"] for body in bodies} == {item_id}
    for request in receiver.received:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
        digest = hmac.new(key, signed.encode() + request.body, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(digest).decode()
        assert request.headers["webhook-signature"] == expected
    assert waiting(tools) == []


def test_a_change_that_is_taken_back_is_never_told(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    webhooks.add_endpoint(tools, tenant, hook(receiver))
    with pytest.raises(ValueError, match="subject"):
        create_item(tools, dana.who, replace(FIELDS, subject=""))
    assert waiting(tools) == []


def test_no_other_tenant_hears_of_it(
    tools: Tools, dana: Person, mallory: Person, tenant: Tenant, receiver: Receiver
):
    webhooks.add_endpoint(tools, people.get_tenant(tools, "evil"), hook(receiver))
    create_item(tools, dana.who, FIELDS)
    assert waiting(tools) == []


def test_the_words_of_a_private_item_are_told_to_nobody(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    webhooks.add_endpoint(tools, tenant, hook(receiver))
    create_item(tools, dana.who, replace(FIELDS, subject="Dentist", is_private=True))
    deliver_all(tools)
    [request] = receiver.received
    assert b"Dentist" not in request.body
    assert b'"is_private":true' in request.body


def test_an_address_that_fails_is_tried_again_ever_less_often_and_then_given_up(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver, clock: FakeClock
):
    webhooks.add_endpoint(tools, tenant, hook(receiver))
    receiver.status = 500
    create_item(tools, dana.who, FIELDS)
    waits: list[timedelta] = []
    for _ in range(20):
        claims = claim_all(tools)
        if not claims:
            break
        try:
            perform_delivery(tools, claims[0])
        except PutOff as error:
            waits.append(error.again_at - clock.now())
            with tools.db.begin() as session:
                due_rows.release(session, claims[0], due_at=error.again_at, error="PutOff")
            clock.move(waits[-1])
        else:
            with tools.db.begin() as session:
                due_rows.finish(session, claims[0])
    assert len(waits) >= 8
    assert waits[0] < timedelta(minutes=1) < timedelta(hours=5) < waits[-1]
    assert waiting(tools) == [], "It is given up in the end."


def test_an_address_that_is_gone_is_told_nothing_more(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    webhooks.add_endpoint(tools, tenant, hook(receiver))
    receiver.status = 410
    create_item(tools, dana.who, FIELDS)
    deliver_all(tools)
    [endpoint] = webhooks.list_endpoints_of(tools, tenant)
    assert endpoint.gone_at is not None
    create_item(tools, dana.who, FIELDS)
    assert waiting(tools) == []


def test_an_address_is_told_once_and_can_be_removed(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    endpoint_id, _ = webhooks.add_endpoint(tools, tenant, hook(receiver))
    with pytest.raises(UserError):
        webhooks.add_endpoint(tools, tenant, hook(receiver))
    create_item(tools, dana.who, FIELDS)
    webhooks.remove_endpoint(tools, tenant, endpoint_id)
    deliver_all(tools)
    assert receiver.received == []
    assert webhooks.list_endpoints_of(tools, tenant) == []


def test_an_address_inside_the_network_is_refused_unless_a_setting_allows_it(
    tools: Tools, tenant: Tenant
):
    closed = replace(tools, sender=type(tools.sender)(tools.clock))
    with pytest.raises(UserError):
        webhooks.add_endpoint(closed, tenant, "http://127.0.0.1:8000/hook")
    assert webhooks.list_endpoints_of(tools, tenant) == []
