"""What an edit of some occurrences makes of a series."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from calsync.core.event import Times
from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.item_record import NAMES
from calsync.core.recurrence import parse_rule
from calsync.core.rule import RuleError
from calsync.core.series import Series, edit_all, split_following
from calsync.services.item_rows import series_of


def find_differences(before: ItemFields, after: ItemFields) -> dict[str, object]:
    """Return the fields that differ, as they are afterwards."""
    return {
        name: getattr(after, name)
        for name in NAMES
        if getattr(after, name) != getattr(before, name)
    }


def rest_of(cut: Callable[[Series, str], Series], series: Series, key: str) -> Series | None:
    """Return what a cut at an occurrence of the series leaves, or None where that is nothing."""
    try:
        rest = cut(series, key)
    except RuleError:  # the key is one of the series: nothing was left
        return None
    return None if rest.is_empty else rest


def rebind(series: Series, before: ItemFields, after: ItemFields) -> Series | None:
    """Return the series as edited, with what was done by hand; None if it repeats no more.

    Raises UnfitItem where nothing would be left of it.
    """
    renewed = series_of(after, ())
    if renewed is None:
        return None
    edited = find_differences(before, after).keys()
    try:
        return edit_all(series, renewed.times, renewed.rule, edited)
    except RuleError as error:
        raise UnfitItem((Fault("rule", error.code),)) from None


def spread_to_all(before: ItemFields, shown: ItemFields, fields: ItemFields) -> ItemFields:
    """Return the fields of a whole series that was edited where an occurrence was shown.

    When and how it repeats are given for the series; of the rest the edit says only
    what it changed.
    """
    changes: dict[str, Any] = find_differences(shown, fields)
    own = {"times": fields.times, "rule": fields.rule, "time_zone": fields.time_zone}
    return replace(before, **{**changes, **own})


def tail_of(series: Series, key: str) -> Series:
    """Return the series from an occurrence on, which may be all of it."""
    try:
        return split_following(series, key)[1]
    except RuleError:  # it is the first one
        return series


def tail_fields(
    before: ItemFields, tail: Series, shown: ItemFields, fields: ItemFields
) -> tuple[ItemFields, ItemFields]:
    """Return the fields of the later part of a series, as they were and as edited.

    Of what the occurrence ``shown`` had for itself, the others take only what the edit
    touched. A rule that was left alone keeps its end.
    """
    base = replace(before, times=tail.times, rule=tail.rule.text)
    changes: dict[str, Any] = find_differences(shown, fields)
    if means_same(fields.rule, before.rule, tail.times):
        changes.pop("rule", None)
    return base, replace(base, **changes)


def means_same(rule: str | None, other: str | None, times: Times | None) -> bool:
    """Tell whether two rules are the same for a series of these times, however written."""
    if rule is None or other is None or times is None:
        return rule == other
    try:
        return parse_rule(rule, times) == parse_rule(other, times)
    except RuleError:
        return False
