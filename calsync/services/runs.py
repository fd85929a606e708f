"""Asking for a sync, and reading what syncs have done."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from calsync.core.integration import find_refusal
from calsync.core.link import Side
from calsync.core.options import Options, load_options
from calsync.core.run import CANCELLED, RunState, Trigger
from calsync.db import due_rows, log_entries, runs
from calsync.db.accounts import find_account
from calsync.db.database import Session
from calsync.db.log_entries import LogFilter
from calsync.db.models import DueKind, Integration, Run
from calsync.db.positions import Position
from calsync.errors import NotPossible, NotThere
from calsync.logs import Log
from calsync.services.integration_state import get_integration, lock
from calsync.services.log_purge import plan_purge
from calsync.services.log_views import LogView, view_entries
from calsync.services.tools import Tools, Who

__all__ = [
    "LogFilter",
    "cancel_run",
    "get_run",
    "list_log",
    "list_runs",
    "request_sync",
]

log = Log("calsync.runs")


def request_sync(
    tools: Tools,
    who: Who,
    integration_id: str,
    *,
    bulk: bool,
    confirmed: Mapping[Side, int] | None = None,
) -> str:
    """Have an integration synced now, and return the id of the run that will do it.

    With ``bulk`` it also retrieves and sends what the options say. So many deletions as
    the user has ``confirmed`` in a direction pass the brake in that run. A run that waits
    already does it: one waits and one is under way at most. Raises NotThere, and
    NotPossible with a Refusal where the integration is not active or not connected.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        _refuse_standing(session, who, integration)
        wanted = _list_bulk(load_options(integration.options)) if bulk else {}
        ids = who.tenant_id, integration.id
        run = runs.find_run_in_state(session, *ids, RunState.WAITING)
        if run is None:
            run = runs.new_run(who.tenant_id, integration.id, now)
            session.add(run)
            plan_purge(session, run)
        run.bulk = {**run.bulk, **wanted}
        # What the page has shown last counts.
        numbers = {side.value: number for side, number in (confirmed or {}).items()}
        run.confirmed = {**run.confirmed, **numbers}
        due_rows.wake(session, who.tenant_id, DueKind.SYNC, integration.id, now)
        run_id = run.id
    tools.wake()
    log.info("sync requested", tenant_id=who.tenant_id, integration_id=integration_id)
    return run_id


def cancel_run(tools: Tools, who: Who, run_id: str) -> None:
    """Have a sync end before its end: what is in hand is finished, and what was done stays.

    Harmless where it has ended. Raises NotThere.
    """
    now = tools.clock.now()
    integration_id = get_run(tools, who, run_id).integration_id
    with tools.db.begin() as session:
        lock(session, who, integration_id)
        run = runs.find_run(session, who.tenant_id, who.user_id, run_id)
        if run is None:
            raise NotThere
        if run.state is RunState.WAITING:
            run.state, run.error, run.ended_at = RunState.STOPPED, CANCELLED, now
        elif run.state is RunState.RUNNING:
            run.cancelled_at = run.cancelled_at or now
    log.info("sync cancelled", tenant_id=who.tenant_id, run_id=run_id)


def get_run(tools: Tools, who: Who, run_id: str) -> Run:
    """Return a run of one of the user's integrations. Raises NotThere."""
    with tools.db.read() as session:
        run = runs.find_run(session, who.tenant_id, who.user_id, run_id)
    if run is None:
        raise NotThere
    return run


def list_runs(
    tools: Tools,
    who: Who,
    integration_id: str,
    *,
    triggers: Collection[Trigger] | None = None,
    before: Position | None = None,
    limit: int = 50,
) -> tuple[list[Run], bool]:
    """Return an integration's runs, the latest first, and whether more follow.

    Raises NotThere.
    """
    with tools.db.read() as session:
        get_integration(session, who, integration_id)
        found = runs.list_runs(
            session,
            who.tenant_id,
            integration_id,
            triggers=triggers,
            before=before,
            limit=limit + 1,
        )
    return found[:limit], len(found) > limit


def list_log(
    tools: Tools,
    who: Who,
    integration_id: str,
    wanted: LogFilter | None = None,
    *,
    before: Position | None = None,
    limit: int = 50,
) -> tuple[tuple[LogView, ...], bool]:
    """Return what an integration's runs did or declined, the latest first, and whether more follow.

    As its user may read it now. Raises NotThere.
    """
    wanted = replace(wanted or LogFilter(), reader=who.user_id)
    with tools.db.read() as session:
        get_integration(session, who, integration_id)
        ids = who.tenant_id, integration_id
        found = log_entries.list_log(session, *ids, wanted, before=before, limit=limit + 1)
        return view_entries(session, who, found[:limit]), len(found) > limit


def _list_bulk(options: Options) -> dict[str, bool]:
    """Return which bulk parts a manual sync has."""
    parts = {"retrieve": options.retrieves, "send": options.sends}
    return {name: True for name, is_on in parts.items() if is_on}


def _refuse_standing(session: Session, who: Who, integration: Integration) -> None:
    account_id = integration.account_id or ""
    account = find_account(session, who.tenant_id, who.user_id, account_id)
    refusal = find_refusal(
        integration.stop,
        is_active=integration.is_active,
        is_connected=account is not None and account.disconnection is None,
    )
    if refusal is not None:
        raise NotPossible(refusal)
