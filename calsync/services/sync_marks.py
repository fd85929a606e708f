"""Marking what a sync is to look at, in the transaction that changes it.

A mark says *look*, never *what*: the sync decides from what is there when it comes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from calsync.core.item import Kind
from calsync.core.link import Act
from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.links import mark_items
from calsync.db.models import DueKind, Item
from calsync.db.subjects import list_ids_by_user
from calsync.services.tools import Tools

_BY_ACTION = {"created": Act.CREATED, "restored": Act.RESTORED}
#: The kinds that come back where they were removed once they get another time (docs/sync.md 4).
_RESCHEDULED = frozenset({Kind.CRM_ACTIVITY, Kind.SERVICE_CALL, Kind.TASK})
_TIMES = frozenset({"times", "due_on"})


def mark_change(
    tools: Tools,
    session: Session,
    items: Sequence[Item],
    acts: Collection[Act],
    people: Collection[str],
) -> None:
    """Have the syncs of these people look at items that were changed, and by what acts.

    The integration that carried the change over knows of it already; to the user's other
    calendars, and to other users', it is a person's all the same, made in the calendar that
    it comes from (docs/sync.md 2). The items are of one tenant.
    """
    carrier, tenant_id = tools.carrier, items[0].tenant_id
    found = list_ids_by_user(session, tenant_id, people)
    others = {i: active for i, active in found if carrier is None or i != carrier.integration_id}
    if not others:
        return
    now: datetime = tools.clock.now()
    mark_items(session, tenant_id, list(others), [item.id for item in items], acts, now)
    for integration_id, is_active in others.items():
        if is_active:
            due_rows.wake(session, tenant_id, DueKind.SYNC, integration_id, now)
    tools.wake()


def acts_of(
    kind: Kind,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by_hand: bool = False,
) -> frozenset[Act]:
    """Return what somebody did by a change that touched ``before`` and ``after``."""
    hand = {Act.BY_HAND} if by_hand else set()
    if action != "changed":
        return frozenset({_BY_ACTION[action]} | hand if action in _BY_ACTION else hand)
    acts = {Act.CHANGED, *hand}
    touched = set(after) | set(before)
    if kind in _RESCHEDULED and _TIMES & touched:
        acts.add(Act.RESCHEDULED)
    if after.get("status") == "open":
        acts.add(Act.REOPENED)
    if set(after.get("assignees", ())) - set(before.get("assignees", ())):
        acts.add(Act.ASSIGNED)
    return frozenset(acts)
