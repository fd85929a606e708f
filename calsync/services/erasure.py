"""Forgetting what was read from a mailbox whose owner asked Cronofy for that."""

from calsync.db import due_rows
from calsync.db.accounts import find_account_of_tenant, lock_account
from calsync.db.database import Session
from calsync.db.drafts import drop_of_mailbox
from calsync.db.erasure import erase_integration, list_integration_ids
from calsync.db.models import DueKind
from calsync.logs import Log
from calsync.services.accounts import forget_account
from calsync.services.tools import Tools

log = Log("calsync.erasure")


def erase_account(tools: Tools, tenant_id: str, account_id: str) -> None:
    """Disconnect an account and forget its integrations with all that they know and logged.

    My Calendar keeps its items, those brought in too: they are the tenant's own records.
    May be repeated; what is gone stays gone.
    """
    with tools.db.read() as session:
        known = find_account_of_tenant(session, tenant_id, account_id)
        if known is None:
            return
        integration_ids = list_integration_ids(session, known)
    # One at a time, so that nobody waits for a database that deletes a lot; the account
    # goes last, as it is what they are found by.
    for integration_id in integration_ids:
        with tools.db.begin() as session:
            _erase(session, tenant_id, integration_id)
    with tools.db.begin() as session:
        account = lock_account(session, tenant_id, account_id)
        if account is None:
            return
        # Those that were made meanwhile; nobody makes one while the account is locked.
        for integration_id in list_integration_ids(session, account):
            _erase(session, tenant_id, integration_id)
        drop_of_mailbox(session, account)
        forget_account(tools, session, account)
    tools.wake()
    log.warning(
        "account erased",
        tenant_id=tenant_id,
        account_id=account_id,
        user_id=account.user_id,
        integrations=len(integration_ids),
    )


def _erase(session: Session, tenant_id: str, integration_id: str) -> None:
    # Its due row first, as every commit of a sync has it.
    due_rows.drop(session, tenant_id, DueKind.SYNC, integration_id)
    erase_integration(session, tenant_id, integration_id)
