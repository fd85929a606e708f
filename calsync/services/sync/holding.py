"""What of a decision waits for the user's word, and noting that it does."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from calsync.core.actions import Action, Decision, Hold, deed_of
from calsync.core.brake import charge_of
from calsync.core.link import Deed, LinkState, Side
from calsync.core.run import Result
from calsync.db.database import Session
from calsync.db.links import put_link
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Matter
from calsync.services.sync.planning import Plan


def find_held(
    matter: Matter, decision: Decision, plan: Plan, exempt: Collection[Deed]
) -> dict[Action, str]:
    """Return the actions that wait for the user's word, each with the reason.

    The deeds that are ``exempt`` are those that the user has confirmed with their number.
    """
    asked = [action for action in decision.actions if deed_of(action) not in exempt]
    reasons = {action: _why_held(matter, action, plan) for action in asked}
    return {action: reason for action, reason in reasons.items() if reason is not None}


def count_deletions(
    matter: Matter, decision: Decision, exempt: Collection[Deed]
) -> Mapping[Side, int]:
    """Return how much goes with a decision, in each direction, that the brake counts."""
    link, group = matter.pair.link, matter.group
    asked = [action for action in decision.actions if deed_of(action) not in exempt]
    charges = [charge_of(action, link, group) for action in asked]
    return Counter(charge.side for charge in charges if charge and charge.is_deletion)


def hold(
    session: Session,
    journal: Journal,
    matter: Matter,
    held: Mapping[Action, str],
    now: datetime,
) -> None:
    """Note on a link what waits and why."""
    deeds = frozenset(filter(None, map(deed_of, held)))
    why = next(iter(held.values()))
    link = replace(matter.pair.link, state=LinkState.HELD, held=deeds, held_for=why)
    put_link(matter.row, link)
    for action, reason in held.items():
        journal.note_action(session, matter, action, now, result=Result.HELD, reason=reason)


def _why_held(matter: Matter, action: Action, plan: Plan) -> str | None:
    if isinstance(action, Hold):
        return action.reason
    charge = charge_of(action, matter.pair.link, matter.group)
    if charge is None:
        return None
    if plan.awaits_return(charge):
        return "absence"
    return "brake" if plan.holds(charge) else None
