"""Questions about what is to be done later, and the claim that lets one worker do it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Row,
    String,
    bindparam,
    case,
    delete,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from calsync.db.models import DueKind, DueRow
from calsync.db.questions import ask


@dataclass(frozen=True)
class Claim:
    """The right to do one due piece of work, until its lease ends or somebody else claims it."""

    id: str
    tenant_id: str
    kind: DueKind
    subject_id: str
    owner: str
    fence: int
    wakes: int
    attempts: int
    claimed_at: datetime


# What is asked with every look and every commit is put together once.
_DUE: BindParameter[datetime] = bindparam("due", type_=DueRow.__table__.c.due_at.type)
_WAKE = (
    update(DueRow)
    .where(DueRow.tenant_id == bindparam("of_tenant"), DueRow.kind == bindparam("of_kind"))
    .where(DueRow.subject_id == bindparam("of_subject"))
    .values(due_at=case((DueRow.due_at < _DUE, DueRow.due_at), else_=_DUE), wakes=DueRow.wakes + 1)
    .returning(DueRow.id)
    .execution_options(synchronize_session=False)
)


def wake(
    session: Session, tenant_id: str, kind: DueKind, subject_id: str, due_at: datetime
) -> None:
    """Have the work done at ``due_at`` or before, whether or not it was planned already."""
    woken = ask(
        session,
        _WAKE,
        {
            "of_tenant": tenant_id,
            "of_kind": kind,
            "of_subject": subject_id,
            "due": due_at,
        },
    )
    if woken.one_or_none() is None:
        session.add(DueRow(tenant_id=tenant_id, kind=kind, subject_id=subject_id, due_at=due_at))
        session.flush()


def is_waiting(
    session: Session, tenant_id: str, kind: DueKind, subject_id: str, due_at: datetime
) -> bool:
    """Whether the work is due at ``due_at`` or before, and nobody has begun it."""
    return (
        session.scalar(
            select(DueRow.id)
            .where(DueRow.tenant_id == tenant_id, DueRow.kind == kind)
            .where(DueRow.subject_id == subject_id)
            .where(DueRow.due_at <= due_at, DueRow.lease_owner.is_(None))
        )
        is not None
    )


def find_due_at(
    session: Session, tenant_id: str, kind: DueKind, subject_id: str
) -> datetime | None:
    """Return when the work is due, None where it is not planned."""
    return session.scalar(
        select(DueRow.due_at)
        .where(DueRow.tenant_id == tenant_id, DueRow.kind == kind)
        .where(DueRow.subject_id == subject_id)
    )


_NOW: BindParameter[datetime] = bindparam("now")
#: Work of another kind is of a newer version, and waits for it: nobody here can do it. Said of
#: an expression, so that no index of kinds is taken for it: the index of times gives the order.
_IS_KNOWN = (type_coerce(DueRow.kind, String) + "").in_([kind.value for kind in DueKind])
_IS_FREE = (DueRow.lease_until.is_(None)) | (DueRow.lease_until <= _NOW)
_LIST_DUE = (
    select(DueRow.id)
    .where(DueRow.due_at <= _NOW, _IS_FREE, _IS_KNOWN)
    .order_by(DueRow.due_at, DueRow.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(DueRow)
    .where(DueRow.id.in_(bindparam("ids", expanding=True)), _IS_FREE)
    .values(
        lease_owner=bindparam("of_owner"),
        lease_until=bindparam("until"),
        fence=DueRow.fence + 1,
        attempts=DueRow.attempts + 1,
    )
    .returning(DueRow)
    .execution_options(synchronize_session=False)
)


def claim_due(
    session: Session, *, owner: str, now: datetime, until: datetime, limit: int
) -> list[Claim]:
    """Claim up to ``limit`` pieces of work that are due, the most overdue first.

    Asked across tenants on purpose: the loop serves them all. Each row is taken
    by a conditional update, whose row count tells who won.
    """
    candidates = ask(session, _LIST_DUE, {"now": now, "most": limit}).scalars().all()
    if not candidates:
        return []
    taken = {"now": now, "ids": candidates, "of_owner": owner, "until": until}
    rows = ask(session, _CLAIM, taken).all()
    return [_claim_of(row, owner, now) for row in sorted(rows, key=lambda r: (r.due_at, r.id))]


def claim_one(
    session: Session,
    tenant_id: str,
    kind: DueKind,
    subject_id: str,
    *,
    owner: str,
    now: datetime,
    until: datetime,
) -> Claim | None:
    """Claim one piece of work, due or not; None where it is another's or was not planned."""
    row = session.scalar(
        update(DueRow)
        .where(DueRow.tenant_id == tenant_id, DueRow.kind == kind)
        .where(DueRow.subject_id == subject_id)
        .where((DueRow.lease_until.is_(None)) | (DueRow.lease_until <= now))
        .values(
            lease_owner=owner,
            lease_until=until,
            fence=DueRow.fence + 1,
            attempts=DueRow.attempts + 1,
        )
        .returning(DueRow)
        .execution_options(synchronize_session=False)
    )
    return _claim_of(row, owner, now) if row else None


