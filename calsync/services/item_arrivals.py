"""Making items of what came in over an integration: many at once, each as if made by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from calsync.core.item import ItemFields
from calsync.db.database import Session
from calsync.db.models import Assignment, Item
from calsync.db.users import get_user
from calsync.ids import new_id
from calsync.services.item_checks import complete, find_unfitness, list_assignable
from calsync.services.item_history import Change, note_changes
from calsync.services.item_rows import put_fields, with_usual_rule
from calsync.services.tools import Carrier, Tools, Who


@dataclass(frozen=True)
class Arrival:
    """What an item is to be made of, and who carries it over."""

    fields: ItemFields
    carrier: Carrier


def make_arrivals(
    tools: Tools, session: Session, who: Who, arrivals: Sequence[Arrival]
) -> list[Item | None]:
    """Make items on the calendar of ``who``, in the open transaction; None for what is unfit.

    A constant number of questions for any number of items.
    """
    actor, people = get_user(session, who.tenant_id, who.user_id), frozenset[str]()
    if arrivals:
        people = list_assignable(session, who.tenant_id)
    changes: list[Change | None] = []
    for arrival in arrivals:
        fields = complete(session, who.tenant_id, arrival.fields)
        if find_unfitness(session, who.tenant_id, fields, [who.user_id], people):
            changes.append(None)
            continue
        item = _row_of(tools, who, with_usual_rule(fields))
        chosen = (who.user_id,)
        changes.append(
            Change(item, "created", None, fields, people=((), chosen), carrier=arrival.carrier)
        )
    made = [change for change in changes if change is not None]
    session.add_all(change.item for change in made)
    session.flush()
    session.add_all(_assignment_of(change.item, who) for change in made)
    note_changes(tools, session, actor, made)
    return [change.item if change else None for change in changes]


def _row_of(tools: Tools, who: Who, fields: ItemFields) -> Item:
    now = tools.clock.now()
    item = Item(id=new_id(), tenant_id=who.tenant_id, created_at=now, version=1, updated_at=now)
    put_fields(item, fields)
    return item


def _assignment_of(item: Item, who: Who) -> Assignment:
    return Assignment(
        tenant_id=item.tenant_id,
        item_id=item.id,
        user_id=who.user_id,
        assigned_at=item.updated_at,
    )
