"""Single events that are not what the documentation promises: their neighbours go on."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.link import LinkState
from calsync.errors import CronofyError
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE

#: What cannot be read at all, or cannot stand on My Calendar.
BAD: dict[str, dict[str, Any]] = {
    "no start": {"start": None},
    "no end": {"end": None},
    "a start of the wrong type": {"start": 5},
    "an end of the wrong type": {"end": {"time": []}},
    "a start in words": {"start": "tomorrow"},
    "a day that there is not": {"start": "2027-02-30", "end": "2027-03-01"},
    "an hour that there is not": {"start": "2027-02-03T25:00:00Z"},
    "the end before the start": {"end": "1999-01-01T00:00:00Z"},
    "a day that ends before it starts": {"start": "2027-02-03", "end": "2027-02-03"},
    "a date and a time": {"start": "2027-02-03"},
    "the year 0": {"start": "0000-12-29T00:00:00Z"},
    "the year 1900": {"start": "1900-01-01T09:00:00Z", "end": "1900-01-01T10:00:00Z"},
    "the year 9999": {"start": "9999-12-31T09:00:00Z", "end": "9999-12-31T23:59:59Z"},
    "three years long": {"start": "2026-01-01T09:00:00Z", "end": "2029-01-01T10:00:00Z"},
    "local time in an unknown zone": {
        "start": {"time": "2027-03-01T09:00:00", "tzid": "Mars/Olympus"},
        "end": {"time": "2027-03-01T10:00:00", "tzid": "Mars/Olympus"},
    },
    "a title that is a number": {"summary": 7},
    "a text that is a list": {"description": ["x"]},
    "a place that is a text": {"location": "High St 3"},
    "guests that are a text": {"attendees": "nobody"},
    "options that are a list": {"options": [True]},
    "deleted in words": {"deleted": "true"},
    "private in words": {"event_private": "yes"},
    "a status that is a list": {"status": ["confirmed"]},
    "a series that is a number": {"series_identifier": 7},
}
#: What is odd, and an event all the same.
ODD: dict[str, dict[str, Any]] = {
    "unknown fields": {"surprise": {"deleted": True, "event_id": "x"}, "kind": 5},
    "unknown words": {"status": "postponed", "transparency": "murky", "participation_status": "?"},
    "no title": {"summary": None},
    "no text and no place": {"description": None, "location": None},
    "nothing optional": {
        "attendees": None,
        "options": None,
        "transparency": None,
        "status": None,
        "created": None,
        "categories": None,
    },
    "the year 2100": {"start": "2100-02-03T09:00:00Z", "end": "2100-02-03T10:00:00Z"},
    "no length": {"start": "2027-02-03T09:00:00Z", "end": "2027-02-03T09:00:00Z"},
    "up to the last second": {"start": "2027-02-03T09:00:00Z", "end": "2027-02-03T23:59:59Z"},
    "parts of seconds": {"start": "2027-02-03T09:00:00.500Z", "end": "2027-02-03T10:00:00.250Z"},
    "an unknown zone": {
        "start": {"time": "2027-03-01T09:00:00Z", "tzid": "Customized Time Zone"},
        "end": {"time": "2027-03-01T10:00:00Z", "tzid": "../../etc/passwd"},
    },
    "a change in the year 0": {"created": "0000-12-29T00:00:00Z"},
    "a link that is none": {"meeting_url": "javascript:alert(1)"},
}


def spoil(sandbox: RunningSandbox, uid: str, event: dict[str, Any]) -> int:
    return sandbox.fault("altered_answer", times=None, path="/v1/events", uid=uid, event=event)


@pytest.mark.parametrize("shape", BAD)
def test_a_new_event_that_cannot_be_read_is_set_aside_with_its_reason_until_it_is_mended(
    office: Office, sandbox: RunningSandbox, shape: str
):
    bad = office.put("Bad")
    office.put("Good")
    mine = office.add("Mine")
    fault = spoil(sandbox, bad, BAD[shape])
    office.sync()
    office.sync()
    assert sandbox.fired(fault) > 0
    assert office.subjects() == ["Good", "Mine"]
    assert office.summaries() == ["Bad", "Good", "Mine"]
    assert office.why(bad) <= {"unreadable", "unfit"}
    assert len(office.entries(bad)) == 1
    sandbox.control("DELETE", "/faults")
    office.edit(bad, summary="Mended")
    office.change(mine, subject="Changed")
    office.sync()
    assert office.subjects() == ["Changed", "Good", "Mended"]


#: One of each sort: what is read of a known event is read by the same hand.
BAD_OF_EACH_SORT = [
    "no start",
    "the end before the start",
    "the year 1900",
    "local time in an unknown zone",
    "a title that is a number",
    "deleted in words",
    "options that are a list",
]


@pytest.mark.parametrize("shape", BAD_OF_EACH_SORT)
def test_a_linked_event_that_cannot_be_read_any_more_keeps_its_item(
    office: Office, sandbox: RunningSandbox, shape: str
):
    office.put("Theirs")
    mine = office.add("Mine")
    other = office.add("Other")
    office.sync()
    copy, theirs = office.uid("Mine"), office.uid("Theirs")
    before = {item.id: (item.starts_at, item.version) for item in office.items()}
    writes = office.writes()
    faults = [spoil(sandbox, uid, BAD[shape]) for uid in (copy,)]
    office.edit(copy, location={"description": "Pub"})
    office.edit(office.uid("Other"), location={"description": "Pub"})
    for _ in range(3):
        office.sync()
        office.clock.move(25 * HOUR)
    assert all(sandbox.fired(fault) for fault in faults)
    assert office.writes() == writes
    assert office.subjects() == ["Mine", "Other", "Theirs"]
    assert (office.item(mine).starts_at, office.item(mine).version) == before[mine]
    assert office.item(other).location == "Pub"
    assert office.why(copy) & {"unreadable", "unfit"}
    assert office.why(mine) & {"unreadable", "unfit"}
    # It stands there, whatever it says: it is not missing.
    assert {link.state for link in office.links()} == {LinkState.LIVE}
    sandbox.control("DELETE", "/faults")
    office.edit(copy, summary="Mended")
    office.sync()
    assert office.item(mine).subject == "Mended"
    assert theirs in [event["event_uid"] for event in office.events()]


@pytest.mark.parametrize("shape", ODD)
def test_an_odd_event_comes_in_with_its_neighbours_and_nothing_is_written_for_it(
    office: Office, sandbox: RunningSandbox, shape: str
):
    odd = office.put("Odd")
    office.put("Good")
    fault = spoil(sandbox, odd, ODD[shape])
    office.sync()
    writes = office.writes()
    office.sync()
    office.clock.move(25 * HOUR)
    office.sync()
    assert sandbox.fired(fault) > 0
    assert len(office.items()) == 2
    assert "Good" in office.subjects()
    assert office.summaries() == ["Good", "Odd"]
    assert office.writes() == writes


def test_an_event_that_is_no_object_is_passed_over(office: Office, sandbox: RunningSandbox):
    office.put("Good")
    events = sandbox.control("GET", f"/calendars/{office.calendar_id}/events")["events"]
    spoilt = [7, *events, ["x"], "evt_1"]
    fault = sandbox.fault("altered_answer", path="/v1/events", answer={"events": spoilt})
    office.sync()
    assert sandbox.fired(fault) == 1
    assert office.subjects() == ["Good"]
    assert "unreadable" in office.reasons()


def test_a_copy_that_stays_unreadable_is_set_aside_and_followed_once_it_can_be_read(
    office: Office, sandbox: RunningSandbox
):
    item = office.add("Lunch")
    number = sandbox.fault("altered_answer", path="/v1/events", event={"start": 5}, times=None)
    office.sync()
    office.clock.move(timedelta(minutes=11))
    office.sync()
    assert sandbox.fired(number)
    assert office.writes() == 1
    assert [link.state for link in office.links()] == [LinkState.SET_ASIDE]
    sandbox.control("DELETE", "/faults")
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    office.clock.move(timedelta(minutes=5))
    office.sync()
    assert [link.state for link in office.links()] == [LinkState.LIVE]
    assert office.item(item).location == "Pub"


def test_a_copy_that_cannot_be_read_yet_is_not_sent_again_over_what_its_user_wrote(
    office: Office, sandbox: RunningSandbox
):
    item = office.add("Lunch")
    sandbox.fault("reset_after", path="/v1/batch", times=None)
    with suppress(CronofyError):
        office.run_once()
    sandbox.control("DELETE", "/faults")
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    sandbox.fault("altered_answer", path="/v1/events", event={"start": 5}, times=1)
    office.clock.move(timedelta(minutes=5))
    office.run_once()
    office.clock.move(timedelta(minutes=10))
    office.sync()
    assert office.item(item).location == office.event("Lunch")["location"]["description"] == "Pub"
    assert office.log().count(("out", "create", "done", None)) == 1
