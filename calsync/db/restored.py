"""What a database of earlier believes of processes and calendars, and does not know any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, true, update
from sqlalchemy.orm import Session

from calsync.db.models import (
    ConnectState,
    DueKind,
    DueRow,
    Integration,
    Lease,
    LinkedAccount,
    LoginSession,
)

#: Work that finds out how things stand at Cronofy.
_LOOKS = (DueKind.CHECK_ACCOUNT, DueKind.KEEP_CHANNEL)


def forget_processes(session: Session) -> None:
    """Free all that a process held: none of them lives."""
    session.execute(delete(Lease))
    session.execute(update(DueRow).values(lease_owner=None, lease_until=None, attempts=0))
    session.execute(update(LinkedAccount).values(renewal_owner=None, renewal_until=None))


def end_all_logins(session: Session) -> None:
    """Have everybody log in again: who logged out since would be logged in."""
    session.execute(delete(ConnectState))
    session.execute(delete(LoginSession))


def look_again(session: Session, now: datetime) -> None:
    """Have every account and every channel looked at now."""
    session.execute(
        update(DueRow)
        .where(DueRow.kind.in_(_LOOKS))
        .values(due_at=now, wakes=DueRow.wakes + 1)
        .execution_options(synchronize_session=False)
    )


def list_flowing(session: Session) -> Sequence[Integration]:
    """Return every integration over which something flows, of whatever tenant."""
    return session.scalars(
        select(Integration)
        .where(Integration.deleted_at.is_(None), Integration.is_active == true())
        .where(Integration.account_id.is_not(None))
        .order_by(Integration.id)
    ).all()
