"""The end of an integration, and of what nothing else needs."""

from dataclasses import dataclass

from calsync.core.integration import Copies, Stop
from calsync.db import due_rows, integrations
from calsync.db.accounts import find_account, lock_account
from calsync.db.database import Session
from calsync.db.drafts import drop_edits
from calsync.db.integrations import (
    find_account_id,
    list_account_ids,
    list_integrations_of_account,
    lock_integration_of_tenant,
)
from calsync.db.models import DueKind, Integration, LinkedAccount
from calsync.db.parking import count_all_copies, count_brought, park_all
from calsync.db.subjects import hold_sync
from calsync.errors import NotThere
from calsync.services.accounts import forget_account
from calsync.services.attachment import end_integration
from calsync.services.integration_state import (
    get_integration,
    note,
    refuse_other_number,
    stand_still,
)
from calsync.services.tools import Tools, Who


@dataclass(frozen=True)
class Ending:
    """What deleting an integration leaves and takes.

    ``copies`` of ours may stand there, and ``brought`` items came from there. Where they
    cannot be removed the copies stay. ``is_last`` where our access to the account ends.
    """

    copies: int
    brought: int
    can_remove: bool
    is_last: bool


def foresee_ending(tools: Tools, who: Who, integration_id: str) -> Ending:
    """Return what deleting an integration would leave and take. Raises NotThere."""
    ids = who.tenant_id, integration_id
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        account_id = integration.account_id
        account = find_account(session, who.tenant_id, who.user_id, account_id or "")
        sharing = list_account_ids(session, who.tenant_id, who.user_id).count(account_id)
        return Ending(
            copies=count_all_copies(session, *ids),
            brought=count_brought(session, *ids),
            can_remove=_can_remove(account, integration),
            is_last=account is not None and sharing == 1,
        )


def was_deleted(tools: Tools, who: Who, integration_id: str) -> bool:
    """Tell whether the user had this integration, and has it no more."""
    with tools.db.read() as session:
        return integrations.is_deleted(session, who.tenant_id, who.user_id, integration_id)


def delete_integration(
    tools: Tools,
    who: Who,
    integration_id: str,
    *,
    copies: Copies = Copies.STAY,
    confirmed: int | None = None,
) -> Copies:
    """End an integration for good, also on a dead account, and return what our copies do.

    Nothing flows from now on. Copies that go are the number that the user has
    ``confirmed``; a sync deletes them and ends the rest then. On a dead account, or with
    the calendar gone, they stay, whatever was asked. With the account's last integration
    our access to it ends. What is known of the calendar's events is kept for the case that
    it is linked again. Raises NotThere, and NotPossible with a Refusal.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        account, integration = _lock_with_account(session, who, integration_id)
        goes = copies is Copies.GO and _can_remove(account, integration)
        if copies is Copies.GO:
            refuse_other_number(count_all_copies(session, who.tenant_id, integration.id), confirmed)
        goes = goes and bool(confirmed)
        stand_still(session, integration, now, now)
        integration.is_active, integration.deleted_at = False, now
        integration.options, integration.kinds_since = {}, {}
        integration.version += 1
        drop_edits(session, who.tenant_id, integration.id)
        park_all(session, who.tenant_id, integration.id, goes=goes)
        if goes:
            due_rows.wake(session, who.tenant_id, DueKind.SYNC, integration.id, now)
        else:
            _end(tools, session, account, integration)
    tools.wake()
    note("integration deleted", who, integration_id)
    return Copies.GO if goes else Copies.STAY


def finish_deletion(tools: Tools, tenant_id: str, integration_id: str) -> None:
    """End what is left of a deleted integration, once its copies are gone or cannot be had.

    Harmless where it was ended, or linked again, meanwhile.
    """
    with tools.db.begin() as session:
        account, integration = _lock_both(session, tenant_id, integration_id)
        if integration is None or integration.deleted_at is None:
            return
        _end(tools, session, account, integration)
    tools.wake()


def _can_remove(account: LinkedAccount | None, integration: Integration) -> bool:
    """Tell whether copies can be deleted there, as far as we know."""
    is_dead = account is None or account.disconnection is not None
    return not is_dead and integration.stop is not Stop.CALENDAR_GONE


def _lock_with_account(
    session: Session, who: Who, integration_id: str
) -> tuple[LinkedAccount | None, Integration]:
    get_integration(session, who, integration_id)
    account, integration = _lock_both(session, who.tenant_id, integration_id)
    if integration is None or integration.deleted_at is not None:
        raise NotThere
    return account, integration


def _lock_both(
    session: Session, tenant_id: str, integration_id: str
) -> tuple[LinkedAccount | None, Integration | None]:
    """Return an integration and its account, locked in the order that everybody keeps."""
    account_id = find_account_id(session, tenant_id, integration_id)
    account = lock_account(session, tenant_id, account_id) if account_id else None
    hold_sync(session, tenant_id, integration_id)
    return account, lock_integration_of_tenant(session, tenant_id, integration_id)


def _end(
    tools: Tools, session: Session, account: LinkedAccount | None, integration: Integration
) -> None:
    """Let go of a deleted integration's account, for good if nothing else needs it."""
    end_integration(session, integration)
    session.flush()
    if account is None:
        return
    if not list_integrations_of_account(session, account.tenant_id, account.id):
        forget_account(tools, session, account)
