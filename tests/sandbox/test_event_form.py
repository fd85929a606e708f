"""What the owner types becomes a span, a rule and guests, or a sentence at its field."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from calsync.sandbox.event_form import EventForm, Reading

LUNCH = EventForm(
    summary="Lunch",
    start_day="2026-11-24",
    start_time="12:30",
    end_day="2026-11-24",
    end_time="13:15",
    zone="Europe/London",
)


def utc(moment: datetime | date) -> datetime:
    assert isinstance(moment, datetime)
    return moment.astimezone(UTC)


def test_clocks_are_read_in_the_zone_of_the_event() -> None:
    reading = Reading(replace(LUNCH, zone="America/New_York"))

    assert reading.errors == {}
    assert reading.span is not None
    assert utc(reading.span.start) == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    assert utc(reading.span.end) == datetime(2026, 11, 24, 18, 15, tzinfo=UTC)


def test_the_last_day_of_an_event_for_all_day_counts() -> None:
    reading = Reading(replace(LUNCH, all_day=True, end_day="2026-11-25"))

    assert reading.span is not None
    assert reading.span.is_all_day
    assert (reading.span.start, reading.span.end) == (date(2026, 11, 24), date(2026, 11, 26))


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("start_day", ""),
        ("start_day", "24/11/2026"),
        ("start_day", "2026-02-30"),
        ("start_day", "0001-01-01"),
        ("end_day", "9999-12-31"),
        ("end_day", "2026-11-23"),
        ("start_time", ""),
        ("start_time", "24:00"),
        ("start_time", "٠٩:٣٠"),
        ("end_time", "noon"),
        ("end_time", "11:00"),
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("repeats", "hourly"),
        ("guests", "kim"),
        ("guests", "\n".join(f"a{n}@b.example" for n in range(101))),
    ],
)
def test_what_cannot_be_read_is_blamed_on_its_field(field: str, typed: str) -> None:
    reading = Reading(replace(LUNCH, **{field: typed}))

    assert field in reading.errors


@pytest.mark.parametrize(
    ("ending", "blamed"),
    [
        ({}, "count"),
        ({"count": "0"}, "count"),
        ({"count": "many"}, "count"),
        ({"count": "²"}, "count"),
        ({"count": "732"}, "count"),
        ({"until": "2026-11-23"}, "until"),
        ({"until": "2030-01-01"}, "until"),
        ({"until": "soon"}, "until"),
    ],
)
def test_a_repetition_must_end(ending: dict[str, str], blamed: str) -> None:
    reading = Reading(replace(LUNCH, repeats="daily", **ending))

    assert list(reading.errors) == [blamed]


def test_repetitions_become_rules() -> None:
    def rule(**typed: str) -> str | None:
        return Reading(replace(LUNCH, **typed)).rule  # type: ignore[arg-type]

    assert rule() is None
    assert rule(repeats="weekly", count="5") == "FREQ=WEEKLY;COUNT=5"
    assert rule(repeats="monthly", until="2027-01-24") == "FREQ=MONTHLY;UNTIL=20270124T235959"
    assert (
        rule(repeats="daily", until="2026-11-30", all_day="1") == "FREQ=DAILY;UNTIL=20261130T235959"
    )


def test_an_event_may_not_end_before_the_hour_that_the_spring_change_skips() -> None:
    # 01:30 does not exist in London that night: it is read as 02:30, after 02:15.
    skipped = replace(
        LUNCH,
        start_day="2027-03-28",
        start_time="01:30",
        end_day="2027-03-28",
        end_time="02:15",
    )

    assert "end_time" in Reading(skipped).errors


def test_guests_come_in_any_order_and_once() -> None:
    reading = Reading(replace(LUNCH, guests=" kim@a.example,\nlee@b.example\nkim@a.example "))

    assert reading.guests == ["kim@a.example", "lee@b.example"]
    assert Reading(replace(LUNCH, guests=" \n ")).guests == []
