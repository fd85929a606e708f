"""Answers of the wizard that are not in force yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calsync.core.answers import DraftKind, Step
from calsync.db.base import ID, Base, choice, fresh_id

_OPEN_SETUP = text("kind = 'setup' AND finished_at IS NULL")
_OPEN_EDIT = text("kind = 'edit' AND finished_at IS NULL")


class Draft(Base):
    """A set-up, or changes of an integration's settings, that a user has begun.

    No tokens are in it. A finished one stays for a while, so that whoever finishes it
    twice comes to what the first time made.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        # One of each account, and of each integration, is under way at most.
        Index(
            "uq_drafts_open_setup",
            "tenant_id",
            "user_id",
            "account_id",
            unique=True,
            sqlite_where=_OPEN_SETUP,
            postgresql_where=_OPEN_SETUP,
        ),
        Index(
            "uq_drafts_open_edit",
            "integration_id",
            unique=True,
            sqlite_where=_OPEN_EDIT,
            postgresql_where=_OPEN_EDIT,
        ),
        Index(None, "tenant_id", "user_id"),
        Index(None, "account_id"),
        Index(None, "integration_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[DraftKind] = mapped_column(choice(DraftKind, "kind"))
    #: None once the account was disconnected; the mailbox is known again by the next two.
    account_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("linked_accounts.id", ondelete="SET NULL")
    )
    service: Mapped[str] = mapped_column(Text)
    profile_name: Mapped[str] = mapped_column(Text)
    #: What is edited; of a finished set-up, what it made.
    integration_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("integrations.id", ondelete="CASCADE")
    )
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The tab that the user was led to last, and the furthest that was reached.
    step: Mapped[Step] = mapped_column(choice(Step, "step"))
    furthest: Mapped[Step] = mapped_column(choice(Step, "furthest"))
    #: The mark of the settings that an edit was made upon.
    made_upon: Mapped[str] = mapped_column(String(32))
    #: The run that finishing it has begun.
    run_id: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
