"""Calendars that other programs read from an address."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calsync.db.base import ID, Base, fresh_id


class Feed(Base):
    """Lets whoever knows its address read one user's calendar, until it is revoked."""

    __tablename__ = "feeds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "id"),
        Index(None, "tenant_id", "user_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    #: What its owner calls it, such as the program that reads it.
    name: Mapped[str] = mapped_column(String(100))
    #: The SHA-256 of the secret, which stands in the address and nowhere else.
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
