"""Where an item came from and where it is synced to, as its reader may know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from calsync.core.item import shown_times
from calsync.core.link import Link, LinkState
from calsync.core.options import load_options
from calsync.core.run import Result
from calsync.db.integrations import list_integrations
from calsync.db.item_places import list_entries_of_item, list_present_links, list_waiting
from calsync.db.links import link_of
from calsync.db.models import Integration, LinkRow, LogEntry
from calsync.services.item_access import ItemView
from calsync.services.tools import Tools, Who


@dataclass(frozen=True)
class Place:
    """A linked calendar of the reader's, and how an item stands there.

    ``link`` is None where it does not stand there: ``reason`` is the code of why, empty
    where nobody knows; ``is_waiting`` where a sync is still to look at it. Of a series as
    a whole ``count`` occurrences stand there in the same state, and ``link`` is the first
    of them. ``synced_at`` is when a sync last did something with it.
    """

    integration: Integration
    link: Link | None = None
    is_source: bool = False
    count: int = 1
    synced_at: datetime | None = None
    reason: str = ""
    is_waiting: bool = False


def list_places(tools: Tools, who: Who, view: ItemView, key: str | None) -> list[Place]:
    """Return where an item came from and where it goes, over the reader's own syncs alone.

    With ``key`` that is asked of one occurrence of a series.
    """
    ids = who.tenant_id, who.user_id
    with tools.db.read() as session:
        integrations = list_integrations(session, *ids)
        links = list_present_links(session, *ids, view.id, key)
        known = {each.id for each in integrations} | {each.id for _link, each in links}
        entries = list_entries_of_item(session, who.tenant_id, view.id, known)
        waiting = list_waiting(session, who.tenant_id, view.id, known)
    places = [place for group in _group(links) if (place := _stand(group, entries, waiting))]
    if who.user_id in view.assignees:
        linked = {integration.id for _link, integration in links}
        is_foreign = any(link.is_source for link, _integration in links)
        places += [
            _miss(each, view, entries, is_waiting=each.id in waiting, is_foreign=is_foreign)
            for each in integrations
            if each.id not in linked
        ]
    return places


def _group(
    links: Iterable[tuple[LinkRow, Integration]],
) -> list[list[tuple[LinkRow, Integration]]]:
    """Return the links of each integration by their states."""
    groups: dict[tuple[str, LinkState], list[tuple[LinkRow, Integration]]] = {}
    for link, integration in links:
        groups.setdefault((integration.id, link.state), []).append((link, integration))
    return list(groups.values())


def _stand(
    group: Sequence[tuple[LinkRow, Integration]], entries: Sequence[LogEntry], waiting: set[str]
) -> Place | None:
    row, integration = group[0]
    if integration.deleted_at is not None and not row.is_source:
        return None
    link_ids = {link.id for link, _integration in group}
    done = [e.at for e in entries if e.link_id in link_ids and e.result is Result.DONE]
    return Place(
        integration,
        link_of(row),
        is_source=row.is_source,
        count=len(group),
        synced_at=max(done, default=None),
        is_waiting=integration.is_active and (integration.id in waiting or row.looks > 0),
    )


def _miss(
    integration: Integration,
    view: ItemView,
    entries: Sequence[LogEntry],
    *,
    is_waiting: bool,
    is_foreign: bool,
) -> Place:
    """Return how it is that an item does not stand in a calendar."""
    options, kind = load_options(integration.options), view.fields.kind
    own = (entry for entry in entries if entry.integration_id == integration.id)
    logged = next((entry.reason for entry in own if entry.reason), None)
    ticked_at = integration.kinds_since.get(kind.value, "")
    # Those that hold whatever a sync has said before, then what it said, then a guess.
    reasons = {
        "kind_off": kind not in options.kinds,
        "not_active": not integration.is_active,
        "undated": shown_times(view.fields) is None,
        "foreign": is_foreign and not options.sends_foreign,
        "waiting": is_waiting,
        logged or "": logged is not None,
        "older": view.updated_at.isoformat() < ticked_at,
    }
    reason = next((reason for reason, holds in reasons.items() if holds), "")
    return Place(integration, reason=reason, is_waiting=reason == "waiting")
