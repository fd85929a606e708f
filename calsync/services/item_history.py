"""What was done to an item: who, when, what it was before and what after."""

from collections.abc import Sequence
from typing import Any

from calsync.core.item import ItemFields
from calsync.core.item_record import dump_fields, find_changes
from calsync.db.database import Session
from calsync.db.items import map_assignees
from calsync.db.models import Item, ItemChange, User
from calsync.services.sync_marks import acts_of, mark_change
from calsync.services.tools import Tools
from calsync.services.webhooks import announce


def note_change(
    tools: Tools,
    session: Session,
    actor: User,
    item: Item,
    action: str,
    before: ItemFields | None,
    after: ItemFields | None,
    *,
    people: tuple[Sequence[str], Sequence[str]] = ((), ()),
    by_hand: bool = False,
    **about: Any,
) -> None:
    """Write what made the present version of an item into its history, and have it told.

    ``people`` are the assignees before and after. Only what differs is kept. ``by_hand``
    says that somebody did it in a page, to this one item.
    """
    old, new = find_changes(before, after) if after else (dump_fields(before), {})
    if set(people[0]) != set(people[1]):
        old["assignees"], new["assignees"] = sorted(people[0]), sorted(people[1])
    session.add(
        ItemChange(
            tenant_id=item.tenant_id,
            item_id=item.id,
            version=item.version,
            at=tools.clock.now(),
            user_id=actor.id,
            user_name=actor.name,
            carried_by=tools.carrier.integration_id if tools.carrier else None,
            said_at=tools.carrier.said_at if tools.carrier else None,
            action=action,
            before=old,
            after={**new, **about},
        )
    )
    announce(tools, session, item, action)
    on_it = people[1] or map_assignees(session, item.tenant_id, [item.id])[item.id]
    acts = acts_of(item.kind, action, old, new, by_hand=by_hand)
    mark_change(tools, session, item, acts, {*people[0], *on_it})
