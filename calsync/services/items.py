"""Making, changing, deleting and restoring items of My Calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.permission import Right
from calsync.core.recurrence import Override
from calsync.core.series import Series, edit_this, remove_this, split_following
from calsync.db.database import Session
from calsync.db.items import map_exceptions, replace_assignees, replace_exceptions
from calsync.db.models import Item, User
from calsync.db.users import get_user
from calsync.errors import NotThere
from calsync.ids import new_id
from calsync.services.item_access import BIN_KEEPS, get_item, occurrence_of
from calsync.services.item_checks import (
    complete,
    refuse_faults,
    refuse_taken_ids,
    refuse_unfit,
    refuse_unless_assignable,
)
from calsync.services.item_edits import (
    find_differences,
    rebind,
    rest_of,
    spread_to_all,
    tail_fields,
    tail_of,
)
from calsync.services.item_history import note_change
from calsync.services.item_rows import exception_rows, fields_of, put_fields, series_of, with_series
from calsync.services.tools import Tools, Who

#: What one occurrence cannot have for itself.
_OF_WHOLE_SERIES = ("is_private", "external_id")


class Scope(StrEnum):
    """Which occurrences of a series a change is for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


def create_item(
    tools: Tools, who: Who, fields: ItemFields, assignees: Sequence[str] | None = None
) -> str:
    """Make an item for the assignees (else for whoever asks) and return its id.

    Raises UnfitItem where the fields cannot be, NotAllowed where whoever asks may
    not put such an item on somebody else's calendar.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        chosen = tuple(dict.fromkeys(assignees if assignees is not None else (who.user_id,)))
        fields = complete(session, who.tenant_id, fields)
        refuse_unfit(session, who.tenant_id, fields, chosen)
        refuse_unless_assignable(actor, fields, chosen)
        now = tools.clock.now()
        item = Item(id=new_id(), tenant_id=who.tenant_id, created_at=now)
        return _Edit(tools, session, actor, item, (), chosen).add(fields)


def create_items(
    tools: Tools, who: Who, drafts: Iterable[tuple[ItemFields, tuple[Override, ...]]]
) -> list[str]:
    """Make several items on the calendar of whoever asks, all or none, and return their ids.

    That the tenant has their tickets and clients is for the caller to know. A series comes
    with what was done by hand to single occurrences. Raises UnfitItem.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        made = []
        for fields, overrides in drafts:
            refuse_faults(fields)
            series = series_of(fields, ())
            series = replace(series, overrides=overrides) if series else None
            item = Item(id=new_id(), tenant_id=who.tenant_id, created_at=tools.clock.now())
            made.append(_Edit(tools, session, actor, item, (), (who.user_id,)).add(fields, series))
        return made


def change_item(
    tools: Tools,
    who: Who,
    item_id: str,
    fields: ItemFields,
    *,
    assignees: Sequence[str] | None = None,
    version: int | None = None,
    scope: Scope = Scope.ALL,
    key: str | None = None,
) -> str:
    """Put the fields in place of the item's, or of the occurrences that ``scope`` says.

    For all of a series, times and rule are the series' own, with its first occurrence;
    of the others, and for other scopes, they are those of the occurrence ``key``, and
    what it had for itself stays its own. Returns the id of the
    item that holds them: another one where a series was split. ``version`` is the one
    that whoever asks has read. Raises NotThere, NotAllowed, StaleVersion or UnfitItem,
    and then nothing has changed.
    """
    with refuse_taken_ids(), tools.db.begin() as session:
        item, actor, present = get_item(session, who, item_id, Right.CHANGE, version=version)
        chosen = tuple(dict.fromkeys(assignees)) if assignees is not None else present
        fields = replace(fields, kind=item.kind)
        fields = complete(session, who.tenant_id, fields, item.ticket_id)
        refuse_unless_assignable(actor, fields, set(chosen) - set(present))
        edit = _Edit(tools, session, actor, item, present, chosen)
        series = _series_in(session, item)
        shown = _get_shown(item, series, scope, key)
        if series is not None and scope is Scope.ALL:
            seen = occurrence_of(item, series, key)
            fields = spread_to_all(fields_of(item), seen[0], fields) if seen else fields
        # The rule is the series' own, and need not fit the times of one occurrence.
        judged = replace(fields, rule=None) if shown else fields
        refuse_unfit(session, who.tenant_id, judged, chosen, present)
        if series is None or shown is None:
            return edit.change_all(fields, series)
        if scope is Scope.THIS:
            return edit.change_this(fields, series, *shown)
        return edit.change_following(fields, series, *shown)


