"""Editing a series: this one, this and following, all.

Whatever was done by hand to one occurrence survives an edit of the others: it is bound to
the ordinal of the occurrence in the rule, removed and past ones included (docs/sync.md 9).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice

from calsync.core.clockwork import Clockwork
from calsync.core.event import Times
from calsync.core.recurrence import (
    Occurrence,
    Override,
    find_occurrences,
    get_occurrence,
    with_text,
)
from calsync.core.rule import Frequency, Rule, RuleError, RuleFault, Weekday
from calsync.core.rule_days import find_rule_day, list_days
from calsync.core.rule_summary import summarise


@dataclass(frozen=True, slots=True)
class Series:
    """The times of its first occurrence, the rule, and what was done by hand."""

    times: Times
    rule: Rule
    overrides: tuple[Override, ...] = ()

    def is_removed(self, key: str) -> bool:
        """Tell whether an occurrence was taken out of it."""
        return any(override.key == key and override.is_removed for override in self.overrides)

    @property
    def is_empty(self) -> bool:
        """Tell whether every occurrence has been removed."""
        if not self.rule.is_endless:
            removed = [override.key for override in self.overrides if override.is_removed]
            gone = sum(1 for _ in find_occurrences(self.times, self.rule, removed))
            return gone == sum(map(len, list_days(self.rule, Clockwork(self.times).first)))
        return False


def edit_this(series: Series, key: str, changes: Mapping[str, object]) -> Series:
    """Return the series with one occurrence changed; ``changes["times"]`` moves it.

    A removed one comes back with it. Raises RuleError for a key that is none of the series.
    """
    get_occurrence(series.times, series.rule, key)
    before = next((each.changes for each in series.overrides if each.key == key), {})
    return _with_override(series, Override(key, changes={**before, **changes}))


def remove_this(series: Series, key: str) -> Series:
    """Return the series without one occurrence, be it the first.

    Raises RuleError where nothing would be left, or for a key that is none of the series.
    """
    get_occurrence(series.times, series.rule, key)
    return _unless_empty(_with_override(series, Override(key, is_removed=True)))


def restore_this(series: Series, key: str) -> Series:
    """Return the series with an occurrence that was removed taking place again.

    Raises RuleError for a key that is none of the series.
    """
    get_occurrence(series.times, series.rule, key)
    return replace(series, overrides=tuple(o for o in series.overrides if o.key != key))


def split_following(series: Series, key: str) -> tuple[Series, Series]:
    """Return the series up to an occurrence, and the one that begins with it.

    Together they take place exactly as before, and each keeps what was done by hand to its
    own. The head ends on the day of its last occurrence; the tail has the occurrences that
    remain, or the same end. Raises RuleError (``empty``) at the first one: there is no head,
    and the edit is one of all. Only where the clocks skip the very time of ``key`` does the
    tail begin, and stay, at the later time.
    """
    at = get_occurrence(series.times, series.rule, key)
    if at.ordinal == 0:
        raise RuleError(RuleFault.EMPTY)
    before = _list_by_ordinal(series, [at.ordinal - 1])[0]
    until = date.fromisoformat(before.key[:10])
    head = with_text(replace(series.rule, count=None, until=until), series.times)
    first = Clockwork(series.times).first
    count = series.rule.count
    if count is not None:
        is_beside = find_rule_day(series.rule, first) != first.toordinal()
        count -= at.ordinal - is_beside
    tail = with_text(replace(series.rule, count=count), at.times)
    ordinals = _ordinals_of(series)
    known = [each for each in series.overrides if each.key in ordinals]
    earlier = tuple(each for each in known if ordinals[each.key] < at.ordinal)
    later = tuple(each for each in known if ordinals[each.key] >= at.ordinal)
    return Series(series.times, head, earlier), Series(at.times, tail, later)


def edit_all(series: Series, times: Times, rule: Rule, edited: Collection[str]) -> Series:
    """Return the series with new times and rule, and with what was done by hand re-paired.

    ``edited`` names the fields that the edit touched, ``times`` among them where it set
    new ones: an occurrence changed by hand takes these and keeps its others. Removed ones
    stay removed. What has no counterpart any more is dropped. Raises RuleError where
    nothing would be left.
    """
    ordinals = _ordinals_of(series)
    new = Series(times, rule)
    keys = {each.ordinal: each.key for each in _list_by_ordinal(new, ordinals.values())}
    overrides = []
    for old in series.overrides:
        key = keys.get(ordinals.get(old.key, -1))
        changes = {name: old.changes[name] for name in old.changes if name not in edited}
        if key is not None and (old.is_removed or changes):
            overrides.append(Override(key, old.is_removed, changes))
    return _unless_empty(replace(new, overrides=tuple(overrides)))


def pair_keys(old: Series | None, new: Series | None, keys: Collection[str]) -> dict[str, str]:
    """Return what each of these occurrences of ``old`` is called in ``new``: pairs by ordinal.

    What does not repeat is one occurrence, whose key is empty. What has no counterpart, and
    a key that is none of the series, is left out.
    """
    ordinals = {"": 0} if old is None else _find_ordinals(old, keys)
    kept = {key: ordinals[key] for key in keys if key in ordinals}
    found = _list_by_ordinal(new, kept.values()) if new is not None else ()
    names = {each.ordinal: each.key for each in found} if new is not None else {0: ""}
    return {key: names[ordinal] for key, ordinal in kept.items() if ordinal in names}


def follow_start(times: Times, rule: Rule, new_times: Times) -> Rule:
    """Return the rule of a series whose first occurrence is moved to another day.

    Weekly on Mondays, moved to a Tuesday, is weekly on Tuesdays; the second Monday becomes
    the weekday and the week of the month moved to. The end moves along. A rule that is not
    simple keeps its days.
    """
    summary = summarise(rule, times)
    old, new = Clockwork(times).first, Clockwork(new_times).first
    moved = new - old
    rule = replace(rule, until=rule.until + moved if rule.until else None)
    if moved and summary.is_simple:
        rule = _shift_days(rule, old, new)
    return with_text(rule, new_times)


def _shift_days(rule: Rule, old: date, new: date) -> Rule:
    by = (new - old).days
    weekdays = tuple(sorted({_shift_weekday(day, by, new) for day in rule.weekdays}))
    if rule.frequency in {Frequency.DAILY, Frequency.WEEKLY}:
        return replace(rule, weekdays=weekdays)
    return replace(
        rule,
        weekdays=weekdays,
        months=(new.month,) if rule.months else (),
        month_days=(new.day,) if rule.month_days else (),
    )


def _shift_weekday(day: Weekday, by: int, new: date) -> Weekday:
    if not day.nth:
        return Weekday((day.day + by) % 7)
    is_last = date.fromordinal(new.toordinal() + 7).month != new.month
    nth = -1 if is_last and (day.nth < 0 or new.day > 28) else (new.day - 1) // 7 + 1
    return Weekday(new.weekday(), nth)


def _with_override(series: Series, override: Override) -> Series:
    others = tuple(each for each in series.overrides if each.key != override.key)
    return replace(series, overrides=(*others, override))


def _unless_empty(series: Series) -> Series:
    if series.is_empty:
        raise RuleError(RuleFault.EMPTY)
    return series


def _ordinals_of(series: Series) -> dict[str, int]:
    return _find_ordinals(series, [override.key for override in series.overrides])


def _find_ordinals(series: Series, keys: Collection[str]) -> dict[str, int]:
    found = find_occurrences(series.times, series.rule, keys)
    return {occurrence.key: occurrence.ordinal for occurrence in found}


def _list_by_ordinal(series: Series, ordinals: Iterable[int]) -> list[Occurrence]:
    """Return the occurrences with these ordinals, as far as the series has them."""
    wanted = set(ordinals)
    clockwork = Clockwork(series.times)
    days = chain.from_iterable(list_days(series.rule, clockwork.first))
    numbered = enumerate(islice(days, max(wanted, default=-1) + 1))
    return [Occurrence(n, *clockwork.strike(day)) for n, day in numbered if n in wanted]
