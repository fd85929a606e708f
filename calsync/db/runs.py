"""Questions about runs."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from calsync.core.run import RunState, Trigger
from calsync.db.models import Integration, Run
from calsync.db.positions import Position
from calsync.ids import new_id


def new_run(tenant_id: str, integration_id: str, now: datetime) -> Run:
    """Return the row of a manual sync that waits."""
    return Run(
        id=new_id(),
        tenant_id=tenant_id,
        integration_id=integration_id,
        trigger=Trigger.MANUAL,
        state=RunState.WAITING,
        bulk={},
        confirmed={},
        counts={},
        began_at=now,
    )


def find_run(session: Session, tenant_id: str, user_id: str, run_id: str) -> Run | None:
    """Return a run of one of the user's integrations, unless that was deleted."""
    return session.scalar(
        select(Run)
        .join(Integration, Integration.id == Run.integration_id)
        .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
        .where(Integration.deleted_at.is_(None))
        .where(Run.tenant_id == tenant_id, Run.id == run_id)
    )


def find_run_in_state(
    session: Session, tenant_id: str, integration_id: str, state: RunState
) -> Run | None:
    """Return the run of an integration that waits, or that is under way."""
    query = _of_integration(tenant_id, integration_id).where(Run.state == state)
    return session.scalar(query.order_by(Run.began_at, Run.id).limit(1))


def list_open_runs(session: Session, tenant_id: str, integration_ids: Collection[str]) -> list[Run]:
    """Return the runs of integrations that wait or are under way."""
    return list(
        session.scalars(
            select(Run)
            .where(Run.tenant_id == tenant_id, Run.integration_id.in_(integration_ids))
            .where(Run.state.in_((RunState.WAITING, RunState.RUNNING)))
            .order_by(Run.began_at, Run.id)
        )
    )


def list_last_runs(session: Session, tenant_id: str, integration_ids: Collection[str]) -> list[Run]:
    """Return the last run of each integration that reached an end."""
    has_ended = _LATER.ended_at.is_not(None)
    return _list_latest(session, tenant_id, integration_ids, has_ended)


def list_last_syncs(
    session: Session, tenant_id: str, integration_ids: Collection[str]
) -> list[Run]:
    """Return the run of each integration that was the last to sync any item."""
    is_that = _LATER.ended_at == Integration.synced_at
    return _list_latest(session, tenant_id, integration_ids, is_that)


def list_runs(
    session: Session,
    tenant_id: str,
    integration_id: str,
    *,
    triggers: Collection[Trigger] | None,
    before: Position | None,
    limit: int,
) -> list[Run]:
    """Return the runs of an integration, the latest first."""
    query = _of_integration(tenant_id, integration_id)
    if triggers is not None:
        query = query.where(Run.trigger.in_(triggers))
    if before is not None:
        query = query.where(tuple_(Run.began_at, Run.id) < before)
    return list(session.scalars(query.order_by(Run.began_at.desc(), Run.id.desc()).limit(limit)))


def has_ended_since(
    session: Session, tenant_id: str, integration_id: str, moment: datetime
) -> bool:
    """Tell whether a run of an integration has ended after that moment."""
    query = _of_integration(tenant_id, integration_id).where(Run.ended_at > moment)
    return session.scalar(select(query.exists())) is True


def end_open_runs(
    session: Session, tenant_id: str, integration_id: str, *, error: str, now: datetime
) -> None:
    """End the runs that nobody carries out any more, for the reason that ``error`` is the code of.

    One that waits never begins. One that is under way has lost its claim, or died.
    """
    session.execute(
        update(Run)
        .where(Run.tenant_id == tenant_id, Run.integration_id == integration_id)
        .where(Run.state.in_((RunState.WAITING, RunState.RUNNING)))
        .values(state=RunState.STOPPED, error=error, ended_at=now)
    )


#: A run as it is compared with the others of its integration.
_LATER = aliased(Run)


def _list_latest(
    session: Session,
    tenant_id: str,
    integration_ids: Collection[str],
    wanted: ColumnElement[bool],
) -> list[Run]:
    """Return of each integration the latest run that is wanted, however many there are."""
    latest = (
        select(_LATER.id)
        .where(_LATER.tenant_id == tenant_id, _LATER.integration_id == Integration.id, wanted)
        .order_by(_LATER.began_at.desc(), _LATER.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    of_each = select(latest).where(Integration.tenant_id == tenant_id)
    of_each = of_each.where(Integration.id.in_(integration_ids))
    return list(session.scalars(select(Run).where(Run.tenant_id == tenant_id, Run.id.in_(of_each))))


def _of_integration(tenant_id: str, integration_id: str) -> Select[Run]:
    return select(Run).where(Run.tenant_id == tenant_id, Run.integration_id == integration_id)


def list_runs_of(session: Session, tenant_id: str, run_ids: Collection[str]) -> list[Run]:
    """Return some runs by their ids."""
    return list(session.scalars(select(Run).where(Run.tenant_id == tenant_id, Run.id.in_(run_ids))))


def find_first_run_at(session: Session, tenant_id: str, integration_id: str) -> datetime | None:
    """Return when the oldest run that is known of an integration began."""
    return session.scalar(
        select(func.min(Run.began_at)).where(
            Run.tenant_id == tenant_id, Run.integration_id == integration_id
        )
    )


def delete_runs_before(
    session: Session, tenant_id: str, integration_id: str, moment: datetime, limit: int
) -> int:
    """Forget the oldest runs that began before then and have ended, with all that they logged."""
    ids = session.scalars(
        select(Run.id)
        .where(Run.tenant_id == tenant_id, Run.integration_id == integration_id)
        .where(Run.began_at < moment, Run.ended_at.is_not(None))
        .order_by(Run.began_at, Run.id)
        .limit(limit)
    ).all()
    session.execute(delete(Run).where(Run.tenant_id == tenant_id, Run.id.in_(ids)))
    return len(ids)
