"""What a repeating appointment does, example by example; the oracle judges the rest."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calsync.core.event import AllDay, Timed, Times
from calsync.core.recurrence import (
    Occurrence,
    Override,
    RuleError,
    RuleFault,
    expand,
    get_occurrence,
    occurrences_with_overrides,
    parse_rule,
)

LONDON = ZoneInfo("Europe/London")


def timed(start: str, end: str, zone: str = "Europe/London") -> Timed:
    here = ZoneInfo(zone)
    moments = [datetime.fromisoformat(text).replace(tzinfo=here) for text in (start, end)]
    return Timed(moments[0].astimezone(UTC), moments[1].astimezone(UTC), zone)


def local(occurrence: Occurrence) -> tuple[str, str]:
    """Return start and end as the clocks of the series' zone show them."""
    times = occurrence.times
    if isinstance(times, AllDay):
        return times.start.isoformat(), times.end.isoformat()
    zone = ZoneInfo(times.zone)
    start, end = (
        f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" for moment in (times.start, times.end)
    )
    return start, end


def occurring(times: Times, text: str, start: str, end: str, zone: str = "Europe/London"):
    """Return what there is between two midnights of a zone."""
    here = ZoneInfo(zone)
    first, last = (datetime.fromisoformat(day).replace(tzinfo=here) for day in (start, end))
    return list(
        expand(times, parse_rule(text, times), first.astimezone(UTC), last.astimezone(UTC), zone)
    )


STANDUP = timed("2026-03-02T09:00", "2026-03-02T09:15")
HOLIDAY = AllDay(date(2026, 3, 2), date(2026, 3, 4))


def test_a_daily_standup_stays_at_nine_when_the_clocks_change():
    found = occurring(STANDUP, "FREQ=DAILY", "2026-03-28", "2026-03-31")
    assert [local(each) for each in found] == [
        ("2026-03-28T09:00", "2026-03-28T09:15"),
        ("2026-03-29T09:00", "2026-03-29T09:15"),
        ("2026-03-30T09:00", "2026-03-30T09:15"),
    ]
    assert found[0].times.start.hour == 9
    assert found[1].times.start.hour == 8


def test_an_occurrence_is_known_by_its_place_and_its_first_start():
    found = occurring(STANDUP, "FREQ=WEEKLY", "2026-03-10", "2026-03-24")
    assert [(each.ordinal, each.key) for each in found] == [
        (2, "2026-03-16T09:00"),
        (3, "2026-03-23T09:00"),
    ]


def test_a_night_shift_ends_at_six_in_the_night_of_the_change_too():
    shift = timed("2026-03-02T22:00", "2026-03-03T06:00")
    assert occurring(shift, "FREQ=DAILY", "2026-03-29", "2026-03-29") == []
    found = occurring(shift, "FREQ=DAILY", "2026-03-29", "2026-03-30")
    assert local(found[0]) == ("2026-03-28T22:00", "2026-03-29T06:00")
    assert found[0].times.end - found[0].times.start == timedelta(hours=7)


def test_a_skipped_time_is_moved_forward_with_its_end():
    early = timed("2026-03-27T01:15", "2026-03-27T02:00")
    found = occurring(early, "FREQ=DAILY", "2026-03-29", "2026-03-30")
    assert found[0].key == "2026-03-29T01:15"
    assert local(found[0]) == ("2026-03-29T02:15", "2026-03-29T03:00")


def test_a_repeated_time_is_the_first_of_the_two():
    early = timed("2026-10-23T01:15", "2026-10-23T01:45")
    found = occurring(early, "FREQ=DAILY", "2026-10-25", "2026-10-26")
    assert found[0].times.start == datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    assert found[0].times.end == datetime(2026, 10, 25, 0, 45, tzinfo=UTC)


def test_a_series_begun_in_the_second_of_two_hours_begins_there():
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    times = Timed(second, second + timedelta(minutes=30), "Europe/London")
    found = occurring(times, "FREQ=DAILY;COUNT=2", "2026-10-25", "2026-10-27")
    assert found[0].times == times
    assert local(found[1]) == ("2026-10-26T01:15", "2026-10-26T01:45")


def test_all_day_lasts_from_midnight_to_midnight_where_the_viewer_is():
    for zone in ("Pacific/Auckland", "America/New_York", "UTC"):
        assert occurring(HOLIDAY, "FREQ=WEEKLY", "2026-03-11", "2026-03-16", zone) == []
        found = occurring(HOLIDAY, "FREQ=WEEKLY", "2026-03-10", "2026-03-17", zone)
        assert [local(each) for each in found] == [
            ("2026-03-09", "2026-03-11"),
            ("2026-03-16", "2026-03-18"),
        ]


