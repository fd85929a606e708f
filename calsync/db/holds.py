"""Questions about what waits for the user's word."""

from sqlalchemy import ColumnElement, func, select, true, tuple_, update
from sqlalchemy.orm import Session, aliased

from calsync.core.holds import Held
from calsync.core.link import LinkState, Wish
from calsync.db.models import LinkRow


def count_held(session: Session, tenant_id: str, integration_id: str) -> dict[Held, dict[str, int]]:
    """Return how many links wait for each word, by what waits and by the reason."""
    rows = session.execute(
        select(LinkRow.held_as, LinkRow.held_for, func.count())
        .where(*_are_held(tenant_id, integration_id))
        .group_by(LinkRow.held_as, LinkRow.held_for)
    )
    found: dict[Held, dict[str, int]] = {}
    for held_as, held_for, count in rows:
        if held_as is not None:
            found.setdefault(held_as, {})[held_for or ""] = count
    return found


def list_held(
    session: Session, tenant_id: str, integration_id: str, held: Held, *, after: str, limit: int
) -> list[LinkRow]:
    """Return links over which this waits, by when it takes place, from the one ``after`` on."""
    query = select(LinkRow).where(*_are_held(tenant_id, integration_id), LinkRow.held_as == held)
    if after:
        last = aliased(LinkRow)
        place = select(_start_of(last)).where(last.tenant_id == tenant_id, last.id == after)
        query = query.where(
            tuple_(_start_of(LinkRow), LinkRow.id) > tuple_(place.scalar_subquery(), after)
        )
    return list(session.scalars(query.order_by(_start_of(LinkRow), LinkRow.id).limit(limit)))


def wish_for_held(
    session: Session, tenant_id: str, integration_id: str, held: Held, wish: Wish
) -> int:
    """Note the user's word for everything of this that waits, and return how much that is."""
    changed = session.scalars(
        update(LinkRow)
        .where(*_are_held(tenant_id, integration_id), LinkRow.held_as == held)
        .values(wish=wish, looks=LinkRow.looks + 1)
        .returning(LinkRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def count_answered(
    session: Session, tenant_id: str, integration_id: str, held: Held, wish: Wish
) -> int:
    """Return how many links of which this waited have this answer, and wait for the sync alone."""
    query = select(func.count()).select_from(LinkRow).where(*_wait(tenant_id, integration_id))
    return session.scalar(query.where(LinkRow.held_as == held, LinkRow.wish == wish)) or 0


def _start_of(row: type[LinkRow]) -> ColumnElement[str]:
    """Give when it begins, as texts that sort alike: what stands there, else what stood here."""
    record = row.record
    starts = (
        record[("seen", "content", "times", "start")],
        record[("here", "times", "start")],
        record[("there", "times", "start")],
    )
    return func.coalesce(*(start.as_string() for start in starts), "")


def _are_held(tenant_id: str, integration_id: str) -> tuple[ColumnElement[bool], ...]:
    # What was answered waits for the sync alone.
    return *_wait(tenant_id, integration_id), LinkRow.wish.is_(None)


def _wait(tenant_id: str, integration_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        LinkRow.tenant_id == tenant_id,
        LinkRow.integration_id == integration_id,
        LinkRow.state == LinkState.HELD,
        LinkRow.is_present == true(),
    )
