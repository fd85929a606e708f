"""Questions about the addresses that are told of changes."""

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from calsync.db.models import WebhookDelivery, WebhookEndpoint, WebhookMessage

#: So many of the last attempts to each address are kept.
KEPT_DELIVERIES = 10
#: Made once: every change of an item asks for them.
_ENDPOINTS = (
    select(WebhookEndpoint)
    .where(WebhookEndpoint.tenant_id == bindparam("of_tenant"))
    .order_by(WebhookEndpoint.created_at, WebhookEndpoint.id)
)


def list_endpoints(session: Session, tenant_id: str) -> list[WebhookEndpoint]:
    """Return the tenant's addresses, the oldest first, those that are gone too."""
    return list(session.scalars(_ENDPOINTS, {"of_tenant": tenant_id}))


def lock_endpoint(session: Session, tenant_id: str, endpoint_id: str) -> WebhookEndpoint | None:
    """Return an address as it is now, and let nobody else change it until we commit."""
    return session.scalar(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.tenant_id == tenant_id, WebhookEndpoint.id == endpoint_id)
        .with_for_update(key_share=True)
    )


def list_deliveries(session: Session, tenant_id: str) -> list[WebhookDelivery]:
    """Return the last attempts to each of the tenant's addresses, the latest first."""
    return list(
        session.scalars(
            select(WebhookDelivery)
            .where(WebhookDelivery.tenant_id == tenant_id)
            .order_by(WebhookDelivery.at.desc(), WebhookDelivery.id)
        )
    )


def add_delivery(session: Session, delivery: WebhookDelivery) -> None:
    """Keep an attempt, and forget the one that it pushes out."""
    session.add(delivery)
    session.flush()
    older = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.tenant_id == delivery.tenant_id)
        .where(WebhookDelivery.endpoint_id == delivery.endpoint_id)
        .order_by(WebhookDelivery.at.desc(), WebhookDelivery.id)
        .offset(KEPT_DELIVERIES)
    )
    ids = session.scalars(older).all()
    session.execute(
        delete(WebhookDelivery)
        .where(WebhookDelivery.tenant_id == delivery.tenant_id)
        .where(WebhookDelivery.id.in_(ids))
    )


def find_message(
    session: Session, tenant_id: str, message_id: str
) -> tuple[WebhookMessage, WebhookEndpoint] | None:
    """Return a message that is still to be delivered, and where to."""
    row = session.execute(
        select(WebhookMessage, WebhookEndpoint)
        .join(
            WebhookEndpoint,
            (WebhookEndpoint.tenant_id == WebhookMessage.tenant_id)
            & (WebhookEndpoint.id == WebhookMessage.endpoint_id),
        )
        .where(WebhookMessage.tenant_id == tenant_id, WebhookMessage.id == message_id)
    ).one_or_none()
    if row is None:
        return None
    message, endpoint = row
    return message, endpoint


def delete_message(session: Session, tenant_id: str, message_id: str) -> None:
    """Forget a message."""
    session.execute(
        delete(WebhookMessage)
        .where(WebhookMessage.tenant_id == tenant_id)
        .where(WebhookMessage.id == message_id)
    )


def delete_endpoint(session: Session, tenant_id: str, endpoint_id: str) -> bool:
    """Forget an address with all that it has yet to hear; say whether there was one."""
    gone = session.execute(
        delete(WebhookEndpoint)
        .where(WebhookEndpoint.tenant_id == tenant_id, WebhookEndpoint.id == endpoint_id)
        .returning(WebhookEndpoint.id)
    )
    return gone.one_or_none() is not None
