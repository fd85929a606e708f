"""Forgetting integrations with all that hangs on them."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import Integration, LinkedAccount


def list_integration_ids(session: Session, account: LinkedAccount) -> list[str]:
    """Return what knows of an account's mailbox, with what was deleted or lost its account."""
    is_of_mailbox = (
        (Integration.user_id == account.user_id)
        & (Integration.service == account.provider_service)
        & (Integration.profile_name == account.profile_name)
        & Integration.account_id.is_(None)
    )
    return list(
        session.scalars(
            select(Integration.id)
            .where(Integration.tenant_id == account.tenant_id)
            .where((Integration.account_id == account.id) | is_of_mailbox)
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
