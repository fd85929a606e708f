"""Questions about feeds, and about what an imported file would meet."""

from collections.abc import Collection
from itertools import product

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calsync.db.models import Assignment, Feed, Item, User


def list_feeds(session: Session, tenant_id: str, user_id: str) -> list[Feed]:
    """Return a user's feeds, the oldest first."""
    return list(
        session.scalars(
            select(Feed)
            .where(Feed.tenant_id == tenant_id, Feed.user_id == user_id)
            .order_by(Feed.created_at, Feed.id)
        )
    )


def find_feed(session: Session, fingerprint: str) -> tuple[Feed, User] | None:
    """Return the feed whose secret has this fingerprint, and whose it is."""
    row = session.execute(
        select(Feed, User)
        .join(User, (User.tenant_id == Feed.tenant_id) & (User.id == Feed.user_id))
        .where(Feed.fingerprint == fingerprint)
    ).first()
    return (row[0], row[1]) if row else None


def delete_feed(session: Session, tenant_id: str, user_id: str, feed_id: str) -> bool:
    """Delete a user's feed; tell whether it was there."""
    gone = session.execute(
        delete(Feed)
        .where(Feed.tenant_id == tenant_id, Feed.user_id == user_id, Feed.id == feed_id)
        .returning(Feed.id)
    )
    return gone.first() is not None


def map_known_ids(
    session: Session, tenant_id: str, user_id: str, ids: Collection[str]
) -> dict[str, bool]:
    """Return which of these ids items of the tenant have, and whether they are the user's.

    Both our own ids count and those of somebody else's software; so do items in the bin.
    """
    wanted, found = sorted(ids), {}
    known = (
        select(Item.id, Item.external_id, Assignment.user_id)
        .outerjoin(
            Assignment,
            (Assignment.tenant_id == Item.tenant_id)
            & (Assignment.item_id == Item.id)
            & (Assignment.user_id == user_id),
        )
        .where(Item.tenant_id == tenant_id)
    )
    for start, column in product(range(0, len(wanted), 400), (Item.id, Item.external_id)):
        # Asked for either id at once, SQLite would read all items of the tenant.
        rows = session.execute(known.where(column.in_(wanted[start : start + 400])))
        for item_id, external_id, assigned_to in rows:
            for each in (item_id, external_id):
                if each is not None:
                    found[each] = assigned_to is not None
    return found
