"""Links over which nothing flows for a while, and the copies that hang on them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Update, func, select, true, update
from sqlalchemy.orm import Session

from calsync.core.holds import REMOVALS
from calsync.core.item import Kind
from calsync.core.link import LinkState, Origin, Wish
from calsync.db.models import Item, LinkRow

#: How many links there are of each origin in each state.
LinkCounts = Counter[tuple[Origin, LinkState]]

#: States over which something flows, or would if its cause were gone.
_FLOWING = (LinkState.LIVE, LinkState.HELD, LinkState.NOT_FOUND, LinkState.SET_ASIDE)
#: States in which a copy of ours may stand in the linked calendar.
_STANDING = (*_FLOWING, LinkState.PARKED)
#: Links that are named in one statement.
_AT_ONCE = 500


def count_links(
    session: Session, tenant_id: str, integration_ids: Sequence[str]
) -> dict[str, LinkCounts]:
    """Return for each integration how its present links stand.

    What is held and was answered waits for nobody any more, and is left out.
    """
    counts = {integration_id: LinkCounts() for integration_id in integration_ids}
    rows = session.execute(
        select(LinkRow.integration_id, LinkRow.origin, LinkRow.state, func.count())
        .where(LinkRow.tenant_id == tenant_id, LinkRow.integration_id.in_(integration_ids))
        .where(LinkRow.is_present == true())
        .where((LinkRow.state != LinkState.HELD) | LinkRow.wish.is_(None))
        .group_by(LinkRow.integration_id, LinkRow.origin, LinkRow.state)
    )
    for integration_id, origin, state, count in rows:
        counts[integration_id][origin, state] = count
    return counts


def count_held_removals(
    session: Session, tenant_id: str, integration_ids: Sequence[str]
) -> dict[str, int]:
    """Return for each integration over how many links a removal waits for the user's word."""
    rows = session.execute(
        select(LinkRow.integration_id, func.count())
        .where(LinkRow.tenant_id == tenant_id, LinkRow.integration_id.in_(integration_ids))
        .where(LinkRow.is_present == true(), LinkRow.state == LinkState.HELD)
        .where(LinkRow.held_as.in_(REMOVALS), LinkRow.wish.is_(None))
        .group_by(LinkRow.integration_id)
    )
    return dict.fromkeys(integration_ids, 0) | dict(rows.all())


def count_copies(
    session: Session, tenant_id: str, integration_id: str, kinds: Collection[Kind]
) -> int:
    """Return how many copies of entries of these kinds may stand there."""
    query = select(func.count()).select_from(LinkRow)
    query = query.where(*_are_present(tenant_id, integration_id), _are_sent(tenant_id, kinds))
    return session.scalar(query.where(LinkRow.state.in_(_STANDING))) or 0


def count_copies_by_kind(session: Session, tenant_id: str, integration_id: str) -> dict[Kind, int]:
    """Return for each kind how many copies may stand there; kinds without any are left out."""
    rows = session.execute(
        select(Item.kind, func.count())
        .select_from(LinkRow)
        .join(Item, (Item.tenant_id == LinkRow.tenant_id) & (Item.id == LinkRow.item_id))
        .where(*_are_present(tenant_id, integration_id), LinkRow.origin == Origin.SENT)
        .where(LinkRow.state.in_(_STANDING))
        .group_by(Item.kind)
    )
    return {Kind(kind): count for kind, count in rows}


def count_parked_by_kind(
    session: Session, tenant_id: str, integration_id: str
) -> dict[tuple[Origin, Kind], int]:
    """Return by origin and kind how many links nothing flows over that did so before."""
    rows = session.execute(
        select(LinkRow.origin, Item.kind, func.count())
        .select_from(LinkRow)
        .join(Item, (Item.tenant_id == LinkRow.tenant_id) & (Item.id == LinkRow.item_id))
        .where(*_are_present(tenant_id, integration_id), LinkRow.state == LinkState.PARKED)
        .group_by(LinkRow.origin, Item.kind)
    )
    return {(origin, Kind(kind)): count for origin, kind, count in rows}


def count_all_copies(session: Session, tenant_id: str, integration_id: str) -> int:
    """Return how many copies may stand there."""
    query = select(func.count()).select_from(LinkRow)
    query = query.where(*_are_present(tenant_id, integration_id), LinkRow.origin == Origin.SENT)
    return session.scalar(query.where(LinkRow.state.in_(_STANDING))) or 0


def count_brought(session: Session, tenant_id: str, integration_id: str) -> int:
    """Return how many items that stand on My Calendar were made of events there."""
    query = select(func.count(LinkRow.item_id.distinct())).join(Item, Item.id == LinkRow.item_id)
    query = query.where(*_are_present(tenant_id, integration_id), LinkRow.is_source == true())
    query = query.where(LinkRow.state.in_(_STANDING))
    return session.scalar(query.where(Item.tenant_id == tenant_id, Item.deleted_at.is_(None))) or 0


