"""What was done to an item: who, when, what it was before and what after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from calsync.core.item import ItemFields
from calsync.core.item_record import dump_fields, find_changes
from calsync.db.database import Session
from calsync.db.items import map_assignees
from calsync.db.models import Item, ItemChange, User
from calsync.services.sync_marks import acts_of, mark_change
from calsync.services.tools import Carrier, Tools
from calsync.services.webhooks import announce


@dataclass(frozen=True)
class Change:
    """What made the present version of an item.

    ``people`` are the assignees before and after. ``by_hand`` says that somebody did it in a
    page, to this one item; ``about`` is told besides.
    """

    item: Item
    action: str
    before: ItemFields | None
    after: ItemFields | None
    people: tuple[Sequence[str], Sequence[str]] = ((), ())
    by_hand: bool = False
    #: Who carries it over; None where a person does it.
    carrier: Carrier | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def note_change(tools: Tools, session: Session, actor: User, change: Change) -> None:
    """Write a change into the history of its item, and have it told. Only what differs is kept."""
    note_changes(tools, session, actor, [replace(change, carrier=tools.carrier)])


def note_changes(tools: Tools, session: Session, actor: User, changes: Sequence[Change]) -> None:
    """Write changes into the history of their items, and have them told.

    They are of one kind: one action, done to the items of one kind of the same people, and
    carried over by the same integration if by any.
    """
    if not changes:
        return
    rows = [_row_of(tools, actor, change) for change in changes]
    session.add_all(rows)
    one, items = changes[0], [change.item for change in changes]
    announce(tools, session, items, one.action)
    on_it = one.people[1] or map_assignees(session, one.item.tenant_id, [one.item.id])[one.item.id]
    acts = acts_of(one.item.kind, one.action, rows[0].before, rows[0].after, by_hand=one.by_hand)
    marking = replace(tools, carrier=one.carrier)
    mark_change(marking, session, items, acts, {*one.people[0], *on_it})


def _row_of(tools: Tools, actor: User, change: Change) -> ItemChange:
    before, after, people = change.before, change.after, change.people
    old, new = find_changes(before, after) if after else (dump_fields(before), {})
    if set(people[0]) != set(people[1]):
        old["assignees"], new["assignees"] = sorted(people[0]), sorted(people[1])
    return ItemChange(
        tenant_id=change.item.tenant_id,
        item_id=change.item.id,
        version=change.item.version,
        at=tools.clock.now(),
        user_id=actor.id,
        user_name=actor.name,
        carried_by=change.carrier.integration_id if change.carrier else None,
        said_at=change.carrier.said_at if change.carrier else None,
        action=change.action,
        before=old,
        after={**new, **change.about},
    )
