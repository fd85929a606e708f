"""Tenants, their people, and where these are logged in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from calsync.db.base import ID, Base, choice, fresh_id


class Role(StrEnum):
    """What a user may do in the tenant; each includes the ones before."""

    MEMBER = "member"
    DISPATCHER = "dispatcher"
    ADMIN = "admin"


class Theme(StrEnum):
    """How the pages look: as the system says, or always one way."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Tenant(Base):
    """A firm that uses the product."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    #: The short name that people type at login.
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    #: Later than every change of items and tickets that anybody can see; see db.stamps.
    last_change_at: Mapped[datetime | None]


class User(Base):
    """A person of a tenant."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email"),
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(choice(Role, "role"), default=Role.MEMBER)
    #: argon2id, in its own text form.
    password_hash: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="Etc/UTC")
    locale: Mapped[str] = mapped_column(String(16), default="en")
    theme: Mapped[Theme] = mapped_column(choice(Theme, "theme"), default=Theme.SYSTEM)
    is_disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class LoginSession(Base):
    """A browser in which a user is logged in. Ending it deletes the row."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "id"),
        Index(None, "tenant_id", "user_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    #: The SHA-256 of the secret that the browser's cookie holds.
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    #: What the browser says it is, for the list on the account page.
    browser: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