def _claim_of(row: DueRow | Row[Any], owner: str, now: datetime) -> Claim:
    return Claim(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        subject_id=row.subject_id,
        owner=owner,
        fence=row.fence,
        wakes=row.wakes,
        attempts=row.attempts,
        claimed_at=now,
    )


def is_ours(session: Session, claim: Claim) -> bool:
    """Whether nobody took the work over since ``claim`` was made."""
    return (
        session.scalar(
            select(DueRow.id)
            .where(DueRow.tenant_id == claim.tenant_id, DueRow.id == claim.id)
            .where(DueRow.fence == claim.fence, DueRow.lease_owner == claim.owner)
        )
        is not None
    )


def is_untouched(session: Session, claim: Claim) -> bool:
    """Whether nobody has asked for the work since ``claim`` was made."""
    given = {"of_tenant": claim.tenant_id, "of_row": claim.id}
    return bool(ask(session, _WAKES, given).scalar() == claim.wakes)


_WAKES = select(DueRow.wakes).where(
    DueRow.tenant_id == bindparam("of_tenant"), DueRow.id == bindparam("of_row")
)
_EXTEND = (
    update(DueRow)
    .where(DueRow.tenant_id == bindparam("of_tenant"), DueRow.id == bindparam("of_row"))
    .where(DueRow.fence == bindparam("of_fence"), DueRow.lease_owner == bindparam("of_owner"))
    .where(DueRow.lease_until > bindparam("now"))
    .values(lease_until=bindparam("until"))
    .returning(DueRow.id)
    .execution_options(synchronize_session=False)
)


def extend(session: Session, claim: Claim, now: datetime, until: datetime) -> bool:
    """Keep the work for longer, and say whether it is still ours.

    It is not once its time is over, though nobody else took it: what a process knew before it
    stood still for so long is too old to act on. The row stays as it is for everybody else
    until we commit.
    """
    kept = ask(
        session,
        _EXTEND,
        {
            "of_tenant": claim.tenant_id,
            "of_row": claim.id,
            "of_fence": claim.fence,
            "of_owner": claim.owner,
            "now": now,
            "until": until,
        },
    )
    return kept.one_or_none() is not None


_ERROR: BindParameter[str | None] = bindparam("error", type_=DueRow.__table__.c.last_error.type)
_RELEASE = (
    update(DueRow)
    .where(DueRow.tenant_id == bindparam("of_tenant"), DueRow.id == bindparam("of_row"))
    .where(DueRow.fence == bindparam("of_fence"), DueRow.lease_owner == bindparam("of_owner"))
    .values(
        due_at=case((DueRow.wakes == bindparam("of_wakes"), _DUE), else_=DueRow.due_at),
        lease_owner=None,
        lease_until=None,
        last_error=_ERROR,
        attempts=case((_ERROR.is_(None), 0), else_=DueRow.attempts),
    )
    .returning(DueRow.id)
    .execution_options(synchronize_session=False)
)


def release(session: Session, claim: Claim, *, due_at: datetime, error: str | None = None) -> bool:
    """Give the work back, to be done again at ``due_at``; say whether it was still ours.

    Where it was asked for while we worked, it stays due as asked.
    """
    released = ask(
        session,
        _RELEASE,
        {
            "of_tenant": claim.tenant_id,
            "of_row": claim.id,
            "of_fence": claim.fence,
            "of_owner": claim.owner,
            "of_wakes": claim.wakes,
            "due": due_at,
            "error": error,
        },
    )
    return released.one_or_none() is not None


def finish(session: Session, claim: Claim) -> bool:
    """Remove work that is done for good; say whether it was.

    Where it was asked for again meanwhile it is given back, due as asked.
    """
    done = session.execute(
        delete(DueRow)
        .where(DueRow.tenant_id == claim.tenant_id, DueRow.id == claim.id)
        .where(DueRow.fence == claim.fence, DueRow.wakes == claim.wakes)
        .returning(DueRow.id)
        .execution_options(synchronize_session=False)
    )
    if done.one_or_none() is not None:
        return True
    release(session, claim, due_at=claim.claimed_at)
    return False


def give_back(session: Session, owner: str) -> None:
    """End every lease of ``owner`` at once, as a process does that stops."""
    session.execute(
        update(DueRow).where(DueRow.lease_owner == owner).values(lease_owner=None, lease_until=None)
    )


def drop(session: Session, tenant_id: str, kind: DueKind, subject_id: str) -> None:
    """Plan this work no longer."""
    session.execute(
        delete(DueRow)
        .where(DueRow.tenant_id == tenant_id, DueRow.kind == kind)
        .where(DueRow.subject_id == subject_id)
    )


def count_due(session: Session) -> dict[DueKind, int]:
    """Return how many pieces of work of each kind are planned or running."""
    query = select(DueRow.kind, func.count()).where(_IS_KNOWN)
    rows = session.execute(query.group_by(DueRow.kind))
    return dict(rows.all())


def find_oldest_due(session: Session, now: datetime) -> datetime | None:
    """Return since when the most overdue work has been due."""
    return session.scalar(select(func.min(DueRow.due_at)).where(DueRow.due_at <= now, _IS_KNOWN))
