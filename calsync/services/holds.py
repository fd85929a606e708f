"""What waits for the user's word, and the two words there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calsync.core.content import Content
from calsync.core.holds import Answer, Held
from calsync.core.integration import Refusal
from calsync.core.link import Wish
from calsync.db.database import Session
from calsync.db.holds import count_answered, count_held, list_held, wish_for_held
from calsync.db.links import link_of
from calsync.db.models import Integration, LinkRow
from calsync.errors import NotPossible
from calsync.services.integration_state import get_integration, lock, note, wake_if_active
from calsync.services.log_views import Glimpse, glimpse_items
from calsync.services.tools import Tools, Who

#: Entries of each group that are shown with it.
_FIRST = 5
_PAGE = 50
_WISHES = {Answer.DO: Wish.DO, Answer.KEEP: Wish.KEEP}


@dataclass(frozen=True)
class HeldEntry:
    """One entry that waits: what it shows, and what is known of its item now."""

    id: str
    item_id: str
    content: Content | None
    glimpse: Glimpse


@dataclass(frozen=True)
class HeldGroup:
    """Everything over which the same waits: how much for which reasons, and the first of it."""

    held: Held
    reasons: Mapping[str, int]
    entries: tuple[HeldEntry, ...]

    @property
    def count(self) -> int:
        return sum(self.reasons.values())


def list_held_groups(
    tools: Tools, who: Who, integration_id: str
) -> tuple[Integration, list[HeldGroup]]:
    """Return an integration of the user's and everything that waits there. Raises NotThere."""
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        ids = who.tenant_id, integration_id
        counts = count_held(session, *ids)
        rows = [
            row for held in counts for row in list_held(session, *ids, held, after="", limit=_FIRST)
        ]
        entries = _view(session, who, rows)
    return integration, [
        HeldGroup(held, counts[held], tuple(e for r, e in entries if r.held_as is held))
        for held in Held
        if held in counts
    ]


def page_held(
    tools: Tools, who: Who, integration_id: str, held: Held, *, after: str
) -> tuple[Integration, list[HeldEntry], bool]:
    """Return the integration, entries over which this waits, and whether more follow.

    They come by when they take place, from the one after ``after``. Raises NotThere.
    """
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        ids = who.tenant_id, integration_id
        rows = list_held(session, *ids, held, after=after, limit=_PAGE + 1)
        entries = [entry for _, entry in _view(session, who, rows[:_PAGE])]
    return integration, entries, len(rows) > _PAGE


def answer_held(
    tools: Tools, who: Who, integration_id: str, held: Held, answer: Answer, confirmed: int
) -> None:
    """Have what waits done after all, or both sides left as they are.

    It is the number that the user has ``confirmed``, and the next sync decides on each from
    what it is then. The same answer once more, as by a double click, is harmless. Raises
    NotThere, and NotPossible with a Refusal.
    """
    now, wish = tools.clock.now(), _WISHES[answer]
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        ids = who.tenant_id, integration_id
        number = wish_for_held(session, *ids, held, wish)
        if number == 0 and confirmed == count_answered(session, *ids, held, wish) > 0:
            return
        if number != confirmed:
            raise NotPossible(Refusal.NUMBER_CHANGED)
        wake_if_active(session, integration, now)
    tools.wake()
    note("held answered", who, integration_id, held=held.value, wish=wish.value, links=confirmed)


def _view(session: Session, who: Who, rows: Sequence[LinkRow]) -> list[tuple[LinkRow, HeldEntry]]:
    glimpses = glimpse_items(session, who, {row.item_id for row in rows})
    return [
        (row, HeldEntry(row.id, row.item_id, _shown(row), glimpses.get(row.item_id, Glimpse())))
        for row in rows
    ]


def _shown(row: LinkRow) -> Content | None:
    """Return what stands there, else what stood here last."""
    link = link_of(row)
    seen = link.seen.content if link.seen and link.seen.stands else None
    return seen or link.here or link.there
