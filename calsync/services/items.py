"""Making, changing, deleting and restoring items of My Calendar."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from calsync.core.item import ItemFields
from calsync.core.item_record import dump_fields, find_changes
from calsync.core.permission import Right
from calsync.core.recurrence import Override
from calsync.core.rule import RuleError
from calsync.core.series import Series, edit_all, edit_this, remove_this, split_following
from calsync.db.database import Session
from calsync.db.items import map_exceptions, replace_assignees, replace_exceptions
from calsync.db.models import Item, ItemChange, User
from calsync.db.users import get_user
from calsync.errors import NotThere
from calsync.ids import new_id
from calsync.services.item_access import BIN_KEEPS, get_item, occurrence_of
from calsync.services.item_checks import complete, refuse_unfit, refuse_unless_assignable
from calsync.services.item_rows import exception_rows, fields_of, put_fields, series_of, with_series
from calsync.services.tools import Tools, Who


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
    with tools.db.begin() as session:
        actor = get_user(session, who.tenant_id, who.user_id)
        chosen = tuple(dict.fromkeys(assignees if assignees is not None else (who.user_id,)))
        fields = complete(session, who.tenant_id, fields)
        refuse_unfit(session, who.tenant_id, fields, chosen)
        refuse_unless_assignable(actor, fields, chosen)
        return _add(tools, session, actor, fields, chosen).id


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

    Returns the id of the item that holds them: another one where a series was
    split. ``version`` is the one that whoever asks has read. Raises NotThere,
    NotAllowed, StaleVersion or UnfitItem, and then nothing has changed.
    """
    with tools.db.begin() as session:
        item, actor, present = get_item(session, who, item_id, Right.CHANGE, version=version)
        chosen = tuple(dict.fromkeys(assignees)) if assignees is not None else present
        fields = complete(session, who.tenant_id, replace(fields, kind=item.kind))
        refuse_unfit(session, who.tenant_id, fields, chosen)
        if set(chosen) != set(present):
            refuse_unless_assignable(actor, fields, chosen)
        before = fields_of(item)
        rows = map_exceptions(session, who.tenant_id, [item_id])[item_id]
        series = series_of(before, rows)
        if series is None or key is None or scope is Scope.ALL:
            _change_all(tools, session, actor, item, fields, chosen, series)
            return item.id
        if scope is Scope.THIS:
            _change_this(tools, session, actor, item, fields, series, key)
            return item.id
        return _change_following(tools, session, actor, item, fields, chosen, series, key)


def delete_item(
    tools: Tools,
    who: Who,
    item_id: str,
    *,
    version: int | None = None,
    scope: Scope = Scope.ALL,
    key: str | None = None,
) -> None:
    """Put an item in the bin, or take the occurrences out that ``scope`` says."""
    with tools.db.begin() as session:
        item, actor, _ = get_item(session, who, item_id, Right.DELETE, version=version)
        before = fields_of(item)
        series = series_of(before, map_exceptions(session, who.tenant_id, [item_id])[item_id])
        if series is not None and key is not None and scope is not Scope.ALL:
            try:
                rest = (
                    remove_this(series, key)
                    if scope is Scope.THIS
                    else split_following(series, key)[0]
                )
            except RuleError as error:
                if error.code != "empty":
                    raise NotThere from None
            else:
                after = with_series(before, rest)
                _store(tools, session, actor, item, after, rest.overrides)
                _note(tools, session, actor, item, "changed", before, after, removed=key)
                return
        item.deleted_at = item.updated_at = tools.clock.now()
        item.version += 1
        _note(tools, session, actor, item, "deleted", before, None)


def restore_item(tools: Tools, who: Who, item_id: str) -> None:
    """Take an item out of the bin. Raises NotThere where it is not in there any more."""
    with tools.db.begin() as session:
        item, actor, _ = get_item(session, who, item_id, Right.DELETE, in_bin=True)
        if item.deleted_at is None or tools.clock.now() - item.deleted_at > BIN_KEEPS:
            raise NotThere
        item.deleted_at = None
        item.updated_at = tools.clock.now()
        item.version += 1
        _note(tools, session, actor, item, "restored", None, fields_of(item))


