"""Telling a tenant's PSA what changed: the addresses, the messages, and their delivery."""

from datetime import datetime

from calsync.core.item_record import dump_fields
from calsync.core.schedule import webhook_delay
from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.items import map_assignees
from calsync.db.models import DueKind, Item, Tenant, WebhookEndpoint, WebhookMessage
from calsync.db.sealed import place_of
from calsync.db.webhooks import delete_endpoint, delete_message, find_message, list_endpoints
from calsync.delivery.addresses import check_url
from calsync.delivery.failures import DeliveryFailed, EndpointGone, NotSendable
from calsync.delivery.messages import MessageTooLarge, MessageType, build_body
from calsync.delivery.signing import new_secret, signed_headers
from calsync.errors import AlreadyThere, NotThere, UserError
from calsync.ids import jitter, new_id
from calsync.logs import Log
from calsync.metrics import WEBHOOKS
from calsync.services.item_rows import fields_of
from calsync.services.tools import Tools

#: What a private item lets nobody read, the PSA included.
_PRIVATE = ("subject", "description", "location")
_TYPES = {
    "created": MessageType.ITEM_CREATED,
    "changed": MessageType.ITEM_UPDATED,
    "restored": MessageType.ITEM_UPDATED,
    "deleted": MessageType.ITEM_DELETED,
}

log = Log("calsync.webhooks")


def add_endpoint(tools: Tools, tenant: Tenant, url: str) -> tuple[str, str]:
    """Have an address told of every change; return its id and the secret to check with.

    Raises UnfitAddress or UserError where that cannot be. The secret is shown once.
    """
    check_url(url, allow_private=tools.sender.allow_private)
    endpoint_id, secret = new_id(), new_secret()
    try:
        with tools.db.begin() as session:
            session.add(
                WebhookEndpoint(
                    id=endpoint_id,
                    tenant_id=tenant.id,
                    url=url,
                    secret=tools.keyring.seal(
                        secret, place_of(WebhookEndpoint, tenant.id, endpoint_id, "secret")
                    ),
                    created_at=tools.clock.now(),
                )
            )
    except AlreadyThere:
        raise UserError("That address is told of changes already.") from None
    return endpoint_id, secret


def list_endpoints_of(tools: Tools, tenant: Tenant) -> list[WebhookEndpoint]:
    """Return the addresses that are told of changes."""
    with tools.db.read() as session:
        return list_endpoints(session, tenant.id)


def remove_endpoint(tools: Tools, tenant: Tenant, endpoint_id: str) -> None:
    """Tell an address nothing more. Raises NotThere where there is none of this id."""
    with tools.db.begin() as session:
        if not delete_endpoint(session, tenant.id, endpoint_id):
            raise NotThere


def announce(tools: Tools, session: Session, item: Item, action: str) -> None:
    """Have the tenant's addresses told of a change, in the transaction that makes it."""
    endpoints = [e for e in list_endpoints(session, item.tenant_id) if e.gone_at is None]
    if not endpoints:
        return
    now, kind = tools.clock.now(), _TYPES[action]
    content = _content(item, map_assignees(session, item.tenant_id, [item.id])[item.id])
    try:
        body = build_body(kind, now, content)
    except MessageTooLarge:
        # A message without its texts is better than none, and than no change at all.
        body = build_body(kind, now, content | dict.fromkeys(_PRIVATE, ""))
    for endpoint in endpoints:
        message_id = new_id()
        session.add(
            WebhookMessage(
                id=message_id,
                tenant_id=item.tenant_id,
                endpoint_id=endpoint.id,
                body=body.decode(),
                created_at=now,
            )
        )
        due_rows.wake(session, item.tenant_id, DueKind.DELIVER, message_id, now)


def deliver(tools: Tools, tenant_id: str, message_id: str, attempts: int) -> datetime | None:
    """Send a message; return when to try again, or None where there is no more to be done."""
    with tools.db.read() as session:
        found = find_message(session, tenant_id, message_id)
    if found is None:
        return None
    message, endpoint = found
    if endpoint.gone_at is None:
        again_at = _send(tools, message, endpoint, attempts)
        if again_at is not None:
            return again_at
    with tools.db.begin() as session:
        delete_message(session, tenant_id, message_id)
    return None


def _send(
    tools: Tools, message: WebhookMessage, endpoint: WebhookEndpoint, attempts: int
) -> datetime | None:
    now, body = tools.clock.now(), message.body.encode()
    place = place_of(WebhookEndpoint, endpoint.tenant_id, endpoint.id, "secret")
    secret = tools.keyring.open(endpoint.secret, place)
    about = {"tenant_id": endpoint.tenant_id, "endpoint_id": endpoint.id, "message": message.id}
    try:
        tools.sender.send(endpoint.url, signed_headers([secret], message.id, now, body), body)
    except EndpointGone:
        _note_gone(tools, endpoint)
        result = "gone"
    except NotSendable:
        result = "refused"
    except DeliveryFailed as error:
        delay = webhook_delay(attempts, jitter(), error.retry_after)
        if delay is not None:
            WEBHOOKS.labels("failed").inc()
            log.info("webhook failed", reason=error.reason.value, attempt=attempts, **about)
            return now + delay
        result = "given up"
    else:
        result = "delivered"
    WEBHOOKS.labels(result).inc()
    log.info("webhook closed", result=result, attempt=attempts, **about)
    return None


def _note_gone(tools: Tools, endpoint: WebhookEndpoint) -> None:
    with tools.db.begin() as session:
        for each in list_endpoints(session, endpoint.tenant_id):
            if each.id == endpoint.id:
                each.gone_at = tools.clock.now()


def _content(item: Item, assignees: list[str]) -> dict[str, object]:
    fields = fields_of(item)
    content: dict[str, object] = {
        **dump_fields(fields),
        "id": item.id,
        "version": item.version,
        "assignees": assignees,
        "deleted": item.deleted_at is not None,
    }
    return content | dict.fromkeys(_PRIVATE, "") if fields.is_private else content
