"""Questions about links, and what is to be looked at.

Flags are compared with ``== true()``: what ``is_(True)`` makes, ``IS 1``, misses the partial
indexes of SQLite.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import product

from sqlalchemy import bindparam, delete, false, func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from calsync.core.holds import held_as
from calsync.core.link import Act, Link, LinkState, Origin
from calsync.core.link_record import dump_link, load_link
from calsync.db.models import ItemLook, LinkRow
from calsync.db.questions import ask

#: Items that are asked for in one question.
_AT_ONCE = 500

#: What waits to be looked at. Zero stands in the question itself: where it is a parameter,
#: SQLite plans anew with each asking, as it may or may not be what its partial index is for.
IS_TO_BE_LOOKED_AT = LinkRow.looks > literal_column("0")

# What every sync asks is put together once.
_LINKS = select(LinkRow).where(
    LinkRow.tenant_id == bindparam("of_tenant"),
    LinkRow.integration_id == bindparam("of_integration"),
)
_LINK_IDS = _LINKS.with_only_columns(LinkRow.id)
_ITEM_LOOKS = select(ItemLook).where(
    ItemLook.tenant_id == bindparam("of_tenant"),
    ItemLook.integration_id == bindparam("of_integration"),
)
_OF_EVENT_IDS = _LINKS.where(LinkRow.event_id.in_(bindparam("names", expanding=True)))
_OF_UIDS = _LINKS.where(
    LinkRow.event_uid.in_(bindparam("names", expanding=True)), LinkRow.is_present == true()
)
_EARLIER = _LINKS.where(
    LinkRow.event_uid.in_(bindparam("names", expanding=True)),
    LinkRow.origin == Origin.BROUGHT,
    LinkRow.is_present == false(),
)
_OF_ITEMS = _LINKS.where(
    LinkRow.item_id.in_(bindparam("names", expanding=True)), LinkRow.is_present == true()
).order_by(LinkRow.item_id, LinkRow.key)
_TO_LOOK_AT = (
    _LINKS.where(IS_TO_BE_LOOKED_AT, LinkRow.id > bindparam("after"))
    .order_by(LinkRow.id)
    .limit(bindparam("most"))
)
_TO_LOOK_AT_LOCKED = _TO_LOOK_AT.with_for_update()
_IN_FLIGHT = (
    _LINKS.where(LinkRow.flight_at <= bindparam("until"))
    .order_by(LinkRow.flight_at)
    .execution_options(yield_per=500)
)
_FLIGHTS = (
    _LINKS.with_only_columns(LinkRow.flight_at, LinkRow.origin)
    .where(LinkRow.flight_at.is_not(None))
    .distinct()
)
_PRESENT = _LINKS.where(LinkRow.is_present == true()).execution_options(yield_per=500)
_IDLE_COPIES = _PRESENT.where(
    LinkRow.state == LinkState.LIVE, LinkRow.origin == Origin.SENT, LinkRow.flight_at.is_(None)
)
_HAS_LOOKS = select(
    or_(
        _LINK_IDS.where(IS_TO_BE_LOOKED_AT).exists(),
        _ITEM_LOOKS.with_only_columns(ItemLook.item_id).exists(),
    )
)
_HAS_WISHES = _LINK_IDS.where(or_(LinkRow.wish.is_not(None), LinkRow.flight_at.is_not(None))).limit(
    1
)
_COUNT_LIVE = _LINKS.with_only_columns(func.count()).where(LinkRow.state == LinkState.LIVE)
_TO_SPREAD = _ITEM_LOOKS.order_by(ItemLook.item_id).limit(bindparam("most"))
_MARKED = (
    select(ItemLook)
    .where(ItemLook.tenant_id == bindparam("of_tenant"))
    .where(ItemLook.item_id.in_(bindparam("items", expanding=True)))
    .where(ItemLook.integration_id.in_(bindparam("integrations", expanding=True)))
    .with_for_update()
)
_FORGET = (
    delete(ItemLook)
    .where(ItemLook.tenant_id == bindparam("of_tenant"))
    .where(ItemLook.integration_id == bindparam("of_integration"))
    .where(ItemLook.item_id == bindparam("of_item"), ItemLook.wakes == bindparam("wakes"))
)


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
    asked = ((_OF_EVENT_IDS, event_ids), (_OF_UIDS, uids))
    of = _of(tenant_id, integration_id)
    return [
        row
        for question, names in asked
        if names
        for row in session.scalars(question, {**of, "names": sorted(names)})
    ]


def list_earlier_links(
    session: Session, tenant_id: str, integration_id: str, uids: Collection[str]
) -> list[LinkRow]:
    """Return the links of the user's own events that a newer link took the place of."""
    given = {**_of(tenant_id, integration_id), "names": sorted(uids)}
    found = session.scalars(_EARLIER, given)
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
    given = {**_of(tenant_id, integration_id), "names": sorted(item_ids)}
    return list(session.scalars(_OF_ITEMS, given))


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
    question = _TO_LOOK_AT_LOCKED if is_locked else _TO_LOOK_AT
    given = {**_of(tenant_id, integration_id), "after": after, "most": limit}
    return list(session.scalars(question, given))


