"""What every change of an integration does: lock it, stop it, wake it, note it."""

from datetime import datetime

from calsync.core.integration import Refusal
from calsync.db import due_rows
from calsync.db.accounts import lock_account
from calsync.db.channels import wake_keeper
from calsync.db.database import Session
from calsync.db.integrations import find_account_id, find_integration, lock_integration
from calsync.db.models import DueKind, Integration
from calsync.db.runs import end_open_runs
from calsync.db.subjects import hold_sync, hold_syncs_of_user
from calsync.errors import NotPossible, NotThere
from calsync.logs import Log
from calsync.services.tools import Who

log = Log("calsync.integrations")


def get_integration(session: Session, who: Who, integration_id: str) -> Integration:
    """Return a user's integration. Raises NotThere."""
    integration = find_integration(session, who.tenant_id, who.user_id, integration_id)
    if integration is None:
        raise NotThere
    return integration


def lock(session: Session, who: Who, integration_id: str) -> Integration:
    """Return a user's integration, locked. Raises NotThere."""
    hold_sync(session, who.tenant_id, integration_id)
    integration = lock_integration(session, who.tenant_id, who.user_id, integration_id)
    if integration is None:
        raise NotThere
    return integration


def lock_whole(session: Session, who: Who, integration_id: str, *accounts: str) -> Integration:
    """Return a user's integration, locked with all that a change of its calendar touches.

    That is its account and these, and all of the user's syncs, as a new integration holds
    them. In the order that everybody keeps: accounts, then syncs, then integrations.
    Raises NotThere.
    """
    present = find_account_id(session, who.tenant_id, integration_id)
    for account_id in sorted({*accounts, *([present] if present else [])}):
        lock_account(session, who.tenant_id, account_id)
    hold_syncs_of_user(session, who.tenant_id, who.user_id)
    return lock(session, who, integration_id)


def refuse_other_number(present: int, confirmed: int | None) -> None:
    """Refuse to delete another number of copies than the user has confirmed."""
    if present != confirmed:
        raise NotPossible(Refusal.NUMBER_CHANGED)


def stand_still(
    session: Session, integration: Integration, now: datetime, close_at: datetime
) -> None:
    """Plan no sync any more, and have one that is under way lose its claim.

    Its channel is closed at ``close_at``, if the integration still stands still then.
    """
    ids = integration.tenant_id, integration.id
    end_open_runs(session, *ids, error=Refusal.NOT_ACTIVE, now=now)
    due_rows.drop(session, integration.tenant_id, DueKind.SYNC, integration.id)
    wake_keeper(session, integration, close_at)


def wake_if_active(session: Session, integration: Integration, due_at: datetime) -> None:
    """Have it synced at ``due_at`` or before, if anything flows."""
    if integration.is_active and integration.account_id is not None:
        due_rows.wake(session, integration.tenant_id, DueKind.SYNC, integration.id, due_at)


def note(text: str, who: Who, integration_id: str, **more: object) -> None:
    """Log what was done to an integration."""
    log.info(
        text,
        tenant_id=who.tenant_id,
        user_id=who.user_id,
        integration_id=integration_id,
        **more,
    )
