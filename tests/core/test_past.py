"""Past entries stay as they were (docs/sync.md 8)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from calsync.core.event import AllDay, Timed
from calsync.core.item import ItemStatus, Kind
from calsync.core.past import PAST_AFTER, PAST_WHEN_CLOSED, ended_at, is_past, started_at
from tests.core.entries import MONDAY, NINE, an_entry

WORK = [Kind.SERVICE_CALL, Kind.CRM_ACTIVITY, Kind.TASK]
OWN = [Kind.APPOINTMENT, Kind.TODO]
SECOND = timedelta(seconds=1)


def test_every_kind_is_past_some_day() -> None:
    assert set(PAST_AFTER) == set(Kind) == {*WORK, *OWN}
    assert set(WORK) == PAST_WHEN_CLOSED


@pytest.mark.parametrize("kind", WORK)
def test_tidying_a_mailbox_does_not_rewrite_yesterdays_work(kind: Kind) -> None:
    limit = NINE.end + timedelta(hours=24)
    assert not is_past(an_entry(kind), limit)
    assert is_past(an_entry(kind), limit + SECOND)


@pytest.mark.parametrize("kind", OWN)
def test_an_appointment_can_be_put_right_for_six_weeks(kind: Kind) -> None:
    limit = NINE.end + timedelta(days=42)
    assert not is_past(an_entry(kind), limit)
    assert is_past(an_entry(kind), limit + SECOND)


@pytest.mark.parametrize("status", [ItemStatus.DONE, ItemStatus.CANCELLED])
@pytest.mark.parametrize("kind", Kind)
def test_work_that_is_closed_stays_as_it_was_done(kind: Kind, status: ItemStatus) -> None:
    before_it = NINE.start - timedelta(days=9)
    assert is_past(an_entry(kind, status=status), before_it) is (kind in WORK)


def test_a_long_call_is_not_past_while_it_lasts() -> None:
    long = replace(NINE, end=NINE.start + timedelta(days=5))
    call = an_entry(Kind.SERVICE_CALL, times=long)
    assert not is_past(call, NINE.start + timedelta(days=5))


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Pacific/Kiritimati", "2026-03-02T10:00+00:00"),
        ("Europe/London", "2026-03-03T00:00+00:00"),
        ("Pacific/Pago_Pago", "2026-03-03T11:00+00:00"),
    ],
)
def test_a_whole_day_ends_where_the_item_is(zone: str, midnight: str) -> None:
    call = an_entry(Kind.SERVICE_CALL, times=MONDAY, time_zone=zone)
    limit = datetime.fromisoformat(midnight) + timedelta(hours=24)
    assert not is_past(call, limit)
    assert is_past(call, limit + SECOND)


def test_an_unscheduled_task_is_past_a_day_after_its_due_date() -> None:
    task = an_entry(Kind.TASK, times=None, due_on=MONDAY.start)
    limit = datetime.fromisoformat("2026-03-04T00:00+00:00")
    assert not is_past(task, limit)
    assert is_past(task, limit + SECOND)


@pytest.mark.parametrize("kind", [Kind.TASK, Kind.TODO])
def test_what_stands_on_no_day_is_not_over(kind: Kind) -> None:
    assert not is_past(an_entry(kind, times=None), NINE.end + timedelta(days=900))


def test_a_whole_day_begins_when_the_clocks_of_that_day_do() -> None:
    # In Cairo the clocks of this day begin at one in the morning.
    day = AllDay(date(2026, 4, 24), date(2026, 4, 25))
    assert started_at(day, "Africa/Cairo") == datetime.fromisoformat("2026-04-23T22:00+00:00")
    assert ended_at(day, "Africa/Cairo") == datetime.fromisoformat("2026-04-24T21:00+00:00")


def test_a_zone_that_was_renamed_does_not_stop_the_sync() -> None:
    lost = an_entry(Kind.SERVICE_CALL, times=MONDAY, time_zone="Europe/Atlantis")
    assert is_past(lost, datetime.fromisoformat("2026-03-04T00:00:01+00:00"))


def test_instants_are_themselves_wherever_one_is() -> None:
    times = Timed(NINE.start, NINE.end)
    assert (started_at(times, "Asia/Tokyo"), ended_at(times, "Asia/Tokyo")) == (
        NINE.start,
        NINE.end,
    )
