"""The links of a series that is edited go along with its occurrences (docs/sync.md 9).

An edit pairs old and new occurrences by their ordinal in the rule. Without this, each copy
of a series that is moved by an hour would be deleted and made anew, and with it what its
user did to it there.
"""

from calsync.core.item import ItemFields
from calsync.core.series import Series, pair_keys
from calsync.db.copies import list_links_of_item, rename_entries
from calsync.db.database import Session
from calsync.db.models import Item
from calsync.services.item_rows import series_of


def follow_edit(session: Session, item: Item, before: ItemFields, after: ItemFields) -> None:
    """Let the links of an item be of what their entries have become by an edit of all."""
    if (before.times, before.rule) == (after.times, after.rule):
        return
    if before.rule is None and after.rule is None:
        return
    rows = list_links_of_item(session, item.tenant_id, item.id)
    keys = pair_keys(series_of(before, ()), series_of(after, ()), {row.key for row in rows})
    rename_entries(session, rows, item.id, keys)


def follow_split(
    session: Session, item: Item, tail: Series, later: Item, following: ItemFields
) -> None:
    """Let the links of the later part of a series be of the item that has it now."""
    rows = list_links_of_item(session, item.tenant_id, item.id)
    keys = pair_keys(tail, series_of(following, ()), {row.key for row in rows})
    rename_entries(session, [row for row in rows if row.key in keys], later.id, keys)
