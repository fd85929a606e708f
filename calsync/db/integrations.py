"""Questions about integrations."""

from collections import Counter

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from calsync.core.integration import Stop
from calsync.core.link import LinkState
from calsync.db.models import Integration, LinkedAccount, LinkRow


def find_integration(
    session: Session, tenant_id: str, user_id: str, integration_id: str
) -> Integration | None:
    """Return a user's integration, unless it was deleted."""
    return session.scalar(_of_user(tenant_id, user_id).where(Integration.id == integration_id))


def is_deleted(session: Session, tenant_id: str, user_id: str, integration_id: str) -> bool:
    """Whether the user had this integration, and has it no more."""
    query = select(Integration.deleted_at).where(Integration.tenant_id == tenant_id)
    query = query.where(Integration.user_id == user_id, Integration.id == integration_id)
    return session.scalar(query) is not None


def lock_integration(
    session: Session, tenant_id: str, user_id: str, integration_id: str
) -> Integration | None:
    """Return a user's integration as it is now, and let nobody else change it until we commit."""
    query = _of_user(tenant_id, user_id).where(Integration.id == integration_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def lock_integration_of_tenant(
    session: Session, tenant_id: str, integration_id: str
) -> Integration | None:
    """Return an integration, a deleted one too, locked as above: for work no user waits for."""
    return session.scalar(
        select(Integration)
        .where(Integration.tenant_id == tenant_id, Integration.id == integration_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def find_account_id(session: Session, tenant_id: str, integration_id: str) -> str | None:
    """Return the account that an integration, a deleted one too, hangs on."""
    return session.scalar(
        select(Integration.account_id).where(
            Integration.tenant_id == tenant_id, Integration.id == integration_id
        )
    )


def list_integrations(session: Session, tenant_id: str, user_id: str) -> list[Integration]:
    """Return a user's integrations, by the names of their calendars."""
    query = _of_user(tenant_id, user_id)
    return list(session.scalars(query.order_by(Integration.calendar_name, Integration.id)))


def list_account_ids(session: Session, tenant_id: str, user_id: str) -> list[str | None]:
    """Return the account of each of a user's integrations, with those that are being deleted."""
    query = select(Integration.account_id).where(Integration.tenant_id == tenant_id)
    return list(session.scalars(query.where(Integration.user_id == user_id)))


def list_namesakes(session: Session, tenant_id: str, user_id: str) -> set[str]:
    """Return the names that several of the calendars share that a user's integrations are with."""
    names = _of_user(tenant_id, user_id).with_only_columns(Integration.calendar_name)
    names = names.group_by(Integration.calendar_name).having(func.count() > 1)
    return set(session.scalars(names))


def list_integrations_after(
    session: Session, tenant_id: str, user_id: str, *, after: str, limit: int
) -> list[Integration]:
    """Return a user's integrations by id, a page at a time."""
    query = _of_user(tenant_id, user_id).where(Integration.id > after)
    return list(session.scalars(query.order_by(Integration.id).limit(limit)))


def list_integrations_of_account(
    session: Session, tenant_id: str, account_id: str
) -> list[Integration]:
    """Return what hangs on an account, with those that are being deleted, locked."""
    return list(
        session.scalars(
            select(Integration)
            .where(Integration.tenant_id == tenant_id, Integration.account_id == account_id)
            .order_by(Integration.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def list_lost_integrations(session: Session, tenant_id: str, user_id: str) -> list[Integration]:
    """Return a user's integrations whose account was disconnected, locked."""
    query = _of_user(tenant_id, user_id).where(Integration.account_id.is_(None))
    return list(
        session.scalars(
            query.order_by(Integration.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def lock_by_calendar(
    session: Session, tenant_id: str, user_id: str, calendar_id: str
) -> Integration | None:
    """Return what a user has, or had, with a calendar, locked."""
    return session.scalar(
        select(Integration)
        .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
        .where(Integration.calendar_id == calendar_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def find_deleted(
    session: Session, account: LinkedAccount, *, calendar_id: str, name: str
) -> Integration | None:
    """Return what the account's user had with a calendar and deleted, by its id, else its name."""
    is_of_name = (
        (Integration.service == account.provider_service)
        & (Integration.profile_name == account.profile_name)
        & (Integration.calendar_name == name)
    )
    return session.scalar(
        select(Integration)
        .where(Integration.tenant_id == account.tenant_id)
        .where(Integration.user_id == account.user_id, Integration.deleted_at.is_not(None))
        .where((Integration.calendar_id == calendar_id) | is_of_name)
        .order_by(Integration.calendar_id != calendar_id)
        .order_by(Integration.deleted_at.desc(), Integration.id)
        .limit(1)
    )


def lock_deleted_by_name(
    session: Session,
    tenant_id: str,
    user_id: str,
    *,
    service: str,
    profile_name: str,
    calendar_name: str,
) -> Integration | None:
    """Return what a user had last with a calendar of this name in this mailbox, locked."""
    return session.scalar(
        select(Integration)
        .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
        .where(Integration.service == service, Integration.profile_name == profile_name)
        .where(Integration.calendar_name == calendar_name, Integration.deleted_at.is_not(None))
        .order_by(Integration.deleted_at.desc(), Integration.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def count_integrations(session: Session) -> Counter[str]:
    """Return how many integrations of all tenants stand how: active, paused or by their stop."""
    is_lost = LinkedAccount.id.is_(None) | LinkedAccount.disconnection.is_not(None)
    account = (LinkedAccount.tenant_id == Integration.tenant_id) & (
        LinkedAccount.id == Integration.account_id
    )
    rows = session.execute(
        select(Integration.is_active, Integration.stop, is_lost, func.count())
        .outerjoin(LinkedAccount, account)
        .where(Integration.deleted_at.is_(None))
        .group_by(Integration.is_active, Integration.stop, is_lost)
    )
    counts: Counter[str] = Counter()
    for is_active, stop, lost, count in rows:
        state = stop or (Stop.NOT_CONNECTED if lost else None)
        works = "active" if is_active else "paused"
        counts[state.value if state else works] += count
    return counts


def count_set_aside(session: Session) -> int:
    """Return how many entries of all tenants are set aside, by the index of each integration."""
    query = (
        select(func.count(LinkRow.id))
        .select_from(Integration)
        .join(
            LinkRow,
            (LinkRow.tenant_id == Integration.tenant_id)
            & (LinkRow.integration_id == Integration.id)
            & (LinkRow.state == LinkState.SET_ASIDE),
        )
    )
    return session.scalar(query.where(Integration.deleted_at.is_(None))) or 0


def _of_user(tenant_id: str, user_id: str) -> Select[Integration]:
    return (
        select(Integration)
        .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
        .where(Integration.deleted_at.is_(None))
    )
