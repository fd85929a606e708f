"""Questions about what users have begun in the wizard."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from calsync.core.answers import DraftKind
from calsync.db.models import Draft, LinkedAccount


def find_draft(
    session: Session, tenant_id: str, user_id: str, draft_id: str, now: datetime
) -> Draft | None:
    """Return a user's draft, a finished one too, unless its time is over."""
    return session.scalar(_of_user(tenant_id, user_id, now).where(Draft.id == draft_id))


def lock_draft(
    session: Session, tenant_id: str, user_id: str, draft_id: str, now: datetime
) -> Draft | None:
    """Return a user's draft as it is now, and let nobody else change it until we commit."""
    query = _of_user(tenant_id, user_id, now).where(Draft.id == draft_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def lock_draft_of_tenant(session: Session, tenant_id: str, draft_id: str) -> Draft | None:
    """Return a draft of the tenant, whatever its time, locked in the same way."""
    query = select(Draft).where(Draft.tenant_id == tenant_id, Draft.id == draft_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def find_edit(
    session: Session, tenant_id: str, user_id: str, integration_id: str, now: datetime
) -> Draft | None:
    """Return the changes of an integration's settings that a user has begun."""
    return session.scalar(_edits(tenant_id, user_id, integration_id, now))


def lock_edit(
    session: Session, tenant_id: str, user_id: str, integration_id: str, now: datetime
) -> Draft | None:
    """Return the same, locked as above."""
    query = _edits(tenant_id, user_id, integration_id, now)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def list_setups(session: Session, tenant_id: str, user_id: str, now: datetime) -> list[Draft]:
    """Return the set-ups that a user has begun and not finished, the latest first."""
    query = _setups(tenant_id, user_id, now).order_by(Draft.changed_at.desc(), Draft.id)
    return list(session.scalars(query))


def lock_setup_of(session: Session, account: LinkedAccount, now: datetime) -> Draft | None:
    """Return the set-up that was begun with an account, or with its mailbox before, locked."""
    return session.scalar(
        _setups(account.tenant_id, account.user_id, now)
        .where((Draft.account_id == account.id) | _is_of_mailbox(account))
        .order_by(Draft.account_id.is_(None), Draft.changed_at.desc(), Draft.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def drop_edits(session: Session, tenant_id: str, integration_id: str) -> None:
    """Forget changes of an integration's settings that were begun."""
    session.execute(
        delete(Draft)
        .where(Draft.tenant_id == tenant_id, Draft.integration_id == integration_id)
        .where(Draft.kind == DraftKind.EDIT, Draft.finished_at.is_(None))
    )


def drop_of_mailbox(session: Session, account: LinkedAccount) -> None:
    """Forget what was answered about an account, or about its mailbox before."""
    session.execute(
        delete(Draft)
        .where(Draft.tenant_id == account.tenant_id, Draft.user_id == account.user_id)
        .where((Draft.account_id == account.id) | _is_of_mailbox(account))
    )


def forget_old_drafts(session: Session, tenant_id: str, user_id: str, now: datetime) -> None:
    """Remove a user's drafts whose time is over."""
    session.execute(
        delete(Draft)
        .where(Draft.tenant_id == tenant_id, Draft.user_id == user_id)
        .where(Draft.expires_at <= now)
    )


def _is_of_mailbox(account: LinkedAccount) -> ColumnElement[bool]:
    """Tell of a draft whether its account was disconnected and had this mailbox."""
    return (
        Draft.account_id.is_(None)
        & (Draft.service == account.provider_service)
        & (Draft.profile_name == account.profile_name)
    )


def _of_user(tenant_id: str, user_id: str, now: datetime) -> Select[Draft]:
    return (
        select(Draft)
        .where(Draft.tenant_id == tenant_id, Draft.user_id == user_id)
        .where(Draft.expires_at > now)
    )


def _setups(tenant_id: str, user_id: str, now: datetime) -> Select[Draft]:
    query = _of_user(tenant_id, user_id, now)
    return query.where(Draft.kind == DraftKind.SETUP, Draft.finished_at.is_(None))


def _edits(tenant_id: str, user_id: str, integration_id: str, now: datetime) -> Select[Draft]:
    return (
        _of_user(tenant_id, user_id, now)
        .where(Draft.kind == DraftKind.EDIT, Draft.integration_id == integration_id)
        .where(Draft.finished_at.is_(None))
    )
