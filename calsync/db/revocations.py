"""Questions about authorisations that Cronofy has yet to be told to end."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import Revocation


def find_revocation(session: Session, tenant_id: str, revocation_id: str) -> Revocation | None:
    """Return a revocation that is still to be told."""
    return session.scalar(
        select(Revocation)
        .where(Revocation.tenant_id == tenant_id)
        .where(Revocation.id == revocation_id)
    )


def delete_revocation(session: Session, tenant_id: str, revocation_id: str) -> None:
    """Forget a revocation, and the token with it."""
    session.execute(
        delete(Revocation)
        .where(Revocation.tenant_id == tenant_id)
        .where(Revocation.id == revocation_id)
    )
