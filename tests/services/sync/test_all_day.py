"""All-day entries, which are dates and nothing else."""

from datetime import date, timedelta

import pytest

from calsync.core.event import AllDay
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE
DAY = timedelta(days=1)


def days(start: date, number: int = 1) -> dict[str, str]:
    return {"start": start.isoformat(), "end": (start + number * DAY).isoformat()}


def days_here(office: Office, item_id: str) -> tuple[date | None, date | None]:
    item = office.item(item_id)
    return item.starts_on, item.ends_on


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kolkata"]
)
def test_an_all_day_entry_is_shifted_by_no_zone(office: Office, zone: str):
    day = office.day.date()
    office.put("Trip", tzid=zone, **days(day, 2))
    item = office.add("Fair", times=AllDay(day, day + DAY), time_zone=zone)
    office.sync()
    assert {key: office.event("Fair")[key] for key in ("start", "end")} == days(day)
    office.edit(office.uid("Fair"), **days(day + DAY, 3))
    office.sync()
    assert days_here(office, item) == (day + DAY, day + 4 * DAY)
    (trip,) = (each for each in office.items() if each.subject == "Trip")
    assert (trip.starts_on, trip.ends_on) == (day, day + 2 * DAY)


def test_an_entry_becomes_all_day_and_timed_again_from_both_sides(office: Office):
    day = office.day.date()
    item = office.add("Fair")
    office.sync()
    office.edit(office.uid("Fair"), **days(day))
    office.sync()
    assert days_here(office, item) == (day, day + DAY)
    assert office.item(item).starts_at is None
    office.change(item, times=office.at(2))
    office.sync()
    assert office.event("Fair")["start"] == office.wire(office.day + 2 * HOUR)
    office.change(item, times=AllDay(day, day + 2 * DAY))
    office.sync()
    assert {key: office.event("Fair")[key] for key in ("start", "end")} == days(day, 2)
    office.edit(office.uid("Fair"), **office.moved(3))
    office.sync()
    assert office.item(item).starts_at == office.day + 3 * HOUR
    assert days_here(office, item) == (None, None)


def test_whole_days_from_midnight_to_midnight_stay_a_timed_entry(office: Office):
    start = office.day.replace(hour=0)
    office.put("On call", start=office.wire(start), end=office.wire(start + DAY))
    office.sync()
    (item,) = office.items()
    assert (item.starts_at, item.ends_at) == (start, start + DAY)
    assert item.starts_on is None
