"""What a sync works on, in one question."""

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
    return row._tuple() if row is not None else None