def delete_item(
    tools: Tools,
    who: Who,
    item_id: str,
    *,
    version: int | None = None,
    scope: Scope = Scope.ALL,
    key: str | None = None,
) -> None:
    """Put an item in the bin, or take the occurrences out that ``scope`` says.

    A series of which nothing would be left goes into the bin as it is.
    """
    with tools.db.begin() as session:
        item, actor, present = get_item(session, who, item_id, Right.DELETE, version=version)
        edit = _Edit(tools, session, actor, item, present, present)
        series = _series_in(session, item)
        shown = _get_shown(item, series, scope, key)
        if series is not None and shown is not None:
            cut = remove_this if scope is Scope.THIS else _head_of
            rest = rest_of(cut, series, shown[1])
            if rest is not None:
                after = with_series(fields_of(item), rest)
                edit.store(after, rest, fields_of(item), after, removed=shown[1])
                return
        edit.bin()


def restore_item(tools: Tools, who: Who, item_id: str) -> None:
    """Take an item out of the bin. Raises NotThere where it is not in there any more."""
    with tools.db.begin() as session:
        since = tools.clock.now() - BIN_KEEPS
        item, actor, _ = get_item(session, who, item_id, Right.DELETE, bin_since=since)
        if item.deleted_at is None:
            raise NotThere
        item.deleted_at = None
        item.updated_at = tools.clock.now()
        item.version += 1
        note_change(tools, session, actor, item, "restored", None, fields_of(item))


@dataclass(frozen=True)
class _Edit:
    """A change of one item by somebody, in a transaction of theirs."""

    tools: Tools
    session: Session
    actor: User
    item: Item
    present: Sequence[str]
    chosen: Sequence[str]

    def add(self, fields: ItemFields, series: Series | None = None) -> str:
        """Make the item and return its id."""
        item, overrides = self.item, series.overrides if series else ()
        item.version, item.updated_at = 1, self.tools.clock.now()
        put_fields(item, fields, overrides)
        self.session.add(item)
        self.session.flush()
        replace_assignees(self.session, item.tenant_id, item.id, self.chosen, item.updated_at)
        self.session.add_all(exception_rows(item.tenant_id, item.id, overrides))
        people = (self.present, self.chosen)
        note_change(
            self.tools, self.session, self.actor, item, "created", None, fields, people=people
        )
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
        head, tail = rest_of(_head_of, series, key), tail_of(series, key)
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
        return later.add(following, rebind(tail, base, following))

    def _put(self, fields: ItemFields, renewed: Series | None) -> str:
        before, now = fields_of(self.item), self.tools.clock.now()
        replace_assignees(self.session, self.item.tenant_id, self.item.id, self.chosen, now)
        self.store(fields, renewed, before, fields, people=(self.present, self.chosen))
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
        put_fields(item, fields, overrides)
        item.updated_at = self.tools.clock.now()
        item.version += 1
        rows = exception_rows(item.tenant_id, item.id, overrides)
        replace_exceptions(self.session, item.tenant_id, item.id, rows)
        note_change(
            self.tools,
            self.session,
            self.actor,
            item,
            "changed",
            before,
            after,
            people=people,
            **about,
        )

    def bin(self) -> None:
        """Put the item in the bin."""
        item = self.item
        item.deleted_at = item.updated_at = self.tools.clock.now()
        item.version += 1
        note_change(self.tools, self.session, self.actor, item, "deleted", fields_of(item), None)


def _series_in(session: Session, item: Item) -> Series | None:
    rows = map_exceptions(session, item.tenant_id, [item.id])[item.id]
    return series_of(fields_of(item), rows)


def _get_shown(
    item: Item, series: Series | None, scope: Scope, key: str | None
) -> tuple[ItemFields, str] | None:
    """Return the occurrence that is to be changed, or None where all of the item is."""
    if scope is Scope.ALL or (series is None and key is None):
        return None
    shown = occurrence_of(item, series, key)
    if shown is None:  # which one of the series was not said
        raise NotThere
    return shown


def _head_of(series: Series, key: str) -> Series:
    return split_following(series, key)[0]
