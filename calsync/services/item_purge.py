"""Emptying the bin: what was in it long enough is gone, whole."""

from datetime import datetime

from calsync.db.idempotency import forget_keys
from calsync.db.items import lock_item, map_assignees, remove_item
from calsync.db.log_entries import blank_of_others
from calsync.logs import Log
from calsync.services.idempotency import KEPT
from calsync.services.item_access import BIN_KEEPS
from calsync.services.tools import Tools

log = Log("calsync.items")


def purge_item(tools: Tools, tenant_id: str, item_id: str) -> datetime | None:
    """Remove an item whose time in the bin is over, with its history and all that it has.

    Returns when to come again, where it was put in the bin later than that; None where
    there is no more to be done.
    """
    with tools.db.begin() as session:
        item = lock_item(session, tenant_id, item_id)
        if item is None or item.deleted_at is None:
            return None
        ends_at = item.deleted_at + BIN_KEEPS
        if ends_at > tools.clock.now():
            return ends_at
        if item.is_private:
            # Once it is gone nobody can tell any more whose it was; the logs are kept longer.
            readers = map_assignees(session, tenant_id, [item_id])[item_id]
            blank_of_others(session, tenant_id, item_id, readers)
        remove_item(session, tenant_id, item_id)
        # What programs were answered when it was made stays there until they ask again.
        forget_keys(session, tenant_id, None, tools.clock.now() - KEPT)
    log.info("item purged", tenant_id=tenant_id, item_id=item_id)
    return None
