"""The rule of a repeating appointment: an RFC 5545 RRULE as a value, read and written.

Only syntax and what the standard allows together. What a rule means on the calendar is
in ``rule_days``; what it means for an appointment with times and a zone, in ``recurrence``.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

#: More than anybody writes by hand or any calendar exports.
LONGEST_RULE = 1000
#: A rule with an end has no more occurrences than this (one without an end may).
MOST_OCCURRENCES = 2000
#: The longest step from one period to the next: nearly three years of days.
LONGEST_INTERVAL = 999


class RuleFault(StrEnum):
    """Why a rule, or an edit of a series, was refused; the words are made in ``web``."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    OUT_OF_RANGE = "out_of_range"
    COMBINATION = "combination"
    UNTIL_BEFORE_START = "until_before_start"
    NEVER_OCCURS = "never_occurs"
    TOO_MANY = "too_many"
    UNKNOWN_ZONE = "unknown_zone"
    UNKNOWN_OCCURRENCE = "unknown_occurrence"
    EMPTY = "empty"


class RuleError(ValueError):
    """A rule, or an edit of a series, that is refused; ``code`` says why."""

    def __init__(self, code: RuleFault) -> None:
        super().__init__(code.value)
        self.code = code


class Frequency(StrEnum):
    """What a rule repeats by; nothing finer than a day."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class Weekday(NamedTuple):
    """A weekday from Monday (0) on; ``nth`` counts it in its month or year, 0 is every one."""

    day: int
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in dates: ``until`` is the last day, in the series' own zone, that may have one.

    ``text`` is the normalised RRULE value, in which ``UNTIL`` is an instant for timed series.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | None = None
    months: tuple[int, ...] = ()
    week_numbers: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0
    text: str = field(default="", compare=False)

    @property
    def is_endless(self) -> bool:
        """Tell whether nothing in the rule ends it."""
        return self.count is None and self.until is None

    @property
    def names_days(self) -> bool:
        """Tell whether the rule itself says on which days, rather than its first occurrence."""
        return bool(self.week_numbers or self.year_days or self.month_days or self.weekdays)


Until = date | datetime

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FINER = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_UNSUPPORTED = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND", "BYEASTER", "RSCALE", "SKIP"})
_ONCE = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"})
#: The largest number of each part, and whether it may be counted from the end.
_LISTS = {
    "BYMONTH": ("months", 12, False),
    "BYWEEKNO": ("week_numbers", 53, True),
    "BYYEARDAY": ("year_days", 366, True),
    "BYMONTHDAY": ("month_days", 31, True),
    "BYSETPOS": ("positions", 366, True),
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?([A-Z]{2})", re.ASCII)
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?", re.ASCII)


def read_rule(text: str) -> tuple[Rule, Until | None]:
    """Return the rule that an RRULE value spells, and its UNTIL as it was written.

    UNTIL comes as a date, an aware instant in UTC, or a naive local time.
    """
    parts = _split_parts(text)
    if _UNSUPPORTED & parts.keys() or parts.get("FREQ") in _FINER:
        raise RuleError(RuleFault.UNSUPPORTED)
    if parts.keys() - _LISTS.keys() - _ONCE or parts.get("FREQ", "").lower() not in {*Frequency}:
        raise RuleError(RuleFault.MALFORMED)
    rule = Rule(
        frequency=Frequency(parts["FREQ"].lower()),
        interval=_read_number(parts.get("INTERVAL", "1"), LONGEST_INTERVAL),
        count=_read_count(parts["COUNT"]) if "COUNT" in parts else None,
        weekdays=_read_weekdays(parts["BYDAY"]) if "BYDAY" in parts else (),
        week_start=_read_day(parts.get("WKST", "MO")),
        months=_read_numbers(parts, "BYMONTH"),
        week_numbers=_read_numbers(parts, "BYWEEKNO"),
        year_days=_read_numbers(parts, "BYYEARDAY"),
        month_days=_read_numbers(parts, "BYMONTHDAY"),
        positions=_read_numbers(parts, "BYSETPOS"),
    )
    if not _may_stand_together(rule) or ("COUNT" in parts and "UNTIL" in parts):
        raise RuleError(RuleFault.COMBINATION)
    return rule, _read_until(parts["UNTIL"]) if "UNTIL" in parts else None


def write_rule(rule: Rule, until: Until | None) -> str:
    """Return the RRULE value of ``rule``, always in the same order, ending at ``until``."""
    parts = {
        "FREQ": rule.frequency.upper(),
        "INTERVAL": str(rule.interval) if rule.interval != 1 else "",
        "COUNT": "" if rule.count is None else str(rule.count),
        "UNTIL": _write_until(until) if until else "",
        **{part: ",".join(map(str, getattr(rule, name))) for part, (name, _, _) in _LISTS.items()},
        "BYDAY": ",".join(f"{day.nth or ''}{_DAYS[day.day]}" for day in rule.weekdays),
        "WKST": _DAYS[rule.week_start] if rule.week_start else "",
    }
    return ";".join(f"{part}={content}" for part, content in parts.items() if content)


def _split_parts(text: str) -> dict[str, str]:
    # The length comes first: nothing below looks twice at a text that is too long.
    if len(text) > LONGEST_RULE:
        raise RuleError(RuleFault.MALFORMED)
    value = text.strip().upper().removeprefix("RRULE:").removesuffix(";")
    pairs = [part.partition("=") for part in value.split(";")]
    parts = {name: content for name, _, content in pairs}
    if len(parts) != len(pairs) or not all(parts.values()):
        raise RuleError(RuleFault.MALFORMED)
    return parts


def _read_number(text: str, largest: int, *, signed: bool = False) -> int:
    if not _NUMBER.fullmatch(text):
        raise RuleError(RuleFault.MALFORMED)
    number = int(text)
    if not (1 <= (abs(number) if signed else number) <= largest):
        raise RuleError(RuleFault.OUT_OF_RANGE)
    return number


def _read_count(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise RuleError(RuleFault.MALFORMED)
    if int(text) > MOST_OCCURRENCES:
        raise RuleError(RuleFault.TOO_MANY)
    return _read_number(text, MOST_OCCURRENCES)


def _read_numbers(parts: dict[str, str], name: str) -> tuple[int, ...]:
    if name not in parts:
        return ()
    _, largest, signed = _LISTS[name]
    numbers = {_read_number(part, largest, signed=signed) for part in parts[name].split(",")}
    return tuple(sorted(numbers))


def _read_day(text: str) -> int:
    if text not in _DAYS:
        raise RuleError(RuleFault.MALFORMED)
    return _DAYS.index(text)


def _read_weekdays(text: str) -> tuple[Weekday, ...]:
    return tuple(sorted({_read_weekday(part) for part in text.split(",")}))


def _read_weekday(text: str) -> Weekday:
    match = _WEEKDAY.fullmatch(text)
    if not match:
        raise RuleError(RuleFault.MALFORMED)
    nth, day = match.groups()
    return Weekday(_read_day(day), _read_number(nth, 53, signed=True) if nth else 0)


def _read_until(text: str) -> Until:
    if not _UNTIL.fullmatch(text):
        raise RuleError(RuleFault.MALFORMED)
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise RuleError(RuleFault.MALFORMED) from error
    if "T" not in text:
        return moment.date()
    return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment


def _write_until(until: Until) -> str:
    if not isinstance(until, datetime):
        return until.isoformat().replace("-", "")
    written = until.replace(tzinfo=None).isoformat(timespec="seconds")
    return written.replace("-", "").replace(":", "") + ("Z" if until.tzinfo else "")


def _may_stand_together(rule: Rule) -> bool:
    """Tell whether RFC 5545, 3.3.10, allows these parts beside each other."""
    by_year = rule.frequency is Frequency.YEARLY
    if (rule.week_numbers or rule.year_days) and not by_year:
        return False
    if rule.month_days and rule.frequency is Frequency.WEEKLY:
        return False
    if any(weekday.nth for weekday in rule.weekdays) and (
        rule.week_numbers or rule.frequency in {Frequency.DAILY, Frequency.WEEKLY}
    ):
        return False
    return bool(rule.names_days or rule.months or not rule.positions)
