"""Questions about our copies: the ids that they had, and the entries that they are of."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select, true
from sqlalchemy.orm import Session

from calsync.core.event_id import event_id_of
from calsync.core.footer import ItemLink
from calsync.core.link import LinkState
from calsync.db.links import link_of
from calsync.db.models import Integration, LinkRow
from calsync.db.questions import ask

#: So many entries are asked about in one question.
_AT_ONCE = 5000
_LAST = (
    select(LinkRow.item_id, LinkRow.key, func.max(LinkRow.generation))
    .where(LinkRow.tenant_id == bindparam("of_tenant"))
    .where(LinkRow.item_id.in_(bindparam("items", expanding=True)))
    .where(LinkRow.integration_id == bindparam("of_integration"))
    .group_by(LinkRow.item_id, LinkRow.key)
)
_TAKEN = select(LinkRow.event_id).where(
    LinkRow.tenant_id == bindparam("of_tenant"),
    LinkRow.event_id.in_(bindparam("names", expanding=True)),
)


def find_free_generations(
    session: Session, tenant_id: str, integration_id: str, entries: Collection[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return for each of these entries the next generation whose id no copy has had.

    An entry is given by its item and its key. An id stays with the link of its copy where
    this goes along with an edited series, so it may name an entry that the copy is no
    longer of. There may be more of them than a database takes in one question.
    """
    asked = sorted(entries)
    found: dict[tuple[str, str], int] = {}
    for at in range(0, len(asked), _AT_ONCE):
        found |= _find_free(session, tenant_id, integration_id, asked[at : at + _AT_ONCE])
    return found


def _find_free(
    session: Session, tenant_id: str, integration_id: str, entries: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    items = sorted({item_id for item_id, _ in entries})
    of = {"of_tenant": tenant_id, "of_integration": integration_id, "items": items}
    last = {(item_id, key): most for item_id, key, most in ask(session, _LAST, of)}
    found = {entry: last.get(entry, 0) + 1 for entry in entries}
    while taken := _list_taken(session, tenant_id, _name_all(integration_id, found)):
        found |= {entry: found[entry] + 1 for entry in taken}
    return found


def _name_all(
    integration_id: str, generations: dict[tuple[str, str], int]
) -> dict[str, tuple[str, str]]:
    return {
        event_id_of(integration_id, item_id, key, generation): (item_id, key)
        for (item_id, key), generation in generations.items()
    }


def _list_taken(
    session: Session, tenant_id: str, names: dict[str, tuple[str, str]]
) -> list[tuple[str, str]]:
    given = {"of_tenant": tenant_id, "names": list(names)}
    return [names[event_id] for (event_id,) in ask(session, _TAKEN, given)]


@dataclass(frozen=True)
class Copy:
    """A copy of an entry, and whether it is known to have been removed there."""

    of: ItemLink
    event_id: str
    calendar_id: str
    is_gone: bool
    #: Of one that was gone and was sent anew: when it went. It may have been moved then.
    gone_at: datetime | None = None


def list_copies_elsewhere(
    session: Session, integration: Integration, items: Collection[str]
) -> list[Copy]:
    """Return the copies of items in the other linked calendars of an integration's account."""
    rows = session.execute(
        select(LinkRow, Integration.calendar_id)
        .join(
            Integration,
            (Integration.tenant_id == LinkRow.tenant_id)
            & (Integration.id == LinkRow.integration_id),
        )
        .where(LinkRow.tenant_id == integration.tenant_id, LinkRow.item_id.in_(items))
        .where(or_(LinkRow.is_present == true(), LinkRow.state == LinkState.TOMBSTONE))
        .where(Integration.user_id == integration.user_id)
        .where(Integration.account_id == integration.account_id)
        .where(Integration.calendar_id != integration.calendar_id)
    )
    found = [_copy_of(row, calendar_id) for row, calendar_id in rows]
    return [copy for copy in found if copy is not None]


def _copy_of(row: LinkRow, calendar_id: str) -> Copy | None:
    """Return what is known of one; None where we have deleted it ourselves."""
    entry = ItemLink(row.item_id, row.key or None)
    if row.event_id is None:
        return None
    if row.is_present:
        is_gone = row.state is LinkState.REMOVED_THERE
        return Copy(entry, row.event_id, calendar_id, is_gone)
    link = link_of(row)
    seen = link.seen
    if link.deleted_at is not None or seen is None or seen.updated is None or seen.stands:
        return None
    return Copy(entry, row.event_id, calendar_id, is_gone=True, gone_at=seen.updated)


def list_links_of_item(session: Session, tenant_id: str, item_id: str) -> list[LinkRow]:
    """Return the present links of an item over all integrations, locked until we commit."""
    return list(
        session.scalars(
            select(LinkRow)
            .where(LinkRow.tenant_id == tenant_id, LinkRow.item_id == item_id)
            .where(LinkRow.is_present == true())
            .order_by(LinkRow.id)
            .with_for_update()
        )
    )


def rename_entries(
    session: Session, rows: Iterable[LinkRow], item_id: str, keys: dict[str, str]
) -> None:
    """Let links be of the entries of ``item_id`` that ``keys`` gives for their present ones.

    Those that it does not name are of what takes place no more: they keep their key unless
    another link gets it.
    """
    rows = list(rows)
    renamed = [row for row in rows if row.key in keys]
    wanted = {(row.integration_id, keys[row.key]) for row in renamed}
    known = {(row.integration_id, row.key) for row in rows}
    gone = [row for row in rows if row.key not in keys and (row.integration_id, row.key) in wanted]
    chosen = [(row, item_id, keys[row.key]) for row in renamed]
    for row in gone:
        name = next(n for n in _GONE if (row.integration_id, n) not in known)
        known.add((row.integration_id, name))
        chosen.append((row, row.item_id, name))
    # By way of keys that nothing has: of one entry there is never more than one link.
    for number, (row, _, _) in enumerate(chosen):
        row.key = f"~{number}"
    session.flush()
    for row, item, key in chosen:
        row.item_id, row.key = item, key
        row.looks += 1
    session.flush()


#: Keys that no occurrence has.
_GONE = [f"gone{number}" for number in range(1, 10_000)]
