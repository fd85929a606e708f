"""What became of one item or event, and why: the traces that the engine has left."""

from collections.abc import Sequence
from dataclasses import dataclass

from calsync.core.link import Link
from calsync.core.link_record import load_link
from calsync.db.database import Session
from calsync.db.explanations import list_entries_about, list_judgements, list_links_about
from calsync.db.integrations import list_integrations
from calsync.db.items import find_item, map_assignees
from calsync.db.models import Integration, Item, JudgedEvent, LinkRow, LogEntry
from calsync.errors import NotThere
from calsync.services.tools import Tools, Who

#: How far back the log is told.
MOST_ENTRIES = 20


@dataclass(frozen=True)
class LinkTrace:
    """A link as its row has it and as the core knows it; no integration where it was deleted."""

    row: LinkRow
    link: Link
    integration: Integration | None


@dataclass(frozen=True)
class Explanation:
    """Everything that is known of one item or event, on this user's behalf.

    ``item``, the event's where one was asked about, is there where it stands on the
    user's own calendar. ``judgements`` say why
    an event was not brought in; ``entries`` are of the log, the latest first.
    """

    item: Item | None
    links: tuple[LinkTrace, ...]
    judgements: tuple[JudgedEvent, ...]
    entries: tuple[LogEntry, ...]
    integrations: tuple[Integration, ...]


def explain(tools: Tools, who: Who, what: str) -> Explanation:
    """Return what became of an item, by its id, or of an event, by its uid or our id for it.

    Raises NotThere where nothing is known of it on this user's behalf.
    """
    ids = who.tenant_id, who.user_id
    with tools.db.read() as session:
        integrations = list_integrations(session, *ids)
        rows = list_links_about(session, *ids, what)
        item = _find_own_item(session, who, rows[0].item_id if rows else what)
        judgements = list_judgements(session, *ids, what)
        entries = list_entries_about(
            session,
            *ids,
            # An event of a series has nothing to do with what became of the other ones.
            item_id=what,
            event_uids={what, *(row.event_uid for row in rows if row.event_uid)},
            link_ids=[row.id for row in rows],
            limit=MOST_ENTRIES,
        )
    if not (item or rows or judgements or entries):
        raise NotThere
    return Explanation(
        item, _trace(rows, integrations), tuple(judgements), tuple(entries), tuple(integrations)
    )


def _find_own_item(session: Session, who: Who, item_id: str) -> Item | None:
    item = find_item(session, who.tenant_id, item_id)
    if item and who.user_id not in map_assignees(session, who.tenant_id, [item_id])[item_id]:
        return None
    return item


def _trace(rows: Sequence[LinkRow], integrations: Sequence[Integration]) -> tuple[LinkTrace, ...]:
    by_id = {integration.id: integration for integration in integrations}
    return tuple(
        LinkTrace(row, load_link(row.origin, row.state, row.record), by_id.get(row.integration_id))
        for row in rows
    )
