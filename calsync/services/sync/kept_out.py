"""Changes that switches, rights or permissions kept out so far, and that may flow after all.

Turning a switch on never rewrites the past by itself: the user sees how many there are and
says so (docs/sync.md 1).
"""

from dataclasses import replace
from datetime import datetime

from calsync.core.integration import Refusal
from calsync.core.merge import find_kept_out
from calsync.core.options import Options
from calsync.db.database import Session
from calsync.db.links import link_of, list_all_links
from calsync.db.parking import let_flow
from calsync.errors import NotPossible, NotThere
from calsync.services.integration_state import get_integration, lock, note, wake_if_active
from calsync.services.sync.pairs import Pairs
from calsync.services.sync.scope import Subject, load_subject
from calsync.services.tools import Tools, Who

#: Links that are looked through at once.
_AT_ONCE = 50


def count_kept_out(
    tools: Tools, who: Who, integration_id: str, options: Options | None = None
) -> int:
    """Return how many changes that were kept out so far would flow now, or by other options.

    A change is of one part of one entry, in either direction. Raises NotThere.
    """
    with tools.db.read() as session:
        get_integration(session, who, integration_id)
        subject = _load(session, who, integration_id)
        chosen = subject if options is None else replace(subject, options=options)
        return sum(_map_kept_out(session, chosen, tools.public_url, tools.clock.now()).values())


def release_kept_out(tools: Tools, who: Who, integration_id: str, confirmed: int) -> None:
    """Let the changes that were kept out so far flow with the next sync.

    They are the number that the user has ``confirmed``. Raises NotThere, and NotPossible
    with a Refusal.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        release(tools, session, who, integration_id, confirmed, now)
        wake_if_active(session, integration, now)
    tools.wake()
    note("kept out changes let flow", who, integration_id, changes=confirmed)


def release(
    tools: Tools, session: Session, who: Who, integration_id: str, confirmed: int, now: datetime
) -> None:
    """Have the changes that were kept out so far flow, in a transaction that holds the lock."""
    found = _map_kept_out(session, _load(session, who, integration_id), tools.public_url, now)
    if sum(found.values()) != confirmed:
        raise NotPossible(Refusal.NUMBER_CHANGED)
    let_flow(session, who.tenant_id, integration_id, list(found))


def _load(session: Session, who: Who, integration_id: str) -> Subject:
    subject = load_subject(session, who.tenant_id, integration_id)
    if subject is None:
        raise NotThere
    return subject


def _map_kept_out(
    session: Session, subject: Subject, base_url: str, now: datetime
) -> dict[str, int]:
    """Return by link how many changes were kept out of it and would flow."""
    rows = [
        row
        for row in list_all_links(session, subject.tenant_id, subject.id)
        if link_of(row).declined
    ]
    pairs, found = Pairs(subject, base_url, now), dict[str, int]()
    # Copies of a kind that is about to be unticked are parked with it: nothing flows to them.
    kinds = subject.options.kinds
    for at in range(0, len(rows), _AT_ONCE):
        for matter in pairs.gather(session, rows[at : at + _AT_ONCE]):
            is_parked = matter.pair.link.is_ours and matter.pair.here.kind not in kinds
            parts = frozenset() if is_parked else find_kept_out(matter.pair)
            if parts:
                found[matter.row.id] = len(parts)
    return found
