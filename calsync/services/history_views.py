"""What somebody may read of an item's history: nothing that was private to others at the time."""

from collections.abc import Iterable, Iterator, Sequence

from calsync.db.models import Item, ItemChange


def list_readable(
    changes: Iterable[ItemChange], item: Item, assignees: Sequence[str], user_id: str
) -> Iterator[ItemChange]:
    """Yield changes, the latest first, as a user may read them.

    Of an item that was private and not theirs, before a change or after it, they learn
    who changed it and when. That it is open to them now does not open its past.
    """
    is_private, people = item.is_private, set(assignees)
    for change in changes:
        # Before it was made, there was nothing that could be private.
        was_private = change.action != "created" and change.before.get("is_private", is_private)
        were = set(change.before.get("assignees", people))
        is_secret = is_private and user_id not in people
        was_secret = was_private and user_id not in were
        yield _without_texts(change) if is_secret or was_secret else change
        is_private, people = was_private, were


def _without_texts(change: ItemChange) -> ItemChange:
    before, after = (
        {name: side[name] for name in ("is_private",) if name in side}
        for side in (change.before, change.after)
    )
    return ItemChange(
        id=change.id,
        tenant_id=change.tenant_id,
        item_id=change.item_id,
        version=change.version,
        at=change.at,
        user_id=change.user_id,
        user_name=change.user_name,
        carried_by=change.carried_by,
        said_at=change.said_at,
        action=change.action,
        before=before,
        after=after,
    )
