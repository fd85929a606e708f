"""Questions about whom an item has left."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import Departure, Item


def put_departures(session: Session, item: Item, user_ids: Collection[str]) -> None:
    """Keep that an item has left these users with its present version."""
    wanted = select(Departure).where(
        Departure.tenant_id == item.tenant_id, Departure.item_id == item.id
    )
    present = {row.user_id: row for row in session.scalars(wanted)}
    for user_id in sorted(user_ids):
        row = present.get(user_id)
        if row is None:
            row = Departure(tenant_id=item.tenant_id, item_id=item.id, user_id=user_id)
            session.add(row)
        row.version, row.updated_at = item.version, item.updated_at


def forget_departures(
    session: Session, tenant_id: str, item_id: str, user_ids: Collection[str]
) -> None:
    """Keep no longer that an item has left these users."""
    session.execute(
        delete(Departure)
        .where(Departure.tenant_id == tenant_id, Departure.item_id == item_id)
        .where(Departure.user_id.in_(user_ids))
    )
