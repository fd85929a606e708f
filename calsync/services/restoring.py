"""What is done with a database of earlier before anybody works with it again.

People and Cronofy went on since. What the calendars say is read again in full, and an entry
and its copy are known to each other by ids that stand in the calendar; so nothing is made
twice, and nothing is deleted that nobody deleted (docs/sync.md 6 and 12).
"""

from calsync.core.integration import POLL_EVERY
from calsync.db import due_rows, restored
from calsync.db.models import DueKind
from calsync.logs import Log
from calsync.services.attachment import note_absence
from calsync.services.tools import Tools

log = Log("calsync.restoring")


def prepare_restored(tools: Tools) -> int:
    """Have all calendars read in full, and return of how many integrations.

    Nothing that a process held is held any more, and everybody logs in again. Doing it twice
    does no harm.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        restored.forget_processes(session)
        restored.end_all_logins(session)
        restored.look_again(session, now)
        flowing = restored.list_flowing(session)
        for integration in flowing:
            # From the cursor on every change is told; the whole window besides heals the rest.
            integration.swept_at = None
            integration.poll_seconds = int(POLL_EVERY.total_seconds())
            note_absence(integration, now)
            due_rows.wake(session, integration.tenant_id, DueKind.SYNC, integration.id, now)
    log.info("database restored", integrations=len(flowing))
    return len(flowing)
