"""Questions about linked accounts, their tokens and their calendars."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from calsync.db.models import LinkedAccount, LinkedCalendar
from calsync.db.questions import ask

# What is asked with every call to Cronofy is put together once.
_ACCOUNT = (
    select(LinkedAccount)
    .where(LinkedAccount.tenant_id == bindparam("of_tenant"))
    .where(LinkedAccount.id == bindparam("of_account"))
)
_LOCKED_ACCOUNT = _ACCOUNT.with_for_update().execution_options(populate_existing=True)


def find_account(
    session: Session, tenant_id: str, user_id: str, account_id: str
) -> LinkedAccount | None:
    """Return a user's linked account."""
    return session.scalar(
        select(LinkedAccount)
        .where(LinkedAccount.tenant_id == tenant_id, LinkedAccount.user_id == user_id)
        .where(LinkedAccount.id == account_id)
    )


def find_account_of_tenant(
    session: Session, tenant_id: str, account_id: str
) -> LinkedAccount | None:
    """Return an account of the tenant, for work that no user is waiting for."""
    return session.scalar(_ACCOUNT, {"of_tenant": tenant_id, "of_account": account_id})


def lock_account(session: Session, tenant_id: str, account_id: str) -> LinkedAccount | None:
    """Return the account as it is now, and let nobody else change it until we commit."""
    return session.scalar(_LOCKED_ACCOUNT, {"of_tenant": tenant_id, "of_account": account_id})


def lock_account_by_sub(
    session: Session, tenant_id: str, user_id: str, sub: str
) -> LinkedAccount | None:
    """Return the account that a user linked before under Cronofy's ``sub``, locked as above."""
    return session.scalar(
        select(LinkedAccount)
        .where(LinkedAccount.tenant_id == tenant_id, LinkedAccount.user_id == user_id)
        .where(LinkedAccount.sub == sub)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def list_accounts(session: Session, tenant_id: str, user_id: str) -> list[LinkedAccount]:
    """Return a user's linked accounts, by the names of their mailboxes."""
    return list(
        session.scalars(
            select(LinkedAccount)
            .where(LinkedAccount.tenant_id == tenant_id, LinkedAccount.user_id == user_id)
            .order_by(LinkedAccount.profile_name, LinkedAccount.id)
        )
    )


def is_sub_linked(session: Session, sub: str) -> bool:
    """Whether anybody, in any tenant, has this Cronofy account linked.

    Asked across tenants on purpose, and answered with nothing but yes or no: a
    revoke must not take the account from somebody else who shares the mailbox.
    """
    return (
        session.scalar(select(LinkedAccount.id).where(LinkedAccount.sub == sub).limit(1))
        is not None
    )


_CALENDARS = (
    select(LinkedCalendar)
    .where(LinkedCalendar.tenant_id == bindparam("of_tenant"))
    .where(LinkedCalendar.account_id.in_(bindparam("of_accounts", expanding=True)))
    .order_by(LinkedCalendar.is_primary.desc(), LinkedCalendar.name, LinkedCalendar.id)
)


def list_calendars(
    session: Session, tenant_id: str, account_ids: Sequence[str]
) -> list[LinkedCalendar]:
    """Return the calendars of some accounts: the primary one first, then by name."""
    given = {"of_tenant": tenant_id, "of_accounts": list(account_ids)}
    return list(session.scalars(_CALENDARS, given))


_CLAIM_RENEWAL = (
    update(LinkedAccount)
    .where(LinkedAccount.tenant_id == bindparam("of_tenant"))
    .where(LinkedAccount.id == bindparam("of_account"))
    .where(
        (LinkedAccount.renewal_until.is_(None)) | (LinkedAccount.renewal_until <= bindparam("now"))
    )
    .values(renewal_owner=bindparam("owner"), renewal_until=bindparam("until"))
    .returning(LinkedAccount.id)
)


def claim_renewal(
    session: Session, tenant_id: str, account_id: str, *, owner: str, until: datetime, now: datetime
) -> bool:
    """Claim the right to renew an account's tokens, and say whether the claim was won."""
    given = {"of_tenant": tenant_id, "of_account": account_id, "owner": owner}
    won = ask(session, _CLAIM_RENEWAL, {**given, "until": until, "now": now})
    return won.one_or_none() is not None


def delete_account(session: Session, tenant_id: str, account_id: str) -> None:
    """Forget an account, its tokens and its calendars."""
    session.execute(
        delete(LinkedAccount)
        .where(LinkedAccount.tenant_id == tenant_id)
        .where(LinkedAccount.id == account_id)
    )


def count_accounts(session: Session) -> dict[bool, int]:
    """Return how many accounts are connected and how many are not, over all tenants."""
    is_connected = LinkedAccount.disconnection.is_(None)
    rows = session.execute(select(is_connected, func.count()).group_by(is_connected))
    return {bool(connected): count for connected, count in rows}
