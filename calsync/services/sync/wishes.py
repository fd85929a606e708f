"""What users asked to be done with links, with its number on the page."""

from collections.abc import Sequence
from datetime import datetime

from calsync.core.actions import Decision, DeleteThere
from calsync.core.holds import keep, let_go
from calsync.core.link import Deed, LinkState, Wish
from calsync.core.merge import find_kept_out
from calsync.core.settle import agree, reopen
from calsync.db.database import Session
from calsync.db.links import link_of, put_link
from calsync.db.parking import list_wished
from calsync.services.sync.pairs import Matter, Pairs


def is_released(matter: Matter) -> bool:
    """Tell whether the user wants to flow what was kept out, and nothing is under way."""
    return matter.row.wish is Wish.FLOW and matter.pair.link.flight is None


def reopened(session: Session, pairs: Pairs, matters: Sequence[Matter]) -> Sequence[Matter]:
    """Return the pairs with what was kept out counting as changed where the user wishes it."""
    kept_out = {
        matter.row.id: parts
        for matter in matters
        if is_released(matter) and (parts := find_kept_out(matter.pair))
    }
    for matter in matters:
        if matter.row.id in kept_out:
            put_link(matter.row, reopen(matter.pair.link, kept_out[matter.row.id]))
    return pairs.gather(session, [matter.row for matter in matters]) if kept_out else matters


def drop_unsent(session: Session, tenant_id: str, integration_id: str) -> None:
    """Forget the copies that Send asked for and that were not begun."""
    for row in list_wished(session, tenant_id, integration_id, Wish.SEND):
        if link_of(row).is_unsent:
            session.delete(row)
        row.wish = None


def grant_wish(matter: Matter, now: datetime) -> tuple[Decision | None, frozenset[Deed]]:
    """Return what the user asked to be done with a link, and the deeds that they confirmed.

    None where it is to be decided as ever (docs/sync.md 5, 6 and 11).
    """
    row, link = matter.row, matter.pair.link
    if row.wish is None or link.flight is not None:
        return None, frozenset()
    wish, row.wish = row.wish, None
    match wish:
        case Wish.FLOW:
            return None, frozenset({Deed.TAKE_IN, Deed.WRITE})
        case Wish.DELETE_COPY if link.has_no_copy:
            return Decision(link), frozenset()
        case Wish.DELETE_COPY:
            return Decision(link, (DeleteThere(),)), frozenset({Deed.DELETE_THERE})
        case Wish.AGREE:
            agreed = agree(link, matter.pair.here, now)
            # A copy that was never made, or never showed, is still to be sent.
            row.looks = int(agreed.state is LinkState.LIVE and agreed.seen is None)
            return Decision(agreed), frozenset()
        case Wish.DO if link.state is LinkState.HELD:
            return let_go(matter.pair, now), link.held
        case Wish.KEEP if link.state is LinkState.HELD:
            return keep(matter.pair, now), frozenset()
        case _:
            return None, frozenset()


def foresee(matter: Matter, now: datetime) -> Decision | None:
    """Return what will be done because the user said yes to what was held, None if nothing."""
    row, link = matter.row, matter.pair.link
    is_wanted = row.wish is Wish.DO and link.state is LinkState.HELD and link.flight is None
    return let_go(matter.pair, now) if is_wanted else None
