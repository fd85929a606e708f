"""Questions about links, and what is to be looked at.

Flags are compared with ``== true()``: what ``is_(True)`` makes, ``IS 1``, misses the partial
indexes of SQLite.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import product

from sqlalchemy import Select, delete, false, func, or_, select, true
from sqlalchemy.orm import Session

from calsync.core.holds import held_as
from calsync.core.link import Act, Link, LinkState, Origin
from calsync.core.link_record import dump_link, load_link
from calsync.db.models import ItemLook, LinkRow

#: Items that are asked for in one question.
_AT_ONCE = 500


def link_of(row: LinkRow) -> Link:
    """Return the core's value of a link."""
    return load_link(row.origin, row.state, row.record)


def put_link(row: LinkRow, link: Link) -> None:
    """Write the core's value into a row."""
    record = dump_link(link)
    if row.record != record:
        row.record = record
    row.state, row.held_as, row.held_for = link.state, held_as(link), link.held_for
    row.flight_at = link.flight.decided_at if link.flight else None


def list_links_of_events(
    session: Session,
    tenant_id: str,
    integration_id: str,
    event_ids: Collection[str],
    uids: Collection[str],
) -> list[LinkRow]:
    """Return the links that know any of these events: ours by our id, others by uid.

    Two questions, as one with an "or" in it would walk all links of the tenant.
    """
    ours = _of(tenant_id, integration_id).where(LinkRow.event_id.in_(event_ids))
    others = (
        _of(tenant_id, integration_id)
        .where(LinkRow.event_uid.in_(uids))
        .where(LinkRow.is_present == true())
    )
    asked = [*([ours] if event_ids else []), *([others] if uids else [])]
    return [row for question in asked for row in session.scalars(question)]


def list_earlier_links(
    session: Session, tenant_id: str, integration_id: str, uids: Collection[str]
) -> list[LinkRow]:
    """Return the links of the user's own events that a newer link took the place of."""
    found = session.scalars(
        _of(tenant_id, integration_id)
        .where(LinkRow.event_uid.in_(uids), LinkRow.origin == Origin.BROUGHT)
        .where(LinkRow.is_present == false())
    )
    return sorted(found, key=lambda row: row.id)


def list_links(
    session: Session, tenant_id: str, ids: Collection[str], *, is_locked: bool = True
) -> list[LinkRow]:
    """Return some links by their ids.

    Nobody else changes them until we commit, unless they are only looked at.
    """
    wanted = select(LinkRow).where(LinkRow.tenant_id == tenant_id, LinkRow.id.in_(ids))
    return list(session.scalars(wanted.with_for_update() if is_locked else wanted))


def list_links_of_items(
    session: Session, tenant_id: str, integration_id: str, item_ids: Collection[str]
) -> list[LinkRow]:
    """Return the present links of some items."""
    return list(
        session.scalars(
            _of(tenant_id, integration_id)
            .where(LinkRow.item_id.in_(item_ids))
            .where(LinkRow.is_present == true())
            .order_by(LinkRow.item_id, LinkRow.key)
        )
    )


def list_links_to_look_at(
    session: Session,
    tenant_id: str,
    integration_id: str,
    after: str,
    limit: int,
    *,
    is_locked: bool = True,
) -> list[LinkRow]:
    """Return links that are to be looked at, by id from the one after ``after``.

    Nobody else changes them until we commit, unless they are only looked through.
    """
    wanted = (
        _of(tenant_id, integration_id)
        .where(LinkRow.looks > 0, LinkRow.id > after)
        .order_by(LinkRow.id)
        .limit(limit)
    )
    return list(session.scalars(wanted.with_for_update() if is_locked else wanted))


def list_links_in_flight(session: Session, tenant_id: str, integration_id: str) -> list[LinkRow]:
    """Return the links over which a write is in flight, the oldest first."""
    return list(
        session.scalars(
            _of(tenant_id, integration_id)
            .where(LinkRow.flight_at.is_not(None))
            .order_by(LinkRow.flight_at)
        )
    )


def has_looks(session: Session, tenant_id: str, integration_id: str) -> bool:
    """Tell whether anything here waits to be looked at."""
    links = (
        select(LinkRow.id)
        .where(LinkRow.tenant_id == tenant_id, LinkRow.integration_id == integration_id)
        .where(LinkRow.looks > 0)
    )
    items = select(ItemLook.item_id).where(
        ItemLook.tenant_id == tenant_id, ItemLook.integration_id == integration_id
    )
    return bool(session.scalar(select(or_(links.exists(), items.exists()))))


