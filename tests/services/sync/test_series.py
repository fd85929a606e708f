"""Repeating appointments of My Calendar."""

from datetime import timedelta

from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE


def test_each_occurrence_of_a_series_stands_there_and_one_is_moved_alone(office: Office):
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=4")
    office.sync()
    assert office.summaries() == ["Standup"] * 4
    second = sorted(office.events(), key=lambda event: event["start"])[1]
    start = office.day + timedelta(days=1, hours=5)
    office.edit(second["event_uid"], start=office.wire(start), end=office.wire(start + HOUR))
    office.sync()
    starts = sorted(event["start"] for event in office.events())
    assert office.wire(start) in starts
    office.change(item, subject="Daily")
    office.sync()
    assert office.summaries() == ["Daily"] * 4
    assert office.wire(start) in [event["start"] for event in office.events()]


def test_an_occurrence_deleted_there_stays_deleted(office: Office):
    office.add("Standup", rule="FREQ=DAILY;COUNT=3")
    office.sync()
    office.remove(min(office.events(), key=lambda event: event["start"])["event_uid"])
    office.sync()
    assert len(office.events()) == 2
    assert office.subjects() == ["Standup"]
