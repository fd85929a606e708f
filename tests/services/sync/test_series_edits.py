"""A repeating appointment of ours is edited, on either side."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from calsync.core.event import AllDay, Timed
from tests.services.sync.office import EVERYTHING, HOUR, ON_SQLITE, MakeOffice, Office
from tests.services.sync.their_series import bring_back

pytestmark = ON_SQLITE
DAY = timedelta(days=1)


def days_of(office: Office) -> list[int]:
    """Return on which days after tomorrow something stands there."""
    return [(_moment(start) - office.day).days for start in office.starts()]


def _moment(start: str) -> datetime:
    return datetime.fromisoformat(start)


def nth(office: Office, number: int) -> str:
    """Return the uid of the event that stands there as the nth, from zero."""
    return str(sorted(office.events(), key=lambda event: event["start"])[number]["event_uid"])


def key_of(office: Office, item_id: str, number: int) -> str:
    return office.occurrences(item_id)[number].key or ""


@pytest.fixture
def series(office: Office) -> str:
    """Return a daily series of four that stands on both sides."""
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=4")
    office.sync()
    assert days_of(office) == [0, 1, 2, 3]
    return item


def ids_there(office: Office) -> list[str]:
    ordered = sorted(office.events(), key=lambda event: event["start"])
    return [event["event_id"] for event in ordered]


@pytest.mark.parametrize(
    ("rule", "days"), [("FREQ=DAILY;COUNT=2", [0, 1]), ("FREQ=DAILY;COUNT=6", [*range(6)])]
)
def test_a_series_that_is_shortened_or_lengthened_touches_only_the_difference(
    office: Office, series: str, rule: str, days: list[int]
):
    before = ids_there(office)
    office.change(series, rule=rule)
    office.sync()
    assert days_of(office) == days
    kept = min(len(days), 4)
    assert ids_there(office)[:kept] == before[:kept]


def test_a_series_with_another_rule_pairs_its_occurrences_by_their_number(
    office: Office, series: str
):
    before = ids_there(office)
    office.change(series, rule="FREQ=DAILY;INTERVAL=2;COUNT=4")
    office.sync()
    assert days_of(office) == [0, 2, 4, 6]
    assert ids_there(office) == before
    writes = office.writes()
    office.sync()
    assert office.writes() == writes


def test_a_series_moved_here_moves_each_of_its_copies(office: Office, series: str):
    before = ids_there(office)
    office.change(series, times=office.at(2))
    office.sync()
    assert ids_there(office) == before
    assert office.starts() == [office.wire(office.day + n * DAY + 2 * HOUR) for n in range(4)]


def test_one_occurrence_moved_here_moves_one_copy(office: Office, series: str):
    times = office.at(24 + 5)
    office.change_one(series, key_of(office, series, 1), times=times)
    office.sync()
    assert isinstance(times, Timed)
    assert office.wire(times.start) in office.starts()
    assert days_of(office) == [0, 1, 2, 3]


def test_one_occurrence_deleted_here_takes_one_copy_along(office: Office, series: str):
    office.delete_one(series, key_of(office, series, 1))
    office.sync()
    assert days_of(office) == [0, 2, 3]


def test_a_series_deleted_here_takes_all_of_its_copies_along(office: Office, series: str):
    office.delete(series)
    office.sync()
    assert office.summaries() == []
    office.restore(series)
    office.sync()
    assert days_of(office) == [0, 1, 2, 3]


def test_what_was_done_to_one_occurrence_there_survives_an_edit_of_the_series(
    office: Office, series: str
):
    start = office.day + DAY + 5 * HOUR
    office.edit(nth(office, 1), start=office.wire(start), end=office.wire(start + HOUR))
    office.edit(nth(office, 2), summary="Retrospective")
    office.remove(nth(office, 3))
    office.sync()
    office.change(series, description="At the coffee machine", location="Kitchen")
    office.sync()
    assert office.starts() == [
        office.wire(office.day),
        office.wire(start),
        office.wire(office.day + 2 * DAY),
    ]
    assert office.summaries() == ["Retrospective", "Standup", "Standup"]
    assert {event["location"]["description"] for event in office.events()} == {"Kitchen"}


def test_an_occurrence_removed_there_stays_removed_when_the_series_is_lengthened(
    office: Office, series: str
):
    office.remove(nth(office, 1))
    office.sync()
    office.change(series, rule="FREQ=DAILY;COUNT=6")
    office.sync()
    assert days_of(office) == [0, 2, 3, 4, 5]
    assert len(office.occurrences(series)) == 5


def test_an_occurrence_edited_on_both_sides_is_settled_like_any_entry(office: Office, series: str):
    office.change_one(series, key_of(office, series, 1), subject="Retrospective")
    office.edit(nth(office, 1), location={"description": "Pub"})
    office.sync()
    event = office.event("Retrospective")
    assert event["location"]["description"] == "Pub"
    changed = office.occurrences(series)[1].fields
    assert (changed.subject, changed.location) == ("Retrospective", "Pub")
    assert office.occurrences(series)[0].fields.subject == "Standup"


def test_an_occurrence_removed_there_while_its_series_is_edited_here_is_sent_again(
    office: Office, series: str
):
    office.remove(nth(office, 1))
    office.change(series, description="At the coffee machine")
    office.sync()
    # A person's edit wins over a removal, and it touched each occurrence.
    assert days_of(office) == [0, 1, 2, 3]


def test_an_all_day_series_keeps_its_days(office: Office):
    day = office.day.date()
    office.add("On call", times=AllDay(day, day + DAY), rule="FREQ=WEEKLY;COUNT=3")
    office.sync()
    assert office.starts() == [(day + 7 * n * DAY).isoformat() for n in range(3)]


def test_occurrences_follow_as_they_enter_the_window(office: Office):
    office.add("Review", rule="FREQ=WEEKLY")
    office.sync()
    before = days_of(office)
    assert before[-1] < 201
    office.clock.move(timedelta(days=15))
    office.sync()
    after = days_of(office)
    assert after[: len(before)] == before
    assert [day - before[-1] for day in after[len(before) :]] == [7, 14]


def test_an_occurrence_is_not_removed_with_delete_off_and_not_sent_again(
    make_office: MakeOffice,
):
    office = make_office(options=replace(EVERYTHING, takes_delete=False))
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=4")
    office.sync()
    office.remove(nth(office, 1))
    office.sync()
    assert len(office.occurrences(item)) == 4
    assert days_of(office) == [0, 2, 3]


def test_all_occurrences_removed_there_at_once_count_as_one_for_the_brake(
    office: Office, series: str
):
    for number in range(5):
        office.add(f"Item {number}", times=office.at(number))
    office.sync()
    for event in office.events():
        if event["summary"] == "Standup":
            office.remove(event["event_uid"])
    office.sync()
    assert "Standup" not in office.summaries()
    assert office.item(series).deleted_at is not None
    assert "brake" not in office.reasons()


def test_a_deleted_series_that_an_edit_there_brings_back_stands_there_whole(
    office: Office, series: str
):
    before = days_of(office)
    office.edit(nth(office, 1), summary="Still wanted")
    office.delete(series)
    office.sync()
    office.clock.move(timedelta(minutes=2))
    office.sync()
    assert days_of(office) == before
    assert "Still wanted" in office.summaries()
    assert len(office.occurrences(series)) == len(before)


def test_an_occurrence_removed_there_and_restored_there_comes_back(office: Office, series: str):
    times = office.at(24 + 5)
    office.change_one(series, key_of(office, series, 1), times=times, subject="Retrospective")
    office.sync()
    uid = office.uid("Retrospective")
    office.remove(uid)
    office.sync()
    assert len(office.occurrences(series)) == 3
    office.clock.move(timedelta(hours=1))
    bring_back(office, uid)
    for _ in range(3):
        office.sync()
    assert uid == office.uid("Retrospective")
    back = office.occurrences(series)[1].fields
    assert isinstance(times, Timed)
    assert isinstance(back.times, Timed)
    assert (back.subject, back.times.start) == ("Retrospective", times.start)
    assert days_of(office) == [0, 1, 2, 3]


def test_an_occurrence_edited_there_while_it_is_removed_here_comes_back(
    office: Office, series: str
):
    uid = nth(office, 1)
    office.delete_one(series, key_of(office, series, 1))
    office.edit(uid, summary="Retrospective")
    office.sync()
    assert office.uid("Retrospective") == uid
    assert office.occurrences(series)[1].fields.subject == "Retrospective"


def test_a_series_that_is_shortened_and_lengthened_again_stands_there_whole(
    office: Office, series: str
):
    for count in (2, 4):
        office.change(series, rule=f"FREQ=DAILY;COUNT={count}")
        office.sync()
        office.sync()
        assert days_of(office) == [*range(count)]


def test_an_occurrence_that_comes_back_wakes_no_other_that_was_removed_there(
    make_office: MakeOffice,
):
    office = make_office()
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=4")
    office.sync()
    first, third = nth(office, 0), nth(office, 2)
    office.remove(first)
    office.sync()
    office.options(takes_delete=False)
    office.remove(third)
    office.sync()
    assert len(office.occurrences(item)) == 3
    office.clock.move(timedelta(hours=1))
    bring_back(office, first)
    for _ in range(3):
        office.sync()
    assert len(office.occurrences(item)) == 4
    assert days_of(office) == [0, 1, 3]
