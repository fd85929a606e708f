"""One change of one item by somebody, in a transaction of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.series import Series, edit_this, split_following
from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.items import replace_assignees, replace_exceptions
from calsync.db.models import DueKind, Item, User
from calsync.ids import new_id
from calsync.services.entry_links import follow_edit, follow_split
from calsync.services.item_access import BIN_KEEPS
from calsync.services.item_checks import refuse_faults
from calsync.services.item_departures import note_departures
from calsync.services.item_edits import find_differences, rebind, rest_of, tail_fields, tail_of
from calsync.services.item_history import Change, note_change
from calsync.services.item_rows import (
    exception_rows,
    fields_of,
    put_fields,
    with_series,
    with_usual_rule,
)
from calsync.services.tools import Tools

#: What one occurrence cannot have for itself.
_OF_WHOLE_SERIES = ("is_private", "external_id")


@dataclass(frozen=True)
class Edit:
    """A change of one item by somebody, in a transaction of theirs."""

    tools: Tools
    session: Session
    actor: User
    item: Item
    present: Sequence[str]
    chosen: Sequence[str]
    #: Somebody does it in a page, to this one item.
    by_hand: bool = False

    def add(self, fields: ItemFields, series: Series | None = None) -> str:
        """Make the item and return its id."""
        item, overrides = self.item, series.overrides if series else ()
        fields = with_usual_rule(fields)
        item.version, item.updated_at = 1, self.tools.clock.now()
        put_fields(item, fields, overrides)
        self.session.add(item)
        self.session.flush()
        replace_assignees(self.session, item.tenant_id, item.id, self.chosen, item.updated_at)
        self.session.add_all(exception_rows(item.tenant_id, item.id, overrides))
        people = (self.present, self.chosen)
        self._note(Change(item, "created", None, fields, people))
        return item.id

    def change_all(self, fields: ItemFields, series: Series | None) -> str:
        """Change a plain item or a whole series, and keep what was done by hand to the rest."""
        return self._put(fields, rebind(series, fields_of(self.item), fields) if series else None)

    def change_this(self, fields: ItemFields, series: Series, shown: ItemFields, key: str) -> str:
        """Change one occurrence."""
        changes = find_differences(shown, replace(fields, rule=shown.rule))
        own = [Fault(name, "of_whole_series") for name in _OF_WHOLE_SERIES if name in changes]
        if set(self.chosen) != set(self.present):
            own.append(Fault("assignees", "of_whole_series"))
        if own:
            raise UnfitItem(tuple(own))
        edited = edit_this(series, key, changes)
        after = replace(fields, rule=shown.rule)
        self.store(fields_of(self.item), edited, shown, after, occurrence=key)
        return self.item.id

    def change_following(
        self, fields: ItemFields, series: Series, shown: ItemFields, key: str
    ) -> str:
        """Split the series, and return the id of the item that has the later part."""
        before = fields_of(self.item)
        head, tail = rest_of(head_of, series, key), tail_of(series, key)
        base, following = tail_fields(before, tail, shown, fields)
        refuse_faults(following)
        if head is None:  # nothing stays as it was, so it is the same item still
            following = replace(following, external_id=fields.external_id)
            return self._put(following, rebind(tail, base, following))
        if following.external_id == before.external_id:
            following = replace(following, external_id=None)
        kept = with_series(before, head)
        self.store(kept, head, before, kept, split=key)
        now = self.tools.clock.now()
        item = Item(id=new_id(), tenant_id=self.item.tenant_id, created_at=now)
        later = replace(self, item=item, present=())
        later.add(following, rebind(tail, base, following))
        follow_split(self.session, self.item, tail, item, following)
        return item.id

    def _put(self, fields: ItemFields, renewed: Series | None) -> str:
        before, now = fields_of(self.item), self.tools.clock.now()
        fields = with_usual_rule(fields)
        people = self.present, self.chosen
        replace_assignees(self.session, self.item.tenant_id, self.item.id, self.chosen, now)
        self.store(fields, renewed, before, fields, people=people)
        follow_edit(self.session, self.item, before, fields)
        note_departures(self.session, self.item, (before, fields), people)
        return self.item.id

    def store(
        self,
        fields: ItemFields,
        series: Series | None,
        before: ItemFields,
        after: ItemFields,
        *,
        people: tuple[Sequence[str], Sequence[str]] = ((), ()),
        **about: str,
    ) -> None:
        """Write the item with the exceptions of its series, and its history."""
        item, overrides = self.item, series.overrides if series else ()
        was_series = item.rule is not None
        put_fields(item, fields, overrides)
        item.updated_at = self.tools.clock.now()
        item.version += 1
        if was_series or overrides:
            rows = exception_rows(item.tenant_id, item.id, overrides)
            replace_exceptions(self.session, item.tenant_id, item.id, rows)
        self._note(Change(item, "changed", before, after, people, self.by_hand, about=about))

    def bin(self) -> None:
        """Put the item in the bin."""
        item = self.item
        item.deleted_at = item.updated_at = self.tools.clock.now()
        item.version += 1
        self._note(Change(item, "deleted", fields_of(item), None, by_hand=self.by_hand))
        due_at = item.deleted_at + BIN_KEEPS
        due_rows.wake(self.session, item.tenant_id, DueKind.PURGE, item.id, due_at)

    def restore(self) -> None:
        """Take the item out of the bin."""
        item = self.item
        item.deleted_at, item.updated_at = None, self.tools.clock.now()
        item.version += 1
        self._note(Change(item, "restored", None, fields_of(item)))
        due_rows.drop(self.session, item.tenant_id, DueKind.PURGE, item.id)

    def _note(self, change: Change) -> None:
        note_change(self.tools, self.session, self.actor, change)


def head_of(series: Series, key: str) -> Series:
    """Return the part of a series before an occurrence. Raises RuleError at the first one."""
    return split_following(series, key)[0]
