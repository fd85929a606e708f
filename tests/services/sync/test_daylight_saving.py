"""Entries and series across the changes of the clocks keep their time on the wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from calsync.core.event import Timed
from tests.services.sync.moving_clock import MovingClock
from tests.services.sync.office import HOUR, ON_SQLITE, MakeOffice, Office

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
#: What the offset from UTC is on the day after the clocks went forward, and back.
AFTER = {"spring": HOUR, "autumn": timedelta()}

pytestmark = [ON_SQLITE, pytest.mark.parametrize("season", list(AFTER))]


def next_change(since: date, season: str) -> date:
    """Return the day on which the clocks change next."""
    day = since
    while True:
        before, after = (
            datetime.combine(day + shift, time(), LONDON).utcoffset()
            for shift in (timedelta(), DAY)
        )
        if before != after == AFTER[season]:
            return day
        day += DAY


@pytest.fixture
def change(season: str, clock: MovingClock) -> date:
    """Return the day of the change, a week ahead by now."""
    day = next_change(clock.now().date() + 10 * DAY, season)
    clock.move(datetime.combine(day - 7 * DAY, time(8), UTC) - clock.now())
    return day


@pytest.fixture
def office(change: date, make_office: MakeOffice) -> Office:
    """Return Dana's integration in the week before the change."""
    return make_office()


def on_the_wall(moment: datetime) -> datetime:
    return moment.astimezone(LONDON).replace(tzinfo=None)


def there(office: Office, summary: str) -> list[datetime]:
    """Return when events start, by the clock on the wall, the earliest first."""
    starts = [
        datetime.fromisoformat(e["start"]) for e in office.events() if e["summary"] == summary
    ]
    return [on_the_wall(start) for start in sorted(starts)]


#: The hour that is skipped in spring or comes twice in autumn, by either of its names.
@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("length", [0.5, 3])
def test_an_entry_in_the_hour_of_the_change_takes_place_at_the_same_moment_on_both_sides(
    office: Office, change: date, fold: int, length: float
):
    start = datetime.combine(change, time(1, 30, fold=fold), LONDON).astimezone(UTC)
    end = start + length * HOUR
    item = office.add("Backup", times=Timed(start, end, "Europe/London"))
    office.put("Restore", start=office.wire(start), end=office.wire(end), tzid="Europe/London")
    office.sync()
    backup = office.event("Backup")
    assert (backup["start"], backup["end"]) == (office.wire(start), office.wire(end))
    (restore,) = (each for each in office.items() if each.subject == "Restore")
    assert (restore.starts_at, restore.ends_at) == (start, end)
    writes = office.writes()
    office.edit(office.uid("Backup"), summary="Night backup")
    office.clock.move(timedelta(minutes=5))
    office.sync()
    assert (office.item(item).starts_at, office.item(item).ends_at) == (start, end)
    assert office.writes() == writes


def test_an_entry_moved_over_the_change_keeps_the_time_to_which_it_was_moved(
    office: Office, change: date
):
    noon = datetime.combine(change - DAY, time(12), LONDON)
    item = office.add("Lunch", times=_hour_from(noon))
    office.sync()
    later = noon + 2 * DAY
    times = _hour_from(later)
    office.edit(office.uid("Lunch"), start=office.wire(times.start), end=office.wire(times.end))
    office.sync()
    starts_at = office.item(item).starts_at
    assert starts_at
    assert on_the_wall(starts_at) == datetime.combine(change + DAY, time(12))
    office.change(item, times=_hour_from(noon))
    office.sync()
    assert there(office, "Lunch") == [datetime.combine(change - DAY, time(12))]


@pytest.mark.parametrize("clock_time", [time(9), time(0, 30), time(23, 30)])
def test_a_series_of_ours_keeps_its_time_across_the_change(
    office: Office, change: date, clock_time: time
):
    first = datetime.combine(change - 2 * DAY, clock_time, LONDON)
    item = office.add(
        "Standup", times=_hour_from(first), time_zone="Europe/London", rule="FREQ=DAILY;COUNT=5"
    )
    office.sync()
    days = [change + (number - 2) * DAY for number in range(5)]
    assert there(office, "Standup") == [datetime.combine(day, clock_time) for day in days]
    last = max(office.events(), key=lambda event: event["start"])
    office.edit(last["event_uid"], summary="Retrospective")
    office.change(item, description="At the coffee machine")
    office.sync()
    assert there(office, "Standup") == [datetime.combine(day, clock_time) for day in days[:-1]]
    assert there(office, "Retrospective") == [datetime.combine(days[-1], clock_time)]


def test_a_series_of_theirs_keeps_its_time_across_the_change(office: Office, change: date):
    times = _hour_from(datetime.combine(change - 2 * DAY, time(9), LONDON))
    office.put(
        "Standup",
        start=office.wire(times.start),
        end=office.wire(times.end),
        tzid="Europe/London",
        repeats="FREQ=DAILY;COUNT=5",
    )
    office.sync()
    starts = sorted(item.starts_at for item in office.items() if item.starts_at)
    expected = [datetime.combine(change + (number - 2) * DAY, time(9)) for number in range(5)]
    assert [on_the_wall(start) for start in starts] == expected
    assert {item.time_zone for item in office.items()} == {"Europe/London"}


def test_a_series_in_the_hour_of_the_change_is_written_once(office: Office, change: date):
    first = datetime.combine(change - 2 * DAY, time(1, 30), LONDON)
    item = office.add(
        "Backup", times=_hour_from(first), time_zone="Europe/London", rule="FREQ=DAILY;COUNT=5"
    )
    office.sync()
    here = [view.fields.times for view in office.occurrences(item)]
    starts = [office.wire(each.start) for each in here if isinstance(each, Timed)]
    assert office.starts() == starts
    assert len(starts) == 5
    writes = office.writes()
    office.clock.move(timedelta(hours=25))
    office.sync()
    assert office.writes() == writes


def _hour_from(start: datetime) -> Timed:
    moment = start.astimezone(UTC)
    return Timed(moment, moment + HOUR, "Europe/London")
