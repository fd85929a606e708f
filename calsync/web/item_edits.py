"""An edit of one occurrence as the edit of a series that it means."""

from dataclasses import dataclass, replace

from calsync.core.event import Times
from calsync.core.item import Fault, ItemFields, UnfitItem
from calsync.core.recurrence import RuleError, parse_rule
from calsync.core.series import Series
from calsync.core.series_moves import move_all, move_following, move_rule
from calsync.services.item_access import ItemView, find_item_view
from calsync.services.items import Scope, change_item
from calsync.web.current import tools, who
from calsync.web.repeats import Choices, choose, make_rule

#: Above this, nothing is worth another look.
_LONGEST_KEY = 20


@dataclass(frozen=True)
class Edited:
    """What a page shows of an item: one occurrence, and the series that it is one of.

    Both are the same where it does not repeat, or where the whole series is meant.
    """

    shown: ItemView
    whole: ItemView

    @property
    def is_one_of_many(self) -> bool:
        """Tell whether it makes a difference which ones are meant."""
        return self.shown.key is not None

    @property
    def choices(self) -> Choices:
        """Give how it repeats."""
        return choose(self.whole.fields.rule, self.whole.fields.times)


def find_edited(item_id: str, key: str) -> Edited:
    """Return the item, and the occurrence if ``key`` names one. Raises NotThere."""
    whole = find_item_view(tools(), who(), item_id)
    if not key:
        return Edited(whole, whole)
    return Edited(find_item_view(tools(), who(), item_id, key[:_LONGEST_KEY]), whole)


def change(
    edited: Edited,
    fields: ItemFields,
    *,
    scope: Scope,
    choices: Choices | None = None,
    version: int | None = None,
    assignees: list[str] | None = None,
) -> str:
    """Store what was entered for the shown occurrence; ``choices`` None leaves the rule.

    Returns the id of the item that has it now. Raises UnfitItem, NotThere, NotAllowed or
    StaleVersion.
    """
    try:
        if choices == edited.choices:
            choices = None
        fields = _fit(edited, fields, scope, choices)
        return change_item(
            tools(),
            who(),
            edited.whole.id,
            fields,
            assignees=assignees,
            version=version,
            scope=scope,
            key=edited.shown.key,
        )
    except RuleError as error:
        raise UnfitItem((Fault("rule", error.code),)) from None


def _fit(edited: Edited, fields: ItemFields, scope: Scope, choices: Choices | None) -> ItemFields:
    """Return the fields with the times and the rule that they mean in this scope."""
    old, shown, times = edited.whole.fields, edited.shown.fields.times, fields.times
    if times is None or (choices is None and old.rule is None):
        return fields
    if edited.is_one_of_many and scope is Scope.THIS:
        if choices is not None:
            raise UnfitItem((Fault("scope", "rule_of_one"),))
        return replace(fields, rule=None)
    if edited.is_one_of_many and scope is Scope.ALL and old.times and shown:
        times = move_all(old.times, shown, times)
        fields = replace(fields, times=times)
    if choices is not None:
        return replace(fields, rule=make_rule(choices, times))
    return replace(fields, rule=_keep_rule(edited, times, scope))


def _keep_rule(edited: Edited, times: Times, scope: Scope) -> str | None:
    old, key = edited.whole.fields, edited.shown.key
    if old.rule is None or old.times is None:
        return None
    rule = parse_rule(old.rule, old.times)
    if key is not None and scope is Scope.FOLLOWING:
        if times == edited.shown.fields.times:  # where it was moved by hand, the others stay
            return old.rule
        return move_following(Series(old.times, rule), key, times)
    return move_rule(rule, old.times, times)
