"""Questions about events that were not brought in, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import JudgedEvent


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why an event was not brought in; ``likeness`` where an entry may be the same as it."""

    uid: str
    reason: str
    likeness: str | None = None
    #: The event's ``updated``.
    shown_at: datetime | None = None


def map_judged(
    session: Session, tenant_id: str, integration_id: str, uids: Collection[str]
) -> dict[str, Judgement]:
    """Return what was made of these events before, by their uids."""
    judged = JudgedEvent
    rows = session.execute(
        select(judged.event_uid, judged.reason, judged.likeness, judged.shown_at)
        .where(JudgedEvent.tenant_id == tenant_id)
        .where(JudgedEvent.integration_id == integration_id, JudgedEvent.event_uid.in_(uids))
    )
    return {row.event_uid: Judgement(*row) for row in rows}


def note_judged(
    session: Session,
    tenant_id: str,
    integration_id: str,
    judgements: Sequence[Judgement],
    now: datetime,
) -> None:
    """Remember why events were not brought in, and what they look like."""
    known = {
        row.event_uid: row
        for row in session.scalars(
            select(JudgedEvent)
            .where(JudgedEvent.tenant_id == tenant_id)
            .where(JudgedEvent.integration_id == integration_id)
            .where(JudgedEvent.event_uid.in_([each.uid for each in judgements]))
        )
    }
    for each in judgements:
        row = known.get(each.uid)
        if row is None:
            row = known[each.uid] = JudgedEvent(
                tenant_id=tenant_id, integration_id=integration_id, event_uid=each.uid
            )
            session.add(row)
        if row.reason != each.reason:
            row.reason, row.judged_at = each.reason, now
        row.likeness, row.shown_at = each.likeness, each.shown_at


def forget_judged(
    session: Session, tenant_id: str, integration_id: str, uids: Collection[str]
) -> None:
    """Forget why events were not brought in: they are linked now."""
    session.execute(
        delete(JudgedEvent)
        .where(JudgedEvent.tenant_id == tenant_id)
        .where(JudgedEvent.integration_id == integration_id, JudgedEvent.event_uid.in_(uids))
    )


def find_likenesses(
    session: Session, tenant_id: str, integration_id: str, likenesses: Collection[str]
) -> set[str]:
    """Return which of these an event had that was not brought in, when it was last read."""
    return set(
        session.scalars(
            select(JudgedEvent.likeness)
            .where(JudgedEvent.tenant_id == tenant_id)
            .where(JudgedEvent.integration_id == integration_id)
            .where(JudgedEvent.likeness.in_(likenesses))
            .distinct()
        )
    )
