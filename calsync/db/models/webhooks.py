"""Where a tenant's PSA wants to hear of changes, and what it has yet to hear."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calsync.db.base import ID, Base, fresh_id


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
