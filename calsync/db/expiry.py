"""Rows that are kept up to a moment."""

from datetime import datetime

from sqlalchemy.orm import Session

from calsync.db.models import Draft, StoredPlan


def forget_expired(
    session: Session, row: Draft | StoredPlan | None, now: datetime
) -> datetime | None:
    """Delete a row whose time is over; return when that will be where it is not yet."""
    if row is None:
        return None
    if row.expires_at > now:
        return row.expires_at
    session.delete(row)
    return None
