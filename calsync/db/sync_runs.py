"""Questions of the engine about its runs."""

from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from calsync.core.link import Side
from calsync.core.run import RunState, count_name
from calsync.db.models import LogEntry, Run
from calsync.db.questions import ask


def list_open_runs(session: Session, tenant_id: str, integration_id: str) -> list[Run]:
    """Return the runs that were asked for or begun and did not end, the oldest first."""
    return list(
        session.scalars(
            select(Run)
            .where(Run.tenant_id == tenant_id, Run.integration_id == integration_id)
            .where(Run.state.in_((RunState.WAITING, RunState.RUNNING)))
            .order_by(Run.began_at, Run.id)
        )
    )


_PROGRESS = (
    update(Run)
    .where(Run.tenant_id == bindparam("of_tenant"), Run.id == bindparam("of_run"))
    .values(done=bindparam("so_many"), total=bindparam("of_all"))
    .returning(Run.cancelled_at)
)


def note_progress(
    session: Session, tenant_id: str, run_id: str, *, done: int, total: int | None
) -> bool:
    """Note how far a run is; return whether the user asked for its end."""
    given = {"of_tenant": tenant_id, "of_run": run_id, "so_many": done, "of_all": total}
    return ask(session, _PROGRESS, given).scalar() is not None


def count_entries(session: Session, tenant_id: str, run_id: str) -> dict[str, int]:
    """Return what a run has written down so far, counted as its row counts it."""
    named = LogEntry.side, LogEntry.action, LogEntry.result
    rows = session.execute(
        select(*named, func.count())
        .where(LogEntry.tenant_id == tenant_id, LogEntry.run_id == run_id)
        .group_by(*named)
    )
    return {count_name(side, action, result): count for side, action, result, count in rows}


def sum_braked(
    session: Session, tenant_id: str, integration_id: str, since: datetime
) -> dict[Side, int]:
    """Return what the brake has counted in each direction since then."""
    rows = session.scalars(
        select(Run.counts)
        .where(Run.tenant_id == tenant_id, Run.integration_id == integration_id)
        .where(Run.began_at >= since)
    ).all()
    return {side: sum(counts.get(f"braked_{side.value}", 0) for counts in rows) for side in Side}


def list_entries_of(session: Session, tenant_id: str, run_id: str) -> list[LogEntry]:
    """Return everything that a run did or declined, in order."""
    return list(
        session.scalars(
            select(LogEntry)
            .where(LogEntry.tenant_id == tenant_id, LogEntry.run_id == run_id)
            .order_by(LogEntry.at, LogEntry.id)
        )
    )
