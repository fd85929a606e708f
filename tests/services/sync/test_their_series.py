"""Repeating events of the linked calendar: they come in instance by instance, read-only."""

from dataclasses import replace
from datetime import datetime, timedelta

from calsync.core.window import FutureRange
from tests.sandbox_server import RunningSandbox
from tests.services.sync.moving_clock import MovingClock
from tests.services.sync.office import EVERYTHING, HOUR, ON_SQLITE, MakeOffice, Office
from tests.services.sync.their_series import add_like, instances, make_anew, put_series

pytestmark = ON_SQLITE
DAY = timedelta(days=1)


def starts_here(office: Office) -> list[datetime]:
    return sorted(item.starts_at for item in office.items() if item.starts_at)


def wait_for_pairs(office: Office) -> None:
    """Let the two minutes pass in which a deleted instance waits for its pair."""
    office.sync()
    office.clock.move(timedelta(minutes=3))
    office.sync()


def test_a_series_there_comes_in_instance_by_instance_and_follows_its_changes(
    office: Office, sandbox: RunningSandbox
):
    series = put_series(office)
    office.sync()
    assert office.subjects() == ["Standup"] * 3
    before = {item.id for item in office.items()}
    sandbox.control("PATCH", f"/series/{series}", {"summary": "Daily"})
    wait_for_pairs(office)
    assert office.subjects() == ["Daily"] * 3
    assert {item.id for item in office.items()} == before


def test_instances_of_a_series_cannot_be_changed_from_here(office: Office):
    office.set_calendar(permission_level="unrestricted")
    put_series(office)
    office.sync()
    office.change(office.items()[0].id, subject="Mine")
    office.sync()
    assert office.summaries() == ["Standup"] * 3
    assert "series_there" in office.reasons()


def test_an_instance_moved_there_moves_one_item(office: Office):
    put_series(office)
    office.sync()
    before = {item.id for item in office.items()}
    start = office.day + DAY + 5 * HOUR
    second = instances(office)[1]["event_uid"]
    office.edit(second, start=office.wire(start), end=office.wire(start + HOUR))
    wait_for_pairs(office)
    assert starts_here(office) == [office.day, start, office.day + 2 * DAY]
    assert {item.id for item in office.items()} == before


def test_an_instance_deleted_there_takes_one_item_along_after_two_minutes(office: Office):
    put_series(office)
    office.sync()
    office.remove(instances(office)[1]["event_uid"])
    office.sync()
    assert len(office.items()) == 3
    office.clock.move(timedelta(minutes=3))
    office.sync()
    assert starts_here(office) == [office.day, office.day + 2 * DAY]


def test_a_series_deleted_there_takes_its_items_along_and_counts_as_one(
    office: Office, sandbox: RunningSandbox
):
    series = put_series(office, "FREQ=DAILY;COUNT=30")
    for number in range(4):
        office.put(f"Event {number}")
    office.sync()
    sandbox.control("DELETE", f"/series/{series}")
    wait_for_pairs(office)
    assert office.subjects() == [f"Event {number}" for number in range(4)]
    assert "brake" not in office.reasons()


def test_a_series_that_was_made_anew_keeps_its_items(office: Office):
    series = put_series(office)
    office.sync()
    before = {item.id: item.starts_at for item in office.items()}
    office.clock.move(timedelta(minutes=30))
    make_anew(office, series, later=2 * HOUR)
    wait_for_pairs(office)
    after = {item.id: item.starts_at for item in office.items()}
    assert after.keys() == before.keys()
    moved = sorted(start + 2 * HOUR for start in before.values() if start)
    assert sorted(start for start in after.values() if start) == moved
    assert len(office.events()) == 3


def test_an_instance_is_known_again_by_the_very_read_that_ends_the_waiting(office: Office):
    put_series(office)
    office.sync()
    before = {item.id for item in office.items()}
    second = instances(office)[1]["event_uid"]
    office.remove(second)
    office.sync()
    add_like(office, second, HOUR)
    office.clock.move(timedelta(minutes=3))
    office.sync()
    assert {item.id for item in office.items()} == before
    assert office.day + DAY + HOUR in starts_here(office)


def test_a_series_made_anew_with_update_off_stays_as_it_was_and_is_not_doubled(
    make_office: MakeOffice,
):
    office = make_office(options=replace(EVERYTHING, takes_update=False))
    series = put_series(office)
    office.sync()
    before = starts_here(office)
    office.clock.move(timedelta(minutes=30))
    make_anew(office, series, later=2 * HOUR)
    wait_for_pairs(office)
    assert starts_here(office) == before
    assert "update_off" in office.reasons()


def test_a_series_made_anew_with_delete_off_is_a_change_all_the_same(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, takes_delete=False))
    series = put_series(office)
    office.sync()
    office.clock.move(timedelta(minutes=30))
    make_anew(office, series, later=2 * HOUR)
    wait_for_pairs(office)
    assert starts_here(office) == [office.day + n * DAY + 2 * HOUR for n in range(3)]


def test_instances_follow_as_they_enter_the_window_create_or_not(office: Office):
    put_series(office, "FREQ=WEEKLY")
    office.sync()
    before = starts_here(office)
    office.options(takes_create=False)
    office.clock.move(timedelta(days=22))
    office.sync()
    after = starts_here(office)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3


def test_a_second_retrieve_brings_in_no_instance_beyond_its_range(make_office: MakeOffice):
    office = make_office(
        calendar="Calendar", options=replace(EVERYTHING, future=FutureRange.ONE_MONTH)
    )
    office.sync(retrieve=True)
    office.sync(retrieve=True)
    office.sweep()
    assert starts_here(office)
    assert max(starts_here(office)) < office.clock.now() + timedelta(days=32)


def test_a_series_that_was_not_brought_in_does_not_follow(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, takes_create=False))
    put_series(office, "FREQ=WEEKLY")
    office.sync()
    office.clock.move(timedelta(days=22))
    office.sync()
    assert office.items() == []


def test_an_old_series_that_slides_into_the_window_does_not_come_in(
    make_office: MakeOffice, clock: MovingClock
):
    clock.move(timedelta(hours=1))
    office = make_office(calendar="Calendar")
    before = office.summaries().count("Weekly stand-up")
    office.clock.move(timedelta(days=36))
    office.sync()
    assert office.summaries().count("Weekly stand-up") > before
    assert office.items() == []


def test_an_item_of_a_series_deleted_here_stays_there_and_does_not_come_back(
    office: Office, sandbox: RunningSandbox
):
    series = put_series(office)
    office.sync()
    office.delete(office.items()[1].id)
    office.sync()
    assert office.summaries() == ["Standup"] * 3
    sandbox.control("PATCH", f"/series/{series}", {"summary": "Daily"})
    wait_for_pairs(office)
    assert office.subjects() == ["Daily"] * 2
