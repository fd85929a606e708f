"""Forgetting what syncs did long ago."""

from datetime import datetime, timedelta

from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.models import DueKind, Run
from calsync.db.runs import delete_runs_before, find_first_run_at
from calsync.logs import Log
from calsync.services.tools import Tools

#: How long what a sync did can be read.
LOG_KEEPS = timedelta(days=90)
#: Runs that are forgotten in one transaction.
_AT_ONCE = 200

log = Log("calsync.runs")


def plan_purge(session: Session, run: Run) -> None:
    """Have a run that has just begun forgotten once nobody can read it any more."""
    ids = run.tenant_id, DueKind.PURGE_LOG, run.integration_id
    if due_rows.find_due_at(session, *ids) is None:
        due_rows.wake(session, *ids, run.began_at + LOG_KEEPS)


def purge_log(tools: Tools, tenant_id: str, integration_id: str) -> datetime | None:
    """Forget the runs of an integration that are old enough, and what they logged.

    Returns when to come again, None where there is no run left.
    """
    before = tools.clock.now() - LOG_KEEPS
    with tools.db.begin() as session:
        number = delete_runs_before(session, tenant_id, integration_id, before, _AT_ONCE)
        first_at = find_first_run_at(session, tenant_id, integration_id)
    log.info("log purged", tenant_id=tenant_id, integration_id=integration_id, runs=number)
    if first_at is None:
        return None
    # One that never ended stays until it has; it is not looked for all the time.
    is_left = number < _AT_ONCE and first_at <= before
    return tools.clock.now() + timedelta(days=1) if is_left else first_at + LOG_KEEPS
