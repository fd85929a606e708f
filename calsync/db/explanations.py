"""Questions about what became of one item or event."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from calsync.db.models import Integration, JudgedEvent, LinkRow, LogEntry


def list_links_about(session: Session, tenant_id: str, user_id: str, what: str) -> list[LinkRow]:
    """Return a user's links of an item or an event, by any of its ids, the present ones first."""
    return list(
        session.scalars(
            select(LinkRow)
            .join(Integration, Integration.id == LinkRow.integration_id)
            .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
            .where(LinkRow.tenant_id == tenant_id)
            .where(
                or_(LinkRow.item_id == what, LinkRow.event_id == what, LinkRow.event_uid == what)
            )
            .order_by(LinkRow.is_present.desc(), LinkRow.key, LinkRow.generation.desc(), LinkRow.id)
        )
    )


def list_judgements(
    session: Session, tenant_id: str, user_id: str, event_uid: str
) -> list[JudgedEvent]:
    """Return why a user's integrations did not bring an event in."""
    return list(
        session.scalars(
            select(JudgedEvent)
            .join(Integration, Integration.id == JudgedEvent.integration_id)
            .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
            .where(JudgedEvent.tenant_id == tenant_id, JudgedEvent.event_uid == event_uid)
            .order_by(JudgedEvent.judged_at.desc(), JudgedEvent.integration_id)
        )
    )


def list_entries_about(
    session: Session,
    tenant_id: str,
    user_id: str,
    *,
    item_id: str,
    event_uids: Collection[str],
    link_ids: Collection[str],
    limit: int,
) -> list[LogEntry]:
    """Return what the user's runs did with an item, with events or links, the latest first."""
    is_about = or_(
        LogEntry.item_id == item_id,
        LogEntry.event_uid.in_(event_uids),
        LogEntry.link_id.in_(link_ids),
    )
    return list(
        session.scalars(
            select(LogEntry)
            .join(Integration, Integration.id == LogEntry.integration_id)
            .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
            .where(LogEntry.tenant_id == tenant_id, is_about)
            .order_by(LogEntry.at.desc(), LogEntry.id.desc())
            .limit(limit)
        )
    )