def has_wishes(session: Session, tenant_id: str, integration_id: str) -> bool:
    """Tell whether anything that the user asked of parked links is still to be done."""
    found = session.scalar(
        select(LinkRow.id)
        .where(LinkRow.tenant_id == tenant_id, LinkRow.integration_id == integration_id)
        .where(or_(LinkRow.wish.is_not(None), LinkRow.flight_at.is_not(None)))
        .limit(1)
    )
    return found is not None


def list_all_links(session: Session, tenant_id: str, integration_id: str) -> Iterable[LinkRow]:
    """Return every present link, a few hundred at a time."""
    return session.scalars(
        _of(tenant_id, integration_id)
        .where(LinkRow.is_present == true())
        .execution_options(yield_per=500)
    )


def count_live(session: Session, tenant_id: str, integration_id: str) -> int:
    """Return how many entries and events are linked and may flow."""
    return (
        session.scalar(
            select(func.count())
            .select_from(LinkRow)
            .where(LinkRow.tenant_id == tenant_id, LinkRow.integration_id == integration_id)
            .where(LinkRow.state == LinkState.LIVE)
        )
        or 0
    )


def find_linked_series(
    session: Session, tenant_id: str, integration_id: str, series: Collection[str]
) -> set[str]:
    """Return which of these series there have an instance here."""
    if not series:
        return set()
    rows = session.scalars(
        select(LinkRow.series)
        .where(LinkRow.tenant_id == tenant_id, LinkRow.integration_id == integration_id)
        .where(LinkRow.series.in_(series), LinkRow.state == LinkState.LIVE)
        .distinct()
    )
    return {name for name in rows if name is not None}


def list_links_of_series(
    session: Session, tenant_id: str, integration_id: str, series: Collection[str]
) -> list[LinkRow]:
    """Return the present links of instances of these series there."""
    found = session.scalars(
        _of(tenant_id, integration_id)
        .where(LinkRow.series.in_(series))
        .where(LinkRow.is_present == true())
    )
    # Sorted here: to get them in order, a database would rather walk all links of the tenant.
    return sorted(found, key=lambda row: row.id)


def find_brought_elsewhere(
    session: Session, tenant_id: str, integration_id: str, item_ids: Collection[str]
) -> set[str]:
    """Return which of these items came from another linked calendar."""
    return set(
        session.scalars(
            select(LinkRow.item_id)
            .where(LinkRow.tenant_id == tenant_id, LinkRow.item_id.in_(item_ids))
            .where(LinkRow.integration_id != integration_id, LinkRow.is_source == true())
            .distinct()
        )
    )


def mark_items(
    session: Session,
    tenant_id: str,
    integration_ids: Collection[str],
    item_ids: Sequence[str],
    acts: Collection[Act],
    now: datetime,
) -> None:
    """Have these integrations look at items, and remember what people did to them."""
    for at in range(0, len(item_ids), _AT_ONCE):
        _mark_some(session, tenant_id, integration_ids, item_ids[at : at + _AT_ONCE], acts, now)


def _mark_some(
    session: Session,
    tenant_id: str,
    integration_ids: Collection[str],
    item_ids: Sequence[str],
    acts: Collection[Act],
    now: datetime,
) -> None:
    rows = {
        (row.integration_id, row.item_id): row
        for row in session.scalars(
            select(ItemLook)
            .where(ItemLook.tenant_id == tenant_id, ItemLook.item_id.in_(item_ids))
            .where(ItemLook.integration_id.in_(integration_ids))
            .with_for_update()
        )
    }
    for integration_id, item_id in product(integration_ids, item_ids):
        row = rows.get((integration_id, item_id))
        if row is None:
            session.add(
                ItemLook(
                    tenant_id=tenant_id,
                    integration_id=integration_id,
                    item_id=item_id,
                    acts=sorted(acts),
                    marked_at=now,
                )
            )
        else:
            row.acts = sorted({*row.acts, *acts})
            row.wakes += 1
            row.marked_at = now


def list_item_looks(
    session: Session, tenant_id: str, integration_id: str, limit: int
) -> list[ItemLook]:
    """Return items that an integration is to look at."""
    return list(
        session.scalars(
            select(ItemLook)
            .where(ItemLook.tenant_id == tenant_id, ItemLook.integration_id == integration_id)
            .order_by(ItemLook.item_id)
            .limit(limit)
        )
    )


def forget_item_look(session: Session, look: ItemLook) -> None:
    """Note that an item was looked at, unless it was marked again meanwhile."""
    session.execute(
        delete(ItemLook)
        .where(ItemLook.tenant_id == look.tenant_id)
        .where(ItemLook.integration_id == look.integration_id, ItemLook.item_id == look.item_id)
        .where(ItemLook.wakes == look.wakes)
    )


def _of(tenant_id: str, integration_id: str) -> Select[LinkRow]:
    return select(LinkRow).where(
        LinkRow.tenant_id == tenant_id, LinkRow.integration_id == integration_id
    )
