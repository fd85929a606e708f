"""Questions about consents under way."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from calsync.db.models import ConnectState


def add_state(
    session: Session,
    *,
    fingerprint: str,
    tenant_id: str,
    user_id: str,
    session_id: str,
    account_id: str | None,
    now: datetime,
) -> None:
    """Note that a user went off to give consent."""
    session.add(
        ConnectState(
            fingerprint=fingerprint,
            tenant_id=tenant_id,
            user_id=user_id,
            session_id=session_id,
            account_id=account_id,
            created_at=now,
        )
    )
    session.flush()


def use_state(
    session: Session, tenant_id: str, session_id: str, fingerprint: str, now: datetime
) -> bool:
    """Use a state up, and say whether it was there and unused: of two uses one wins."""
    used = session.execute(
        update(ConnectState)
        .where(ConnectState.tenant_id == tenant_id, ConnectState.session_id == session_id)
        .where(ConnectState.fingerprint == fingerprint, ConnectState.used_at.is_(None))
        .values(used_at=now)
        .returning(ConnectState.fingerprint)
    )
    return used.one_or_none() is not None


def find_state(
    session: Session, tenant_id: str, session_id: str, fingerprint: str
) -> ConnectState | None:
    """Return the state that this login session began, used or not."""
    return session.scalar(
        select(ConnectState)
        .where(ConnectState.tenant_id == tenant_id, ConnectState.session_id == session_id)
        .where(ConnectState.fingerprint == fingerprint)
    )


def forget_old_states(
    session: Session, tenant_id: str, user_id: str, *, begun_before: datetime
) -> None:
    """Remove a user's states that are too old to be of use."""
    session.execute(
        delete(ConnectState)
        .where(ConnectState.tenant_id == tenant_id, ConnectState.user_id == user_id)
        .where(ConnectState.created_at < begun_before)
    )