def test_a_first_occurrence_beside_its_rule_is_one_more():
    found = occurring(STANDUP, "FREQ=WEEKLY;BYDAY=TU;COUNT=2", "2026-03-01", "2026-04-01")
    assert [each.key[:10] for each in found] == ["2026-03-02", "2026-03-03", "2026-03-10"]
    assert [each.ordinal for each in found] == [0, 1, 2]


def test_the_thirty_first_is_left_out_where_a_month_has_none():
    times = timed("2026-01-31T09:00", "2026-01-31T10:00")
    found = occurring(times, "FREQ=MONTHLY;COUNT=3", "2026-01-01", "2027-01-01")
    assert [each.key[:10] for each in found] == ["2026-01-31", "2026-03-31", "2026-05-31"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260304", "2026-03-04"),
        ("20260304T090000", "2026-03-04"),
        ("20260304T085959", "2026-03-03"),
        ("20260304T090000Z", "2026-03-04"),
        ("20260304T085959Z", "2026-03-03"),
    ],
)
def test_an_end_may_be_a_date_a_local_time_or_an_instant(until, last):
    found = occurring(STANDUP, f"FREQ=DAILY;UNTIL={until}", "2026-03-01", "2026-04-01")
    assert found[-1].key[:10] == last


def test_a_rule_is_written_in_one_way():
    assert parse_rule(" rrule:byday=we,mo,we;freq=weekly;until=20260401; ", STANDUP).text == (
        "FREQ=WEEKLY;UNTIL=20260401T225959Z;BYDAY=MO,WE"
    )
    assert parse_rule("FREQ=DAILY;UNTIL=20260401T120000Z", HOLIDAY).text == (
        "FREQ=DAILY;UNTIL=20260401"
    )


def test_week_twenty_means_the_weekday_it_began_on():
    rule = parse_rule("FREQ=YEARLY;BYWEEKNO=20", STANDUP)
    assert rule.text == "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"


def days_of(rule: str, start: str, many: int) -> list[str]:
    begins = date.fromisoformat(start)
    times = AllDay(begins, begins + timedelta(days=1))
    return [each.key for each in occurring(times, rule, start, "2040-01-01")][:many]


def test_the_first_day_of_a_week_is_sought_in_the_whole_week():
    # dateutil begins its first week at the first occurrence, and would take that Wednesday
    # for the first of the week.
    assert days_of("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2024-12-18", 3) == [
        "2024-12-18",
        "2024-12-25",
        "2025-01-01",
    ]
    assert days_of("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", "2024-12-23", 3) == [
        "2024-12-23",
        "2024-12-30",
        "2025-01-06",
    ]


def test_every_monday_and_the_first_friday_are_one_rule():
    assert days_of("FREQ=MONTHLY;BYDAY=MO,1FR", "2026-06-01", 4) == [
        "2026-06-01",
        "2026-06-05",
        "2026-06-08",
        "2026-06-15",
    ]


def test_the_last_week_of_a_year_may_end_in_the_next():
    assert days_of("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH,FR", "2026-12-31", 3) == [
        "2026-12-31",
        "2027-01-01",
        "2027-12-30",
    ]


