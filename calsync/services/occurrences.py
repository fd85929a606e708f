"""Single occurrences of a series: what takes place when, and changing some of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.permission import Right
from calsync.core.recurrence import RuleError, occurrences_with_overrides, parse_rule
from calsync.core.series import Series
from calsync.core.series_moves import move_all, move_following, move_rule
from calsync.db.items import map_exceptions
from calsync.services.item_access import ItemView, get_item, view_item
from calsync.services.item_rows import fields_of, series_of
from calsync.services.items import Scope, change_item
from calsync.services.tools import Tools, Who


def list_occurrences(
    tools: Tools, who: Who, item_id: str, start: datetime, end: datetime
) -> list[ItemView]:
    """Return what takes place of a series between two moments, the earliest first.

    An item that does not repeat has no occurrences. Raises NotThere.
    """
    with tools.db.read() as session:
        item, actor, assignees = get_item(session, who, item_id, Right.SEE)
        rows = map_exceptions(session, who.tenant_id, [item_id])[item_id]
    fields = fields_of(item)
    series = series_of(fields, rows)
    if series is None:
        return []
    views = []
    for each in occurrences_with_overrides(
        series.times, series.rule, series.overrides, start, end, actor.time_zone
    ):
        changes: dict[str, Any] = dict(each.changes)
        shown = replace(fields, times=each.times, **changes)
        own = [row for row in rows if row.key == each.key]
        views.append(view_item(item, actor, assignees, (shown, each.key), own))
    return views


def change_occurrence(
    tools: Tools,
    who: Who,
    whole: ItemView,
    shown: ItemView,
    fields: ItemFields,
    *,
    scope: Scope,
    assignees: Sequence[str] | None,
    keeps_rule: bool,
) -> str:
    """Put fields in place of those ``shown``, of one occurrence of ``whole``.

    For this and the following ones, or for all, a new start moves each as far, and the
    rule with them where it is to be kept. Returns the id of the item that has it now.
    Raises what ``change_item`` does, with the version of ``whole`` as the one read.
    """
    if scope is Scope.THIS and not keeps_rule:
        raise UnfitItem((Fault("rule", "of_whole_series"),))
    try:
        fitted = _fit(whole.fields, shown, fields, scope, keeps_rule=keeps_rule)
    except RuleError as error:
        raise UnfitItem((Fault("rule", error.code),)) from None
    return change_item(
        tools,
        who,
        whole.id,
        fitted,
        assignees=assignees,
        version=whole.version,
        scope=scope,
        key=shown.key,
    )


def _fit(
    whole: ItemFields, shown: ItemView, fields: ItemFields, scope: Scope, *, keeps_rule: bool
) -> ItemFields:
    """Return the fields with the times and the rule that they mean in this scope."""
    wanted, present, key = fields.times, shown.fields.times, shown.key
    if wanted is None or present is None or key is None:
        return fields
    if whole.rule is None or whole.times is None or scope is Scope.THIS:
        return fields
    rule = parse_rule(whole.rule, whole.times)
    if scope is Scope.ALL:
        times = move_all(whole.times, present, wanted)
        fields = replace(fields, times=times)
        return replace(fields, rule=move_rule(rule, whole.times, times)) if keeps_rule else fields
    if not keeps_rule:
        return fields
    if wanted == present:  # where it was moved by hand, the others stay
        return replace(fields, rule=whole.rule)
    return replace(fields, rule=move_following(Series(whole.times, rule), key, wanted))
