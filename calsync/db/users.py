"""Questions about the people of a tenant."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calsync.db.models import Role, User


def find_user_by_email(session: Session, tenant_id: str, email: str) -> User | None:
    """Return the user with this address in the tenant, in any case of letters."""
    return session.scalar(
        select(User).where(User.tenant_id == tenant_id, User.email == email.strip().lower())
    )


def get_user(session: Session, tenant_id: str, user_id: str) -> User:
    """Return a user who is known to exist."""
    return session.scalars(
        select(User).where(User.tenant_id == tenant_id, User.id == user_id)
    ).one()


def lock_user(session: Session, tenant_id: str, user_id: str) -> User:
    """Return a user as they are now, and let nobody else change them until we commit."""
    return session.scalars(
        select(User).where(User.tenant_id == tenant_id, User.id == user_id).with_for_update()
    ).one()


def hold_user(session: Session, tenant_id: str, user_id: str) -> None:
    """Let nobody else who asks for this hold the user until we commit; it changes nothing.

    Rows that refer to the user may be added meanwhile.
    """
    wanted = select(User.id).where(User.tenant_id == tenant_id, User.id == user_id)
    session.execute(wanted.with_for_update(key_share=True))


def list_users(session: Session, tenant_id: str) -> list[User]:
    """Return the users of a tenant, by address."""
    return list(
        session.scalars(select(User).where(User.tenant_id == tenant_id).order_by(User.email))
    )


def add_user(
    session: Session,
    tenant_id: str,
    *,
    email: str,
    name: str,
    role: Role,
    password_hash: str,
    time_zone: str,
    now: datetime,
) -> User:
    """Add a user and return them."""
    user = User(
        tenant_id=tenant_id,
        email=email.strip().lower(),
        name=name,
        role=role,
        password_hash=password_hash,
        time_zone=time_zone,
        created_at=now,
    )
    session.add(user)
    session.flush()
    return user
