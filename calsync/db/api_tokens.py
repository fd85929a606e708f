"""Questions about the tokens of programs."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calsync.db.models import ApiToken, Tenant, User


def find_token(session: Session, fingerprint: str) -> tuple[ApiToken, User, Tenant] | None:
    """Return the token with this fingerprint, its user and their tenant."""
    row = session.execute(
        select(ApiToken, User, Tenant)
        .join(User, (User.tenant_id == ApiToken.tenant_id) & (User.id == ApiToken.user_id))
        .join(Tenant, Tenant.id == ApiToken.tenant_id)
        .where(ApiToken.fingerprint == fingerprint)
    ).one_or_none()
    if row is None:
        return None
    token, user, tenant = row
    return token, user, tenant


def list_tokens(session: Session, tenant_id: str, user_id: str) -> list[ApiToken]:
    """Return a user's tokens that nobody has revoked, the newest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id)
            .where(ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.created_at.desc(), ApiToken.id)
        )
    )


def note_used(session: Session, tenant_id: str, token_id: str, now: datetime) -> None:
    """Note that a program has just used its token."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.tenant_id == tenant_id, ApiToken.id == token_id)
        .values(last_used_at=now)
    )


def revoke_token(
    session: Session, tenant_id: str, user_id: str, token_id: str, now: datetime
) -> bool:
    """End a token of the user's, and say whether there was one."""
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id)
        .where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    )
    return ended.first() is not None
