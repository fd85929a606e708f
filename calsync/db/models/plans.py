"""Plans that users are shown before they finish."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calsync.core.item import Kind
from calsync.core.plan import Direction, Head
from calsync.core.run import Result
from calsync.db.base import ID, Base, choice, fresh_id


class StoredPlan(Base):
    """What finishing a set-up, or saving settings, would do; at most one of each.

    It is kept for a day, and is of the answers whose ``mark`` it has.
    """

    __tablename__ = "plans"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("draft_id"),
        UniqueConstraint("integration_id"),
        Index(None, "tenant_id", "user_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    #: The set-up that it is of, or else the integration whose settings it is of.
    draft_id: Mapped[str | None] = mapped_column(ID, ForeignKey("drafts.id", ondelete="CASCADE"))
    integration_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("integrations.id", ondelete="CASCADE")
    )
    mark: Mapped[str] = mapped_column(String(64))
    #: Who is making it at the moment, and until when that claim holds.
    maker: Mapped[str | None] = mapped_column(ID)
    made_until: Mapped[datetime | None]
    #: When it was made; None before the first time.
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    #: Nothing would be synced, as the integration is not active.
    is_off: Mapped[bool] = mapped_column(default=False)
    #: How much stands under each head of each direction, such as out_create.
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    #: The deletions that are to be confirmed, by direction.
    ticks: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: How many people the provider may write to.
    guests: Mapped[int] = mapped_column(default=0)


class PlannedAction(Base):
    """One thing that would be done or declined, with the reason."""

    __tablename__ = "planned_actions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plans.tenant_id", "plans.id"], ondelete="CASCADE"
        ),
    )

    tenant_id: Mapped[str] = mapped_column(ID)
    plan_id: Mapped[str] = mapped_column(ID, primary_key=True)
    #: Its place: by direction, head and time.
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[Direction] = mapped_column(choice(Direction, "direction"))
    head: Mapped[Head] = mapped_column(choice(Head, "head"))
    result: Mapped[Result] = mapped_column(choice(Result, "result"))
    reason: Mapped[str | None] = mapped_column(String(40))
    kind: Mapped[Kind | None] = mapped_column(choice(Kind, "kind"))
    #: The item may be gone meanwhile, so it is no foreign key; what would be made has none yet.
    item_id: Mapped[str | None] = mapped_column(ID)
    title: Mapped[str] = mapped_column(Text)
    #: When it takes place, as the record of an item has it.
    times: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: Both sides before it and after, as far as it touches them.
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
