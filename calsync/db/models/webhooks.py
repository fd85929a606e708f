"""Where a tenant's PSA wants to hear of changes, what it has yet to hear, and how that went."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calsync.db.base import ID, Base, choice, fresh_id


class DeliveryResult(StrEnum):
    """What became of an attempt to deliver a message."""

    DELIVERED = "delivered"
    #: It is tried again.
    FAILED = "failed"
    #: It failed as often as a message is tried.
    GIVEN_UP = "given_up"
    #: The address is of a form that is never sent to.
    REFUSED = "refused"
    #: The address wants no more messages.
    GONE = "gone"


class WebhookEndpoint(Base):
    """An address of the tenant's that is told of every change to an item."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("tenant_id", "url"))

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(Text)
    #: Sealed; messages are signed with it.
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    #: It answered that it is gone for good; nothing is sent there any more.
    gone_at: Mapped[datetime | None]
    #: An administrator switched it off.
    disabled_at: Mapped[datetime | None]

    @property
    def is_live(self) -> bool:
        """Tell whether messages are sent there."""
        return self.gone_at is None and self.disabled_at is None


class WebhookMessage(Base):
    """One message to one address, kept until it is delivered or given up."""

    __tablename__ = "webhook_messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"],
            ["webhook_endpoints.tenant_id", "webhook_endpoints.id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "endpoint_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    endpoint_id: Mapped[str] = mapped_column(ID)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One attempt to deliver a message, kept while it is one of the last to its address."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"],
            ["webhook_endpoints.tenant_id", "webhook_endpoints.id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "endpoint_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    endpoint_id: Mapped[str] = mapped_column(ID)
    message_id: Mapped[str] = mapped_column(ID)
    #: What the message says has happened, such as item.created.
    type: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    attempt: Mapped[int]
    result: Mapped[DeliveryResult] = mapped_column(choice(DeliveryResult, "result"))
    #: A Reason of the delivery, and the status of the answer if one came.
    reason: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[int | None]