def list_links_in_flight(
    session: Session, tenant_id: str, integration_id: str, until: datetime
) -> Iterable[LinkRow]:
    """Return the links over which a write of then or before is in flight, the oldest first.

    A few hundred at a time: after a first sync they are all that there are.
    """
    return session.scalars(_IN_FLIGHT, {**_of(tenant_id, integration_id), "until": until})


def list_flights(
    session: Session, tenant_id: str, integration_id: str
) -> set[tuple[datetime, Origin]]:
    """Return when writes were decided that are in flight, and over links of which origin."""
    return {(at, origin) for at, origin in ask(session, _FLIGHTS, _of(tenant_id, integration_id))}


def has_looks(session: Session, tenant_id: str, integration_id: str) -> bool:
    """Tell whether anything here waits to be looked at."""
    return bool(ask(session, _HAS_LOOKS, _of(tenant_id, integration_id)).scalar())


def has_wishes(session: Session, tenant_id: str, integration_id: str) -> bool:
    """Tell whether anything that the user asked of parked links is still to be done."""
    found = ask(session, _HAS_WISHES, _of(tenant_id, integration_id)).scalar()
    return found is not None


def list_all_links(session: Session, tenant_id: str, integration_id: str) -> Iterable[LinkRow]:
    """Return every present link, a few hundred at a time."""
    return session.scalars(_PRESENT, _of(tenant_id, integration_id))


def list_idle_copies(session: Session, tenant_id: str, integration_id: str) -> Iterable[LinkRow]:
    """Return every present link of a copy over which nothing is in flight, some at a time."""
    return session.scalars(_IDLE_COPIES, _of(tenant_id, integration_id))


def count_live(session: Session, tenant_id: str, integration_id: str) -> int:
    """Return how many entries and events are linked and may flow."""
    return int(ask(session, _COUNT_LIVE, _of(tenant_id, integration_id)).scalar_one())


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
        _LINKS.where(LinkRow.series.in_(series), LinkRow.is_present == true()),
        _of(tenant_id, integration_id),
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
    named = {"integrations": list(integration_ids), "items": list(item_ids)}
    found = session.scalars(_MARKED, {"of_tenant": tenant_id, **named})
    rows = {(row.integration_id, row.item_id): row for row in found}
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
    given = {**_of(tenant_id, integration_id), "most": limit}
    return list(session.scalars(_TO_SPREAD, given))


def hand_on_item_looks(session: Session, tenant_id: str, from_id: str, to_id: str) -> None:
    """Have one integration look at the items that another was to look at, besides its own."""
    looks = select(ItemLook).where(ItemLook.tenant_id == tenant_id)
    waiting = session.scalars(looks.where(ItemLook.integration_id == from_id)).all()
    for look in waiting:
        mark_items(
            session, tenant_id, [to_id], [look.item_id], [*map(Act, look.acts)], look.marked_at
        )
        session.delete(look)


def forget_item_looks(session: Session, looks: Collection[ItemLook]) -> None:
    """Note that items were looked at, but for those that were marked again meanwhile."""
    given = [
        {**_of(look.tenant_id, look.integration_id), "of_item": look.item_id, "wakes": look.wakes}
        for look in looks
    ]
    if given:
        ask(session, _FORGET, given)


def _of(tenant_id: str, integration_id: str) -> dict[str, str]:
    return {"of_tenant": tenant_id, "of_integration": integration_id}
