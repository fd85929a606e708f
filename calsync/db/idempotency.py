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


def forget_keys(session: Session, tenant_id: str, user_id: str, before: datetime) -> None:
    """Drop a user's keys that are older."""
    session.execute(
        delete(IdempotencyKey)
        .where(IdempotencyKey.tenant_id == tenant_id, IdempotencyKey.user_id == user_id)
        .where(IdempotencyKey.created_at < before)
    )
