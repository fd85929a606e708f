"""How an appointment repeats: as a form offers it, and as a sentence says it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask_babel import format_date, get_locale

from calsync.core.clockwork import Clockwork
from calsync.core.event import Times
from calsync.core.recurrence import RuleError, parse_rule
from calsync.core.rule import Frequency, Rule
from calsync.core.rule_summary import RuleSummary, build_rule, summarise
from calsync.web.i18n import _, _n, join_list

#: What a form says of a rule that it cannot show: leave it as it is.
KEEP = "keep"
NEVER = "none"
#: The day of the month: by its number, by its weekday, or by the last of these.
MONTHLY = ("day", "nth", "last")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose of how often, on which days and until when.

    ``frequency`` is a Frequency, ``NEVER`` or ``KEEP``; ``ends`` is never, count or until.
    """

    frequency: str = NEVER
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    monthly: str = "day"
    ends: str = "never"
    count: int | None = None
    until: date | None = None


def choose(rule: str | None, times: Times | None) -> Choices:
    """Return the choices that make a rule, or KEEP where none do."""
    if rule is None or times is None:
        return Choices()
    parsed = parse_rule(rule, times)
    summary = summarise(parsed, times)
    if summary.is_simple:
        for monthly in MONTHLY:
            choices = _read(summary, monthly)
            if _makes(choices, parsed, times):
                return choices
    return Choices(KEEP)


def make_rule(choices: Choices, times: Times) -> str | None:
    """Return the rule that the choices make, to be judged when it is stored."""
    if choices.frequency == NEVER:
        return None
    frequency = Frequency(choices.frequency)
    first = Clockwork(times).first
    by_month = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    by_weekday = by_month and choices.monthly != "day"
    rule = build_rule(
        RuleSummary(
            frequency=frequency,
            interval=choices.interval,
            weekdays=choices.weekdays if frequency is Frequency.WEEKLY else (),
            month_day=first.day if by_month and not by_weekday else None,
            nth=_find_nth(first, choices.monthly) if by_weekday else None,
            weekday=first.weekday() if by_weekday else None,
            month=first.month if frequency is Frequency.YEARLY else None,
            count=choices.count if choices.ends == "count" else None,
            until=choices.until if choices.ends == "until" else None,
        )
    )
    with suppress(RuleError):  # what cannot be is refused, with its reason, when it is stored
        rule = parse_rule(rule, times).text
    return rule


def describe_rule(rule: str, times: Times) -> str:
    """Return a rule as a sentence without its full stop."""
    parsed = parse_rule(rule, times)
    summary = summarise(parsed, times)
    often = _say_often(summary) if summary.is_simple else _say_rule(parsed)
    if summary.count is not None:
        return _n("%(often)s, %(num)d time", "%(often)s, %(num)d times", summary.count, often=often)
    if summary.until is not None:
        return _("%(often)s, until %(day)s", often=often, day=_say_day(summary.until))
    return often


def name_weekdays(width: str = "wide") -> list[str]:
    """Return the names of the weekdays from Monday on."""
    names = get_locale().days["stand-alone"][width]
    return [str(names[day]) for day in range(7)]


def _read(summary: RuleSummary, monthly: str) -> Choices:
    ends = "count" if summary.count is not None else "until" if summary.until else "never"
    return Choices(
        frequency=summary.frequency.value,
        interval=summary.interval,
        weekdays=summary.weekdays,
        monthly=monthly,
        ends=ends,
        count=summary.count,
        until=summary.until,
    )


def _makes(choices: Choices, rule: Rule, times: Times) -> bool:
    made = make_rule(choices, times)
    try:
        remade = parse_rule(made or "", times)
    except RuleError:
        return False
    # On which day a week begins matters only where some weeks are left out.
    if rule.interval == 1:
        remade = replace(remade, week_start=rule.week_start)
    return summarise(remade, times) == summarise(rule, times)


def _find_nth(day: date, monthly: str) -> int:
    is_last = (day + timedelta(days=7)).month != day.month
    return -1 if monthly == "last" or (is_last and day.day > 28) else (day.day - 1) // 7 + 1


def _say_often(summary: RuleSummary) -> str:
    match summary.frequency:
        case Frequency.DAILY:
            return _n("Every day", "Every %(num)d days", summary.interval)
        case Frequency.WEEKLY:
            names = [name_weekdays()[day] for day in summary.weekdays]
            return _n(
                "Every week on %(days)s",
                "Every %(num)d weeks on %(days)s",
                summary.interval,
                days=join_list(names),
            )
        case Frequency.MONTHLY:
            return _n(
                "Every month on %(day)s",
                "Every %(num)d months on %(day)s",
                summary.interval,
                day=_say_day_of_month(summary),
            )
        case Frequency.YEARLY:
            return _n(
                "Every year in %(month)s on %(day)s",
                "Every %(num)d years in %(month)s on %(day)s",
                summary.interval,
                month=get_locale().months["stand-alone"]["wide"][summary.month],
                day=_say_day_of_month(summary),
            )


def _say_day_of_month(summary: RuleSummary) -> str:
    if summary.nth is not None and summary.weekday is not None:
        weekday = name_weekdays()[summary.weekday]
        counted = {
            1: _("the first %(weekday)s", weekday=weekday),
            2: _("the second %(weekday)s", weekday=weekday),
            3: _("the third %(weekday)s", weekday=weekday),
            4: _("the fourth %(weekday)s", weekday=weekday),
            5: _("the fifth %(weekday)s", weekday=weekday),
            -1: _("the last %(weekday)s", weekday=weekday),
        }
        ordinal = _("%(weekday)s number %(nth)s", weekday=weekday, nth=summary.nth)
        return counted.get(summary.nth, ordinal)
    if summary.month_day is not None and summary.month_day < 0:
        if summary.month_day == -1:
            return _("the last day")
        return _("day %(day)s from the end", day=-summary.month_day)
    return _("day %(day)s", day=summary.month_day)


def _say_rule(rule: Rule) -> str:
    # Its end is said beside it in words.
    parts = [part for part in rule.text.split(";") if not part.startswith(("COUNT=", "UNTIL="))]
    return _("By a rule of its own: %(rule)s", rule=";".join(parts))


def _say_day(day: date) -> str:
    return str(format_date(day, "d MMM yyyy"))
