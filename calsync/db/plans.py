"""Questions about the plans that users are shown."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select, true
from sqlalchemy.orm import Session, aliased

from calsync.core.plan import Direction, Head
from calsync.db.models import Assignment, Item, PlannedAction, StoredPlan


def find_plan(
    session: Session, tenant_id: str, user_id: str, *, draft_id: str = "", integration_id: str = ""
) -> StoredPlan | None:
    """Return the plan of a set-up, or of the settings of an integration."""
    return session.scalar(_of(tenant_id, user_id, draft_id, integration_id))


def is_one_made(session: Session, tenant_id: str, user_id: str, now: datetime) -> bool:
    """Tell whether any plan of a user's is being made at this moment."""
    claimed = select(StoredPlan.id).where(
        StoredPlan.tenant_id == tenant_id,
        StoredPlan.user_id == user_id,
        StoredPlan.made_until > now,
    )
    return session.scalar(claimed.limit(1)) is not None


def lock_plan(
    session: Session, tenant_id: str, user_id: str, *, draft_id: str = "", integration_id: str = ""
) -> StoredPlan | None:
    """Return the same, and let nobody else change it until we commit."""
    query = _of(tenant_id, user_id, draft_id, integration_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def lock_plan_of_tenant(session: Session, tenant_id: str, plan_id: str) -> StoredPlan | None:
    """Return a plan of the tenant, locked in the same way."""
    query = select(StoredPlan).where(StoredPlan.tenant_id == tenant_id, StoredPlan.id == plan_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def replace_actions(session: Session, plan: StoredPlan, actions: Sequence[PlannedAction]) -> None:
    """Let a plan have these actions, in this order, and no others."""
    session.execute(delete(PlannedAction).where(*_is_of(plan)))
    for ordinal, action in enumerate(actions):
        action.tenant_id, action.plan_id, action.ordinal = plan.tenant_id, plan.id, ordinal
    session.add_all(actions)


def list_first_actions(session: Session, plan: StoredPlan, most: int) -> list[PlannedAction]:
    """Return the first actions under each head of each direction, in order."""
    place = func.row_number().over(
        partition_by=(PlannedAction.direction, PlannedAction.head), order_by=PlannedAction.ordinal
    )
    ranked = select(PlannedAction, place.label("place")).where(*_is_of(plan)).subquery()
    action = aliased(PlannedAction, ranked)
    query = select(action).where(ranked.c.place <= most).order_by(ranked.c.ordinal)
    return list(session.scalars(query))


def list_actions(
    session: Session,
    plan: StoredPlan,
    *,
    direction: Direction | None = None,
    head: Head | None = None,
    skip: int = 0,
    limit: int | None = None,
) -> list[PlannedAction]:
    """Return actions of a plan in order, of one direction or head where it is given."""
    query = select(PlannedAction).where(*_is_of(plan)).order_by(PlannedAction.ordinal)
    if direction is not None:
        query = query.where(PlannedAction.direction == direction)
    if head is not None:
        query = query.where(PlannedAction.head == head)
    return list(session.scalars(query.offset(skip).limit(limit)))


def list_hidden_items(session: Session, plan: StoredPlan) -> set[str]:
    """Return the items of a plan that have become somebody else's private ones since."""
    theirs = select(Assignment.item_id).where(
        Assignment.tenant_id == plan.tenant_id, Assignment.user_id == plan.user_id
    )
    hidden = (
        select(Item.id)
        .join(PlannedAction, PlannedAction.item_id == Item.id)
        .where(Item.tenant_id == plan.tenant_id, Item.is_private == true())
        .where(*_is_of(plan), Item.id.not_in(theirs))
    )
    return set(session.scalars(hidden.distinct()))


def forget_old_plans(session: Session, tenant_id: str, user_id: str, now: datetime) -> None:
    """Remove a user's plans whose time is over."""
    session.execute(
        delete(StoredPlan)
        .where(StoredPlan.tenant_id == tenant_id, StoredPlan.user_id == user_id)
        .where(StoredPlan.expires_at <= now)
    )


def _of(tenant_id: str, user_id: str, draft_id: str, integration_id: str) -> Select[StoredPlan]:
    place = (
        StoredPlan.draft_id == draft_id if draft_id else StoredPlan.integration_id == integration_id
    )
    return select(StoredPlan).where(
        StoredPlan.tenant_id == tenant_id, StoredPlan.user_id == user_id, place
    )


def _is_of(plan: StoredPlan) -> tuple[ColumnElement[bool], ...]:
    return PlannedAction.tenant_id == plan.tenant_id, PlannedAction.plan_id == plan.id
