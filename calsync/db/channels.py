"""Questions about channels of notifications, and whom a notification is for."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, or_, select, union, update
from sqlalchemy.orm import Session

from calsync.db import due_rows
from calsync.db.models import DueKind, Integration, LinkedAccount, PushChannel

#: Made once: a notification waits for it, and it is the widest there is.
_ADDRESSED = (
    select(PushChannel, Integration)
    .outerjoin(
        Integration,
        (Integration.tenant_id == PushChannel.tenant_id)
        & (Integration.id == PushChannel.integration_id),
    )
    .where(PushChannel.fingerprint == bindparam("fingerprint"))
)


def find_addressed(
    session: Session, fingerprint: str
) -> tuple[PushChannel, Integration | None] | None:
    """Return the channel with this token, and its integration as far as there still is one.

    Asked across tenants on purpose: the token is all that a notification names.
    """
    row = session.execute(_ADDRESSED, {"fingerprint": fingerprint}).one_or_none()
    return None if row is None else (row[0], row[1])


#: Made once: every sync asks for it.
_STANDING = (
    select(PushChannel)
    .where(PushChannel.tenant_id == bindparam("of_tenant"), PushChannel.closing_at.is_(None))
    .where(PushChannel.integration_id == bindparam("of_integration"))
)


def find_standing(session: Session, tenant_id: str, integration_id: str) -> PushChannel | None:
    """Return the channel that an integration is to hear by, open already or not."""
    given = {"of_tenant": tenant_id, "of_integration": integration_id}
    return session.scalar(_STANDING, given)


def lock_owner(session: Session, tenant_id: str, integration_id: str) -> Integration | None:
    """Return the integration of a channel as it is now, a deleted one too.

    Nobody else can change it until we commit.
    """
    return session.scalar(
        select(Integration)
        .where(Integration.tenant_id == tenant_id, Integration.id == integration_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def list_channels(session: Session, tenant_id: str, integration_id: str) -> list[PushChannel]:
    """Return every channel that an integration has or had until it is closed, locked."""
    return list(
        session.scalars(
            select(PushChannel)
            .where(PushChannel.tenant_id == tenant_id)
            .where(PushChannel.integration_id == integration_id)
            .order_by(PushChannel.opened_at, PushChannel.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def find_known(session: Session, fingerprints: Collection[str]) -> dict[str, bool]:
    """Return which of these tokens are ours, and of each whether its channel is to stand.

    Asked across tenants on purpose, and answered with nothing but that: users who share
    a mailbox see each other's channels in Cronofy's list, and must not close them.
    """
    rows = session.execute(
        select(PushChannel.fingerprint, PushChannel.closing_at.is_(None)).where(
            PushChannel.fingerprint.in_(fingerprints)
        )
    )
    return {fingerprint: bool(stands) for fingerprint, stands in rows}


def delete_closed(
    session: Session, tenant_id: str, integration_id: str, account_id: str, sub: str
) -> None:
    """Forget the channels of an integration that Cronofy has closed, or that nobody can close.

    They are those of one account, by its id or, once that is gone, by Cronofy's.
    """
    session.execute(
        delete(PushChannel)
        .where(PushChannel.tenant_id == tenant_id)
        .where(PushChannel.integration_id == integration_id)
        .where(or_(PushChannel.account_id == account_id, PushChannel.sub == sub))
        .where(PushChannel.closing_at.is_not(None))
    )


def keep_earliest_change(session: Session, integration: Integration, changed_at: datetime) -> None:
    """Remember from when on a read has to cover what a notification told of."""
    session.execute(
        update(Integration)
        .where(Integration.tenant_id == integration.tenant_id, Integration.id == integration.id)
        .where(or_(Integration.changes_since.is_(None), Integration.changes_since > changed_at))
        .values(changes_since=changed_at)
    )


def wake_keeper(session: Session, integration: Integration, due_at: datetime) -> None:
    """Have an integration's channel opened, checked or closed, as the integration then is."""
    due_rows.wake(session, integration.tenant_id, DueKind.KEEP_CHANNEL, integration.id, due_at)


def wake_for_unheard(session: Session, tenant_id: str, account_id: str, due_at: datetime) -> None:
    """Have a channel opened for each active integration of an account that has none there."""
    standing = (
        select(PushChannel.integration_id)
        .where(PushChannel.tenant_id == tenant_id, PushChannel.account_id == account_id)
        .where(PushChannel.closing_at.is_(None))
    )
    unheard = session.scalars(
        select(Integration)
        .where(Integration.tenant_id == tenant_id, Integration.account_id == account_id)
        .where(Integration.is_active, Integration.deleted_at.is_(None))
        .where(Integration.id.not_in(standing))
        .order_by(Integration.id)
    )
    for integration in unheard.all():
        wake_keeper(session, integration, due_at)


def wake_keepers(session: Session, tenant_id: str, account_id: str, due_at: datetime) -> None:
    """Have the channels of an account's integrations looked after."""
    ids = union(
        select(Integration.id)
        .where(Integration.tenant_id == tenant_id)
        .where(Integration.account_id == account_id),
        select(PushChannel.integration_id)
        .where(PushChannel.tenant_id == tenant_id)
        .where(PushChannel.account_id == account_id),
    )
    for integration_id in sorted(session.scalars(ids)):
        due_rows.wake(session, tenant_id, DueKind.KEEP_CHANNEL, integration_id, due_at)


def find_account_by_sub(session: Session, tenant_id: str, sub: str) -> LinkedAccount | None:
    """Return any account of the tenant that speaks for this Cronofy account."""
    return session.scalar(
        select(LinkedAccount)
        .where(LinkedAccount.tenant_id == tenant_id, LinkedAccount.sub == sub)
        .order_by(LinkedAccount.id)
        .limit(1)
    )


def count_channels(session: Session) -> dict[str, int]:
    """Return how many channels are proven, waiting or closing, over all tenants."""
    is_proven = PushChannel.verified_at.is_not(None) & PushChannel.listed_at.is_not(None)
    state = case(
        (PushChannel.closing_at.is_not(None), "closing"), (is_proven, "proven"), else_="waiting"
    )
    rows = session.execute(select(state, func.count()).group_by(state))
    return dict(rows.all())
