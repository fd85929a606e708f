"""Mailboxes that users let us work with."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from calsync.core.account import Disconnection
from calsync.db.base import ID, Base, choice, fresh_id


class ConnectState(Base):
    """A consent under way at Cronofy: who began it, in which browser, and whether it was used."""

    __tablename__ = "connect_states"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "session_id"],
            ["login_sessions.tenant_id", "login_sessions.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        Index(None, "tenant_id", "user_id"),
    )

    #: The SHA-256 of the state that travels through the browser.
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    session_id: Mapped[str] = mapped_column(ID)
    #: The account to be connected again, where the consent is for that.
    account_id: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LinkedAccount(Base):
    """A Cronofy authorisation: one mailbox that a user let us work with."""

    __tablename__ = "linked_accounts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "user_id", "sub"),
        UniqueConstraint("tenant_id", "id"),
        Index(None, "sub"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    #: Cronofy's id of the account, and of the profile that was authorised. What a
    #: stranger chose has no length here: it is bounded where it is read.
    sub: Mapped[str] = mapped_column(Text)
    profile_id: Mapped[str] = mapped_column(Text)
    profile_name: Mapped[str] = mapped_column(Text)
    provider_name: Mapped[str] = mapped_column(Text)
    provider_service: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    #: Why the account is Not Connected; nothing while it is Connected.
    disconnection: Mapped[Disconnection | None] = mapped_column(
        choice(Disconnection, "disconnection")
    )
    #: Cronofy's page for signing in to the mailbox again, while the profile is disconnected.
    relink_url: Mapped[str | None] = mapped_column(Text)
    #: Cronofy has not yet read the mailbox for the first time.
    is_being_read: Mapped[bool] = mapped_column(default=False)
    #: Sealed; see services.tokens.
    access_token: Mapped[str] = mapped_column(Text)
    refresh_token: Mapped[str] = mapped_column(Text)
    access_expires_at: Mapped[datetime]
    #: Who is renewing the tokens at the moment, and until when that claim holds.
    renewal_owner: Mapped[str | None] = mapped_column(String(64))
    renewal_until: Mapped[datetime | None]
    connected_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class LinkedCalendar(Base):
    """One calendar of a linked account, as Cronofy last listed it."""

    __tablename__ = "linked_calendars"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["linked_accounts.tenant_id", "linked_accounts.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("tenant_id", "account_id", "calendar_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    account_id: Mapped[str] = mapped_column(ID)
    #: Cronofy's id.
    calendar_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    is_read_only: Mapped[bool]
    is_deleted: Mapped[bool]
    is_primary: Mapped[bool]
    #: `sandbox` or `unrestricted`; Cronofy may add more.
    permission_level: Mapped[str] = mapped_column(Text)


class Revocation(Base):
    """An authorisation that we gave up and that Cronofy has yet to hear of."""

    __tablename__ = "revocations"
    __table_args__ = (Index(None, "tenant_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    sub: Mapped[str] = mapped_column(Text)
    refresh_token: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
