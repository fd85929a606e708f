"""What is to be done later, and who does it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from calsync.db.base import ID, Base, choice, fresh_id


class DueKind(StrEnum):
    """What is to be done later."""

    REVOKE = "revoke"
    CHECK_ACCOUNT = "check_account"
    DELIVER = "deliver"
    SYNC = "sync"
    PURGE = "purge"
    KEEP_CHANNEL = "keep_channel"
    ERASE_ACCOUNT = "erase_account"
    PURGE_LOG = "purge_log"


class DueRow(Base):
    """Something to be done later: the row is the truth, whatever wakes us is only a hint.

    A worker claims it by lease and fence; a release counts only while the fence
    is still the claim's. ``wakes`` tells whether it was asked for again meanwhile.
    """

    __tablename__ = "due_rows"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index(None, "due_at", "id"))

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    kind: Mapped[DueKind] = mapped_column(choice(DueKind, "kind"))
    #: The id of the row that the work is about.
    subject_id: Mapped[str] = mapped_column(ID)
    due_at: Mapped[datetime]
    wakes: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    #: The kind of the last failure; never its words.
    last_error: Mapped[str | None] = mapped_column(String(100))


class Lease(Base):
    """A part that only one process may play, such as the scheduler's. Belongs to no tenant."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]