# fmt: off
REFUSED = [
    ("", RuleFault.MALFORMED),
    ("every day", RuleFault.MALFORMED),
    ("INTERVAL=2", RuleFault.MALFORMED),
    ("FREQ=DAILY;FREQ=DAILY", RuleFault.MALFORMED),
    ("FREQ=DAILY;COUNT=", RuleFault.MALFORMED),
    ("FREQ=DAILY;COUNT=ten", RuleFault.MALFORMED),
    ("FREQ=DAILY;COUNT=\N{ARABIC-INDIC DIGIT THREE}", RuleFault.MALFORMED),
    ("FREQ=DAILY;UNTIL=20261301", RuleFault.MALFORMED),
    ("FREQ=DAILY;UNTIL=2026-03-04", RuleFault.MALFORMED),
    ("FREQ=WEEKLY;BYDAY=XX", RuleFault.MALFORMED),
    ("FREQ=WEEKLY;BYDAY=" + "MO," * 3333 + "MO", RuleFault.MALFORMED),
    ("FREQ=DAILY;X-WORDS=1", RuleFault.MALFORMED),
    ("FREQ=HOURLY", RuleFault.UNSUPPORTED),
    ("FREQ=MINUTELY", RuleFault.UNSUPPORTED),
    ("FREQ=SECONDLY;COUNT=100000", RuleFault.UNSUPPORTED),
    ("FREQ=DAILY;BYHOUR=1,2", RuleFault.UNSUPPORTED),
    ("FREQ=DAILY;BYMINUTE=1", RuleFault.UNSUPPORTED),
    ("FREQ=DAILY;BYSECOND=1", RuleFault.UNSUPPORTED),
    ("FREQ=YEARLY;BYEASTER=0", RuleFault.UNSUPPORTED),
    ("FREQ=DAILY;INTERVAL=0", RuleFault.OUT_OF_RANGE),
    ("FREQ=DAILY;INTERVAL=-1", RuleFault.OUT_OF_RANGE),
    ("FREQ=DAILY;INTERVAL=999999999", RuleFault.OUT_OF_RANGE),
    ("FREQ=DAILY;COUNT=0", RuleFault.OUT_OF_RANGE),
    ("FREQ=MONTHLY;BYMONTHDAY=0", RuleFault.OUT_OF_RANGE),
    ("FREQ=MONTHLY;BYMONTHDAY=32", RuleFault.OUT_OF_RANGE),
    ("FREQ=MONTHLY;BYDAY=54MO", RuleFault.OUT_OF_RANGE),
    ("FREQ=DAILY;COUNT=3;UNTIL=20270101", RuleFault.COMBINATION),
    ("FREQ=WEEKLY;BYDAY=1MO", RuleFault.COMBINATION),
    ("FREQ=WEEKLY;BYMONTHDAY=1", RuleFault.COMBINATION),
    ("FREQ=MONTHLY;BYWEEKNO=1", RuleFault.COMBINATION),
    ("FREQ=MONTHLY;BYYEARDAY=1", RuleFault.COMBINATION),
    ("FREQ=MONTHLY;BYSETPOS=1", RuleFault.COMBINATION),
    ("FREQ=DAILY;UNTIL=20260301", RuleFault.UNTIL_BEFORE_START),
    ("FREQ=DAILY;UNTIL=00010101T000000Z", RuleFault.UNTIL_BEFORE_START),
    ("FREQ=DAILY;UNTIL=20260302T085959Z", RuleFault.UNTIL_BEFORE_START),
    ("FREQ=DAILY;COUNT=2001", RuleFault.TOO_MANY),
    ("FREQ=DAILY;COUNT=999999999", RuleFault.TOO_MANY),
    ("FREQ=DAILY;UNTIL=20990101", RuleFault.TOO_MANY),
    ("FREQ=YEARLY;BYMONTHDAY=30;BYMONTH=2", RuleFault.NEVER_OCCURS),
    ("FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2", RuleFault.NEVER_OCCURS),
    ("FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2", RuleFault.NEVER_OCCURS),
    ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", RuleFault.NEVER_OCCURS),
    ("FREQ=MONTHLY;BYDAY=6MO", RuleFault.NEVER_OCCURS),
]
# fmt: on


@pytest.mark.parametrize(("text", "code"), REFUSED, ids=[text[:40] for text, _ in REFUSED])
def test_a_bad_rule_is_refused_with_its_reason(text, code):
    with pytest.raises(RuleError) as refused:
        parse_rule(text, STANDUP)
    assert refused.value.code is code


def test_a_rule_needs_a_zone_that_exists():
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    for zone in ("Europe/Atlantis", "", "../etc/passwd", "Europe"):
        with pytest.raises(RuleError) as refused:
            parse_rule("FREQ=DAILY", Timed(moment, moment, zone))
        assert refused.value.code is RuleFault.UNKNOWN_ZONE


def test_a_moved_occurrence_is_found_where_it_now_is():
    rule = parse_rule("FREQ=WEEKLY", STANDUP)
    moved = timed("2026-03-11T14:00", "2026-03-11T15:00")
    overrides = [Override("2026-03-16T09:00", changes={"times": moved, "subject": "Later"})]
    spring = (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC))
    found = occurrences_with_overrides(STANDUP, rule, overrides, *spring)
    assert found == [Occurrence(2, "2026-03-16T09:00", moved, {"subject": "Later"})]
    later = (datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 3, 17, tzinfo=UTC))
    assert occurrences_with_overrides(STANDUP, rule, overrides, *later) == []


def test_a_removed_occurrence_is_gone_and_the_others_keep_their_place():
    rule = parse_rule("FREQ=DAILY;COUNT=3", STANDUP)
    overrides = [Override("2026-03-03T09:00", is_removed=True), Override("1999-01-01T09:00", True)]
    spring = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))
    found = occurrences_with_overrides(STANDUP, rule, overrides, *spring)
    assert [each.ordinal for each in found] == [0, 2]


def test_an_occurrence_is_found_by_its_key_alone():
    rule = parse_rule("FREQ=DAILY", STANDUP)
    assert get_occurrence(STANDUP, rule, "2027-03-02T09:00").ordinal == 365
    for unknown in ("2027-03-02T10:00", "2027-03-02", "2026-03-01T09:00", "nonsense", ""):
        with pytest.raises(RuleError):
            get_occurrence(STANDUP, rule, unknown)
