"""Rules, times and ranges that Hypothesis makes up for the property tests."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, reject, settings
from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed, Times
from calsync.core.recurrence import RuleError, parse_rule

#: A busy machine makes up series slowly, and many of them have nothing in a range: neither
#: says anything about the product.
LIMITS = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# fmt: off
ZONES = [
    "Europe/London", "America/New_York", "Australia/Lord_Howe",
    "America/St_Johns", "Asia/Kolkata", "Africa/Cairo",
]
# fmt: on
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

#: None of these lets an occurrence that begins in a skipped hour end at noon in UTC, where
#: the ranges below begin and end.
LENGTHS = [timedelta(minutes=minutes) for minutes in (0, 15, 60, 9 * 60, 26 * 60, 72 * 60)]

days = st.dates(date(2013, 1, 1), date(2026, 12, 31))
clocks = st.one_of(
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59])),
    # The hours in which clocks change.
    st.builds(time, st.integers(0, 3), st.sampled_from([0, 1, 30])),
)


@st.composite
def timed(draw: st.DrawFn) -> Timed:
    zone = draw(st.sampled_from(ZONES))
    start = datetime.combine(draw(days), draw(clocks), ZoneInfo(zone)).astimezone(UTC)
    here = start.astimezone(ZoneInfo(zone))
    if here.fold:
        # A DTSTART in iCalendar cannot say which of two it means.
        reject()
    end = (here + draw(st.sampled_from(LENGTHS))).astimezone(UTC)
    return Timed(start, max(start, end), zone)


@st.composite
def all_day(draw: st.DrawFn) -> AllDay:
    start = draw(days)
    return AllDay(start, start + timedelta(days=draw(st.integers(1, 4))))


times = st.one_of(timed(), timed(), all_day())


def numbers(smallest: int, largest: int) -> st.SearchStrategy[str]:
    """Return lists of a few numbers, some of them counted from the end."""
    few = st.lists(st.integers(smallest, largest).filter(bool), min_size=1, max_size=4, unique=True)
    return few.map(lambda chosen: ",".join(map(str, chosen)))


weekdays = st.lists(st.sampled_from(DAYS), min_size=1, max_size=5, unique=True).map(",".join)
nth_weekdays = st.lists(
    st.builds("{}{}".format, st.sampled_from([1, 2, 3, 4, 5, -1, -2]), st.sampled_from(DAYS)),
    min_size=1,
    max_size=3,
    unique=True,
).map(",".join)
months = st.fixed_dictionaries({}, optional={"BYMONTH": numbers(1, 12)})

#: What may stand beside each frequency. The last weeks of a year counted from its end, and
#: weekdays with and without a number in one rule, are left to examples: dateutil, which the
#: oracle asks, reads them differently from the standard.
PARTS = {
    "DAILY": st.fixed_dictionaries(
        {}, optional={"BYDAY": weekdays, "BYMONTH": numbers(1, 12), "BYMONTHDAY": numbers(-31, 31)}
    ),
    "WEEKLY": st.fixed_dictionaries({}, optional={"BYDAY": weekdays, "BYMONTH": numbers(1, 12)}),
    "MONTHLY": st.fixed_dictionaries(
        {},
        optional={
            "BYDAY": st.one_of(weekdays, nth_weekdays),
            "BYMONTH": numbers(1, 12),
            "BYMONTHDAY": numbers(-31, 31),
        },
    ),
    "YEARLY": st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "BYDAY": st.one_of(weekdays, nth_weekdays),
                "BYMONTH": numbers(1, 12),
                "BYMONTHDAY": numbers(-31, 31),
            },
        ),
        st.fixed_dictionaries({"BYYEARDAY": numbers(-366, 366)}, optional={"BYDAY": weekdays}),
        st.fixed_dictionaries({"BYWEEKNO": numbers(-51, 53)}, optional={"BYDAY": weekdays}),
    ),
}


@st.composite
def rules(draw: st.DrawFn, start: date) -> str:
    frequency = draw(st.sampled_from(list(PARTS)))
    parts = {"FREQ": frequency, **draw(PARTS[frequency])}
    if frequency in {"MONTHLY", "YEARLY"} and {"BYDAY", "BYMONTHDAY"} & parts.keys():
        parts |= draw(st.fixed_dictionaries({}, optional={"BYSETPOS": numbers(-4, 4)}))
    parts |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "INTERVAL": st.integers(1, 5).map(str),
                "WKST": st.sampled_from(["MO", "SU", "WE"]),
            },
        )
    )
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts["COUNT"] = str(draw(st.integers(1, 60)))
    if end == "UNTIL":
        last = start + timedelta(days=draw(st.integers(0, 900)))
        parts["UNTIL"] = last.isoformat().replace("-", "")
    return ";".join(f"{name}={content}" for name, content in parts.items())


@st.composite
def series(draw: st.DrawFn) -> tuple[Times, str]:
    """Make the times of a first occurrence and the normalised text of a rule for it."""
    first = draw(times)
    start = first.start
    if isinstance(first, Timed):
        start = first.start.astimezone(ZoneInfo(first.zone)).date()
    try:
        return first, parse_rule(draw(rules(start)), first).text
    except RuleError:
        reject()


@st.composite
def ranges(draw: st.DrawFn, first: Times) -> tuple[datetime, datetime]:
    """Make a range that may hold occurrences, from noon to noon in UTC, or midnights."""
    begins = datetime.combine(
        date(first.start.year, first.start.month, first.start.day),
        time(12) if isinstance(first, Timed) else time(),
        UTC,
    )
    start = begins + timedelta(days=draw(st.one_of(st.integers(-5, 60), st.integers(60, 1000))))
    return start, start + timedelta(days=draw(st.one_of(st.integers(40, 300), st.integers(1, 40))))
