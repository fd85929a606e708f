"""What a sync works on, in one question."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from calsync.db.models import Integration, LinkedAccount, LinkedCalendar, User


def find_subject(
    session: Session, tenant_id: str, integration_id: str
) -> tuple[Integration, User, LinkedAccount | None, LinkedCalendar | None] | None:
    """Return an integration with its user, and its account and calendar where there are any."""
    row = session.execute(
        select(Integration, User, LinkedAccount, LinkedCalendar)
        .join(User, (User.tenant_id == Integration.tenant_id) & (User.id == Integration.user_id))
        .outerjoin(
            LinkedAccount,
            (LinkedAccount.tenant_id == Integration.tenant_id)
            & (LinkedAccount.id == Integration.account_id),
        )
        .outerjoin(
            LinkedCalendar,
            (LinkedCalendar.tenant_id == Integration.tenant_id)
            & (LinkedCalendar.account_id == Integration.account_id)
            & (LinkedCalendar.calendar_id == Integration.calendar_id),
        )
        .where(Integration.tenant_id == tenant_id, Integration.id == integration_id)
    ).one_or_none()
    if row is None:
        return None
    integration, user, account, calendar = row
    return integration, user, account, calendar


def list_ids_by_user(
    session: Session, tenant_id: str, user_ids: Collection[str]
) -> list[tuple[str, bool]]:
    """Return the integrations of some users, each with whether it is active."""
    rows = session.execute(
        select(Integration.id, Integration.is_active)
        .where(Integration.tenant_id == tenant_id, Integration.user_id.in_(user_ids))
        .where(Integration.deleted_at.is_(None))
        .order_by(Integration.id)
    )
    return [(integration_id, is_active) for integration_id, is_active in rows]
