"""Telling a tenant's PSA what changed: the messages and their delivery."""

import json
from collections.abc import Sequence
from datetime import datetime

from calsync.core.item import ItemFields
from calsync.core.item_record import dump_fields
from calsync.core.schedule import webhook_delay
from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.items import map_assignees
from calsync.db.models import (
    DeliveryResult,
    DueKind,
    Item,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)
from calsync.db.sealed import place_of
from calsync.db.webhooks import (
    add_delivery,
    delete_message,
    find_message,
    list_endpoints,
    lock_endpoint,
)
from calsync.delivery.failures import DeliveryFailed, EndpointGone, NotSendable
from calsync.delivery.messages import MessageTooLarge, MessageType, build_body
from calsync.delivery.signing import signed_headers
from calsync.ids import jitter, new_id
from calsync.logs import Log
from calsync.metrics import MESSAGES
from calsync.services.item_rows import fields_of
from calsync.services.tools import Tools

_TEXTS = ("subject", "description", "location", "outcome", "project", "site")
_TYPES = {
    "created": MessageType.ITEM_CREATED,
    "changed": MessageType.ITEM_UPDATED,
    "restored": MessageType.ITEM_UPDATED,
    "deleted": MessageType.ITEM_DELETED,
}

log = Log("calsync.webhooks")


def announce(tools: Tools, session: Session, items: Sequence[Item], action: str) -> None:
    """Have the tenant's addresses told of a change, in the transaction that makes it.

    The items are of one tenant, and the same was done to each.
    """
    tenant_id = items[0].tenant_id
    endpoints = [e for e in list_endpoints(session, tenant_id) if e.is_live]
    if not endpoints:
        return
    assignees = map_assignees(session, tenant_id, [item.id for item in items])
    for item in items:
        body = _body(_TYPES[action], tools.clock.now(), _content(item, assignees[item.id]))
        for endpoint in endpoints:
            _post(tools, session, endpoint, body)


def _body(kind: MessageType, now: datetime, content: dict[str, object]) -> bytes:
    try:
        return build_body(kind, now, content)
    except MessageTooLarge:
        # A message without its texts is better than none, and than no change at all; it says
        # so, lest the receiver take them for empty.
        content = {name: content[name] for name in content if name not in _TEXTS}
        return build_body(kind, now, content | {"texts_left_out": True})


def _post(tools: Tools, session: Session, endpoint: WebhookEndpoint, body: bytes) -> None:
    now, message_id = tools.clock.now(), new_id()
    session.add(
        WebhookMessage(
            id=message_id,
            tenant_id=endpoint.tenant_id,
            endpoint_id=endpoint.id,
            body=body.decode(),
            created_at=now,
        )
    )
    due_rows.wake(session, endpoint.tenant_id, DueKind.DELIVER, message_id, now)


def deliver(tools: Tools, tenant_id: str, message_id: str, attempts: int) -> datetime | None:
    """Send a message; return when to try again, or None where there is no more to be done.

    It is forgotten only after what became of it is known: whoever dies in between has it
    sent again, with the same id, by which the receiver knows it.
    """
    with tools.db.read() as session:
        found = find_message(session, tenant_id, message_id)
    if found is None:
        return None
    message, endpoint = found
    if not endpoint.is_live:
        with tools.db.begin() as session:
            delete_message(session, tenant_id, message_id)
        return None
    delivery, again_at = attempt(tools, endpoint, message_id, message.body.encode(), attempts)
    settle(tools, delivery, is_over=again_at is None)
    return again_at


def attempt(
    tools: Tools, endpoint: WebhookEndpoint, message_id: str, body: bytes, attempts: int
) -> tuple[WebhookDelivery, datetime | None]:
    """Send a message once; return what became of it, and when to try again if ever."""
    now, again_at = tools.clock.now(), None
    place = place_of(WebhookEndpoint, endpoint.tenant_id, endpoint.id, "secret")
    secret = tools.keyring.open(endpoint.secret, place)
    result, reason, status = DeliveryResult.DELIVERED, None, None
    try:
        headers = signed_headers([secret], message_id, now, body)
        status = tools.sender.send(endpoint.url, headers, body).status
    except EndpointGone:
        result, status = DeliveryResult.GONE, 410
    except NotSendable:
        result = DeliveryResult.REFUSED
    except DeliveryFailed as error:
        reason, status = error.reason.value, error.status
        delay = webhook_delay(attempts, jitter(), error.retry_after)
        again_at = now + delay if delay is not None else None
        result = DeliveryResult.FAILED if again_at else DeliveryResult.GIVEN_UP
    MESSAGES.labels(result.value).inc()
    log.info(
        "webhook sent",
        result=result.value,
        reason=reason,
        attempt=attempts,
        tenant_id=endpoint.tenant_id,
        endpoint_id=endpoint.id,
        message=message_id,
    )
    delivery = WebhookDelivery(
        id=new_id(),
        tenant_id=endpoint.tenant_id,
        endpoint_id=endpoint.id,
        message_id=message_id,
        type=json.loads(body)["type"],
        at=now,
        attempt=attempts,
        result=result,
        reason=reason,
        status=status,
    )
    return delivery, again_at


def settle(tools: Tools, delivery: WebhookDelivery, *, is_over: bool) -> None:
    """Keep what became of an attempt, and forget the message if that was the last one."""
    with tools.db.begin() as session:
        endpoint = lock_endpoint(session, delivery.tenant_id, delivery.endpoint_id)
        if endpoint is None:  # removed meanwhile, with all that it had yet to hear
            return
        if delivery.result is DeliveryResult.GONE:
            endpoint.gone_at = delivery.at
        if is_over:
            delete_message(session, delivery.tenant_id, delivery.message_id)
        add_delivery(session, delivery)


def _content(item: Item, assignees: list[str]) -> dict[str, object]:
    fields = fields_of(item)
    if fields.is_private:
        # The PSA knows its own items by these; what they are about is their assignees' own.
        fields = ItemFields(
            fields.kind,
            times=fields.times,
            time_zone=fields.time_zone,
            is_private=True,
            external_id=fields.external_id,
        )
    return {
        **dump_fields(fields),
        "id": item.id,
        "version": item.version,
        "assignees": assignees,
        "deleted": item.deleted_at is not None,
    }
