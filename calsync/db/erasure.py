"""Forgetting integrations with all that hangs on them."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import Integration


def list_integration_ids(session: Session, tenant_id: str, account_id: str) -> list[str]:
    """Return what hangs on an account, with what was deleted and is still remembered."""
    return list(
        session.scalars(
            select(Integration.id)
            .where(Integration.tenant_id == tenant_id, Integration.account_id == account_id)
            .order_by(Integration.id)
        )
    )


def erase_integration(session: Session, tenant_id: str, integration_id: str) -> None:
    """Forget an integration with its links, its judgements, its runs and its log."""
    session.execute(
        delete(Integration).where(
            Integration.tenant_id == tenant_id, Integration.id == integration_id
        )
    )