def _change_all(
    tools: Tools,
    session: Session,
    actor: User,
    item: Item,
    fields: ItemFields,
    assignees: tuple[str, ...],
    series: Series | None,
) -> None:
    before = fields_of(item)
    overrides: tuple[Override, ...] = ()
    changed, _ = find_changes(before, fields)
    renewed = series_of(fields, ())
    if series is not None and renewed is not None:
        edited = edit_all(series, renewed.times, renewed.rule, set(changed))
        overrides = edited.overrides
    _store(tools, session, actor, item, fields, overrides)
    replace_assignees(session, item.tenant_id, item.id, assignees, item.updated_at)
    _note(tools, session, actor, item, "changed", before, fields)


def _change_this(
    tools: Tools,
    session: Session,
    actor: User,
    item: Item,
    fields: ItemFields,
    series: Series,
    key: str,
) -> None:
    before = fields_of(item)
    shown = occurrence_of(item, series, key)
    if shown is None:
        raise NotThere
    changed, _ = find_changes(shown[0], replace(fields, rule=shown[0].rule))
    edited = edit_this(series, key, {name: getattr(fields, name) for name in changed})
    _store(tools, session, actor, item, before, edited.overrides)
    _note(tools, session, actor, item, "changed", shown[0], fields, occurrence=key)


def _change_following(
    tools: Tools,
    session: Session,
    actor: User,
    item: Item,
    fields: ItemFields,
    assignees: tuple[str, ...],
    series: Series,
    key: str,
) -> str:
    before = fields_of(item)
    try:
        head, tail = split_following(series, key)
    except RuleError as error:
        if error.code != "empty":
            raise NotThere from None
        _change_all(tools, session, actor, item, fields, assignees, series)
        return item.id
    kept = with_series(before, head)
    _store(tools, session, actor, item, kept, head.overrides)
    _note(tools, session, actor, item, "changed", before, kept, split=key)
    following = replace(fields, external_id=None)
    if following.rule == before.rule:
        following = replace(following, rule=tail.rule.text)
    return _add(tools, session, actor, following, assignees, _overrides_of_tail(tail, following)).id


def _overrides_of_tail(tail: Series, fields: ItemFields) -> tuple[Override, ...]:
    renewed = series_of(fields, ())
    if renewed is None:
        return ()
    edited = {"times"} if renewed.times != tail.times else set()
    return edit_all(tail, renewed.times, renewed.rule, edited).overrides


def _add(
    tools: Tools,
    session: Session,
    actor: User,
    fields: ItemFields,
    assignees: Sequence[str],
    overrides: tuple[Override, ...] = (),
) -> Item:
    now = tools.clock.now()
    item = Item(id=new_id(), tenant_id=actor.tenant_id, version=1, created_at=now, updated_at=now)
    put_fields(item, fields, overrides)
    session.add(item)
    session.flush()
    replace_assignees(session, actor.tenant_id, item.id, assignees, now)
    session.add_all(exception_rows(actor.tenant_id, item.id, overrides))
    _note(tools, session, actor, item, "created", None, fields)
    return item


def _store(
    tools: Tools,
    session: Session,
    actor: User,
    item: Item,
    fields: ItemFields,
    overrides: tuple[Override, ...],
) -> None:
    put_fields(item, fields, overrides)
    item.updated_at = tools.clock.now()
    item.version += 1
    rows = exception_rows(actor.tenant_id, item.id, overrides)
    replace_exceptions(session, actor.tenant_id, item.id, rows)


def _note(
    tools: Tools,
    session: Session,
    actor: User,
    item: Item,
    action: str,
    before: ItemFields | None,
    after: ItemFields | None,
    **about: Any,
) -> None:
    old, new = find_changes(before, after) if after else (dump_fields(before), {})
    session.add(
        ItemChange(
            tenant_id=item.tenant_id,
            item_id=item.id,
            version=item.version,
            at=tools.clock.now(),
            user_id=actor.id,
            user_name=actor.name,
            action=action,
            before=old,
            after={**new, **about},
        )
    )
