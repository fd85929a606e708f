"""Telling a PSA of changes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Never

import pytest

from calsync.config import Settings
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.db import due_rows
from calsync.db.database import Database
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, Tenant, WebhookMessage
from calsync.delivery.sender import Delivered
from calsync.errors import UserError
from calsync.jobs.performers import PutOff, perform_delivery
from calsync.services import people
from calsync.services.item_access import find_item_view
from calsync.services.items import change_item, create_item, delete_item, restore_item
from calsync.services.tools import Tools
from calsync.services.webhook_endpoints import (
    add_endpoint,
    list_endpoints_of,
    remove_endpoint,
)
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


def test_a_message_that_would_be_too_large_says_that_it_has_no_texts(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    add_endpoint(tools, tenant.id, hook(receiver))
    pizza = "\N{SLICE OF PIZZA}"  # twelve bytes in JSON
    fields = replace(FIELDS, description=pizza * 20_000, location=pizza * 1_000)
    item_id = create_item(tools, dana.who, replace(fields, subject=pizza * 1_000))
    [message] = waiting(tools)
    told = json.loads(message.body)["data"]
    assert (told["id"], told["version"], told["texts_left_out"]) == (item_id, 1, True)
    assert not {"subject", "description", "location"} & told.keys()


def test_each_change_is_told_signed_and_once(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    _, secret = add_endpoint(tools, tenant.id, hook(receiver))
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
    add_endpoint(tools, tenant.id, hook(receiver))
    with pytest.raises(ValueError, match="subject"):
        create_item(tools, dana.who, replace(FIELDS, subject=""))
    assert waiting(tools) == []


def test_no_other_tenant_hears_of_it(
    tools: Tools, dana: Person, mallory: Person, tenant: Tenant, receiver: Receiver
):
    add_endpoint(tools, people.get_tenant(tools, "evil").id, hook(receiver))
    create_item(tools, dana.who, FIELDS)
    assert waiting(tools) == []


def test_the_words_of_a_private_item_are_told_to_nobody(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    add_endpoint(tools, tenant.id, hook(receiver))
    own = {"outcome": "Root canal", "description": "Tooth", "location": "Soho"}
    private = replace(FIELDS, kind=Kind.CRM_ACTIVITY, subject="Dentist", is_private=True, **own)
    create_item(tools, dana.who, replace(private, external_id="psa-1"))
    deliver_all(tools)
    [request] = receiver.received
    for word in (b"Dentist", b"Root canal", b"Tooth", b"Soho"):
        assert word not in request.body
    told = json.loads(request.body)["data"]
    assert (told["is_private"], told["external_id"]) == (True, "psa-1")


class Crash(BaseException):
    """The process dies here."""


def test_who_dies_after_sending_sends_again_with_the_same_id_and_loses_nothing(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver, clock: FakeClock
):
    add_endpoint(tools, tenant.id, hook(receiver))
    create_item(tools, dana.who, FIELDS)

    class DyingDatabase(Database):
        def begin(self) -> Never:
            raise Crash

    [claim] = claim_all(tools)
    with pytest.raises(Crash):
        perform_delivery(replace(tools, db=DyingDatabase(tools.db.engine)), claim)
    assert len(receiver.received) == len(waiting(tools)) == 1
    assert claim_all(tools) == [], "It is found again at the end of the lease."
    clock.move(timedelta(minutes=2))
    deliver_all(tools)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert waiting(tools) == []


def test_an_address_that_is_removed_while_it_is_told_is_no_fault(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    endpoint_id, _ = add_endpoint(tools, tenant.id, hook(receiver))
    create_item(tools, dana.who, FIELDS)

    class Removing(type(tools.sender)):
        def send(self, *message: Any) -> Delivered:
            remove_endpoint(tools, tenant.id, endpoint_id)
            return super().send(*message)

    sender = Removing(tools.clock, allow_private=True)
    for claim in claim_all(tools):
        assert perform_delivery(replace(tools, sender=sender), claim) is None
    assert len(receiver.received) == 1
    assert waiting(tools) == []


def test_an_address_that_fails_is_tried_again_ever_less_often_and_then_given_up(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver, clock: FakeClock
):
    add_endpoint(tools, tenant.id, hook(receiver))
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
    add_endpoint(tools, tenant.id, hook(receiver))
    receiver.status = 410
    create_item(tools, dana.who, FIELDS)
    deliver_all(tools)
    [view] = list_endpoints_of(tools, tenant.id)
    assert view.endpoint.gone_at is not None
    create_item(tools, dana.who, FIELDS)
    assert waiting(tools) == []


def test_an_address_is_told_once_and_can_be_removed(
    tools: Tools, dana: Person, tenant: Tenant, receiver: Receiver
):
    endpoint_id, _ = add_endpoint(tools, tenant.id, hook(receiver))
    with pytest.raises(UserError):
        add_endpoint(tools, tenant.id, hook(receiver))
    create_item(tools, dana.who, FIELDS)
    remove_endpoint(tools, tenant.id, endpoint_id)
    deliver_all(tools)
    assert receiver.received == []
    assert list_endpoints_of(tools, tenant.id) == []


def test_an_address_inside_the_network_is_refused_unless_a_setting_allows_it(
    tools: Tools, tenant: Tenant
):
    closed = replace(tools, sender=type(tools.sender)(tools.clock))
    with pytest.raises(UserError):
        add_endpoint(closed, tenant.id, "http://127.0.0.1:8000/hook")
    assert list_endpoints_of(tools, tenant.id) == []
