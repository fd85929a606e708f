"""Questions about the addresses that are told of changes."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import WebhookEndpoint, WebhookMessage


def list_endpoints(session: Session, tenant_id: str) -> list[WebhookEndpoint]:
    """Return the tenant's addresses, the oldest first, those that are gone too."""
    return list(
        session.scalars(
            select(WebhookEndpoint)
            .where(WebhookEndpoint.tenant_id == tenant_id)
            .order_by(WebhookEndpoint.created_at, WebhookEndpoint.id)
        )
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
