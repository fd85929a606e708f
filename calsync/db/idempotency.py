"""Questions about requests that were answered already."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import IdempotencyKey


def find_key(session: Session, tenant_id: str, user_id: str, key: str) -> IdempotencyKey | None:
    """Return what a user's request with this key was answered."""
    return session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.tenant_id == tenant_id,
            IdempotencyKey.user_id == user_id,
            IdempotencyKey.key == key,
        )
    )


def add_key(session: Session, key: IdempotencyKey) -> None:
    """Keep a key; whoever adds the same one meanwhile waits for us, and then fails."""
    session.add(key)
    session.flush()


def forget_keys(session: Session, tenant_id: str, user_id: str | None, before: datetime) -> None:
    """Drop the keys of a user, or of everybody of the tenant, that are older."""
    old = (IdempotencyKey.tenant_id == tenant_id) & (IdempotencyKey.created_at < before)
    if user_id is not None:
        old &= IdempotencyKey.user_id == user_id
    session.execute(delete(IdempotencyKey).where(old))
