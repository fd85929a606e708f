"""Questions about who is logged in where."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from calsync.db.models import LoginSession, Tenant, User


def find_login(session: Session, fingerprint: str) -> tuple[LoginSession, User, Tenant] | None:
    """Return the login session with this fingerprint, its user and their tenant."""
    row = session.execute(
        select(LoginSession, User, Tenant)
        .join(User, (User.tenant_id == LoginSession.tenant_id) & (User.id == LoginSession.user_id))
        .join(Tenant, Tenant.id == LoginSession.tenant_id)
        .where(LoginSession.fingerprint == fingerprint)
    ).one_or_none()
    if row is None:
        return None
    login, user, tenant = row
    return login, user, tenant


def list_logins(session: Session, tenant_id: str, user_id: str) -> list[LoginSession]:
    """Return where a user is logged in, the latest seen first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(LoginSession.tenant_id == tenant_id, LoginSession.user_id == user_id)
            .order_by(LoginSession.last_seen_at.desc())
        )
    )


def note_seen(session: Session, tenant_id: str, session_id: str, now: datetime) -> None:
    """Note that the browser was here."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.tenant_id == tenant_id, LoginSession.id == session_id)
        .values(last_seen_at=now)
    )


def end_login(session: Session, tenant_id: str, user_id: str, session_id: str) -> bool:
    """End one of a user's login sessions and say whether there was one."""
    ended = session.execute(
        delete(LoginSession)
        .where(LoginSession.tenant_id == tenant_id)
        .where(LoginSession.user_id == user_id, LoginSession.id == session_id)
        .returning(LoginSession.id)
    )
    return ended.one_or_none() is not None


def end_logins(session: Session, tenant_id: str, user_id: str, *, but: str | None = None) -> None:
    """End every login session of a user, or all but one."""
    session.execute(
        delete(LoginSession)
        .where(LoginSession.tenant_id == tenant_id, LoginSession.user_id == user_id)
        .where(LoginSession.id != (but or ""))
    )


def end_old_logins(
    session: Session, tenant_id: str, user_id: str, *, idle_since: datetime, begun_by: datetime
) -> None:
    """Remove the rows of login sessions that timed out."""
    session.execute(
        delete(LoginSession)
        .where(LoginSession.tenant_id == tenant_id, LoginSession.user_id == user_id)
        .where((LoginSession.last_seen_at < idle_since) | (LoginSession.created_at < begun_by))
    )
