"""Questions about where an item came from and where it goes, for one user."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from calsync.db.models import Integration, ItemLook, LinkRow, LogEntry

#: Entries of the log that are looked through for when an item was synced last, and why not.
_MOST_ENTRIES = 200


def list_present_links(
    session: Session, tenant_id: str, user_id: str, item_id: str, key: str | None
) -> list[tuple[LinkRow, Integration]]:
    """Return a user's present links of an item or of one occurrence, each with its integration.

    Those of deleted integrations too: the item may have come from there.
    """
    query = (
        select(LinkRow, Integration)
        .join(Integration, Integration.id == LinkRow.integration_id)
        .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
        .where(LinkRow.tenant_id == tenant_id, LinkRow.item_id == item_id)
        .where(LinkRow.is_present == true())
        .order_by(Integration.calendar_name, Integration.id, LinkRow.key)
    )
    if key is not None:
        query = query.where(LinkRow.key == key)
    return [(link, integration) for link, integration in session.execute(query)]


def list_entries_of_item(
    session: Session, tenant_id: str, item_id: str, integration_ids: Collection[str]
) -> list[LogEntry]:
    """Return what these integrations' runs did or declined with an item, the latest first."""
    query = select(LogEntry).where(LogEntry.tenant_id == tenant_id, LogEntry.item_id == item_id)
    query = query.where(LogEntry.integration_id.in_(integration_ids))
    latest = query.order_by(LogEntry.at.desc(), LogEntry.id.desc())
    return list(session.scalars(latest.limit(_MOST_ENTRIES)))


def list_waiting(
    session: Session, tenant_id: str, item_id: str, integration_ids: Collection[str]
) -> set[str]:
    """Return those of these integrations that are still to look at an item."""
    query = select(ItemLook.integration_id).where(ItemLook.tenant_id == tenant_id)
    query = query.where(ItemLook.item_id == item_id)
    return set(session.scalars(query.where(ItemLook.integration_id.in_(integration_ids))))


def map_sources(
    session: Session, tenant_id: str, user_id: str, item_ids: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return for each item that came from a linked calendar of the user's its service and name."""
    rows = session.execute(
        select(LinkRow.item_id, Integration.service, Integration.calendar_name)
        .join(Integration, Integration.id == LinkRow.integration_id)
        .where(Integration.tenant_id == tenant_id, Integration.user_id == user_id)
        .where(LinkRow.tenant_id == tenant_id, LinkRow.item_id.in_(item_ids))
        .where(LinkRow.is_present == true(), LinkRow.is_source == true())
    )
    return {item_id: (service, name) for item_id, service, name in rows}
