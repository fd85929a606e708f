"""Channels of push notifications: how Cronofy tells us to look at a linked calendar."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calsync.db.base import ID, Base, fresh_id


class PushChannel(Base):
    """A channel of one integration, or one that is left to be closed at Cronofy.

    Its address holds a token of its own, the only thing by which a notification tells
    whom it is for.
    """

    __tablename__ = "channels"
    __table_args__ = (
        # Of one integration there is one channel at most, besides those that are to be closed.
        Index(
            "uq_channels_standing",
            "integration_id",
            unique=True,
            sqlite_where=text("closing_at IS NULL"),
            postgresql_where=text("closing_at IS NULL"),
        ),
        Index(None, "tenant_id", "integration_id"),
        Index(None, "tenant_id", "account_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    #: Both may be gone before the channel is closed, so they are no foreign keys.
    integration_id: Mapped[str] = mapped_column(ID)
    account_id: Mapped[str] = mapped_column(ID)
    #: Cronofy's id of the account, and of the calendar that it tells of.
    sub: Mapped[str] = mapped_column(Text)
    calendar_id: Mapped[str] = mapped_column(Text)
    #: The SHA-256 of the token, by which it is found.
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    #: The token itself, sealed: Cronofy knows a channel again by its whole address.
    token: Mapped[str] = mapped_column(Text)
    #: Cronofy's id of it; None while it is not known to be open.
    channel_id: Mapped[str | None] = mapped_column(Text)
    #: When Cronofy was last asked to open it.
    opened_at: Mapped[datetime]
    #: When Cronofy last listed it; None where the last list did not show it.
    listed_at: Mapped[datetime | None]
    #: When the first notification came through since it was opened, and the last one.
    verified_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    #: When the log was told that nothing comes through, or that Cronofy refuses to open it.
    doubted_at: Mapped[datetime | None]
    #: Since when it is no longer wanted; the row goes once Cronofy has closed it.
    closing_at: Mapped[datetime | None]