def list_sent_item_ids(session: Session, tenant_id: str, integration_id: str) -> list[str]:
    """Return the items of which entries are sent there."""
    query = select(LinkRow.item_id).where(*_are_present(tenant_id, integration_id))
    query = query.where(LinkRow.origin == Origin.SENT, LinkRow.state.in_(_FLOWING))
    return list(session.scalars(query.distinct().order_by(LinkRow.item_id)))


def park_kinds(
    session: Session, tenant_id: str, integration_id: str, kinds: Collection[Kind], *, goes: bool
) -> None:
    """Let nothing flow over links of sent entries of these kinds; have their copies deleted."""
    links = _change(tenant_id, integration_id).where(_are_sent(tenant_id, kinds))
    _park(session, links, goes=goes)


def park_all(session: Session, tenant_id: str, integration_id: str, *, goes: bool) -> None:
    """Let nothing flow over any link; have all copies deleted."""
    brought = _change(tenant_id, integration_id).where(LinkRow.origin == Origin.BROUGHT)
    _park(session, brought, goes=False)
    sent = _change(tenant_id, integration_id).where(LinkRow.origin == Origin.SENT)
    _park(session, sent, goes=goes)


def resume_kinds(
    session: Session,
    tenant_id: str,
    integration_id: str,
    kinds: Collection[Kind],
    *,
    is_agreed: bool,
) -> None:
    """Have parked links of sent entries of these kinds looked at again.

    Agreed ones stay parked with that wish until a sync has read the calendar; over the
    others everything flows that happened meanwhile.
    """
    links = _change(tenant_id, integration_id).where(_are_sent(tenant_id, kinds))
    _resume(session, links, is_agreed=is_agreed)


def resume_brought(
    session: Session, tenant_id: str, integration_id: str, *, is_agreed: bool
) -> None:
    """Have parked links of events of the user's own looked at again, in the same way."""
    links = _change(tenant_id, integration_id).where(LinkRow.origin == Origin.BROUGHT)
    _resume(session, links, is_agreed=is_agreed)


def let_flow(
    session: Session, tenant_id: str, integration_id: str, link_ids: Sequence[str]
) -> None:
    """Have what was kept out of these links so far flow after all."""
    links = _change(tenant_id, integration_id).where(LinkRow.state == LinkState.LIVE)
    for at in range(0, len(link_ids), _AT_ONCE):
        some = links.where(LinkRow.id.in_(link_ids[at : at + _AT_ONCE]), LinkRow.wish.is_(None))
        session.execute(some.values(wish=Wish.FLOW, looks=LinkRow.looks + 1))


def list_wished(
    session: Session, tenant_id: str, integration_id: str, wish: Wish
) -> Iterable[LinkRow]:
    """Return the present links with which this is still to be done."""
    present = select(LinkRow).where(*_are_present(tenant_id, integration_id))
    return session.scalars(present.where(LinkRow.wish == wish).order_by(LinkRow.id))


def drop_wishes(session: Session, tenant_id: str, integration_id: str) -> None:
    """Forget what was asked to be done with parked links and was not done yet."""
    wished = _change(tenant_id, integration_id).where(LinkRow.wish.is_not(None))
    session.execute(wished.values(wish=None))


def _park(session: Session, links: Update, *, goes: bool) -> None:
    session.execute(links.where(LinkRow.state.in_(_FLOWING)).values(state=LinkState.PARKED))
    # Those that were parked before, too: what was asked last counts.
    parked = links.where(LinkRow.state == LinkState.PARKED)
    if goes:
        session.execute(parked.values(wish=Wish.DELETE_COPY, looks=LinkRow.looks + 1))
    else:
        session.execute(parked.where(LinkRow.wish.is_not(None)).values(wish=None))


def _resume(session: Session, links: Update, *, is_agreed: bool) -> None:
    session.execute(
        links.where(LinkRow.state == LinkState.PARKED).values(
            state=LinkState.PARKED if is_agreed else LinkState.LIVE,
            wish=Wish.AGREE if is_agreed else None,
            looks=LinkRow.looks + 1,
        )
    )


def _change(tenant_id: str, integration_id: str) -> Update:
    # No session that is open holds a link: whoever changes one reads it first.
    return (
        update(LinkRow)
        .where(*_are_present(tenant_id, integration_id))
        .execution_options(synchronize_session=False)
    )


def _are_present(tenant_id: str, integration_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        LinkRow.tenant_id == tenant_id,
        LinkRow.integration_id == integration_id,
        LinkRow.is_present == true(),
    )


def _are_sent(tenant_id: str, kinds: Collection[Kind]) -> ColumnElement[bool]:
    of_kinds = select(Item.id).where(Item.tenant_id == tenant_id, Item.kind.in_(kinds))
    return (LinkRow.origin == Origin.SENT) & LinkRow.item_id.in_(of_kinds)
