"""What is looked at before anything is removed, and what then stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.link import LinkState
from calsync.db.models import Item
from calsync.services.items import delete_item
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office
from tests.services.sync.their_series import bring_back

pytestmark = ON_SQLITE


def test_when_everything_is_gone_at_once_nothing_is_deleted(office: Office):
    for number in range(4):
        office.add(f"Item {number}", times=office.at(number))
    office.sync()
    for event in office.events():
        office.remove(event["event_uid"])
    office.sync()
    assert len(office.subjects()) == 4
    assert "brake" in office.reasons()
    office.add("Lunch")
    office.sync()
    assert office.summaries() == ["Lunch"]


@pytest.mark.parametrize(("session_id", "left"), [("a browser", 4), ("", 15)])
def test_what_somebody_deletes_by_hand_waits_for_no_word_and_what_a_program_deletes_does(
    office: Office, session_id: str, left: int
):
    items = [office.add(f"Item {number}", times=office.at(number)) for number in range(15)]
    office.sync()
    who = replace(office.person.who, session_id=session_id)
    for item in items[:11]:
        delete_item(office.tools, who, item)
    office.sync()
    assert len(office.summaries()) == left


def test_a_removal_that_waits_for_the_users_word_dissolves_with_its_cause(office: Office):
    items = [office.add(f"Item {number}", times=office.at(number)) for number in range(3)]
    office.sync()
    for event in office.events():
        office.remove(event["event_uid"])
    office.sync()
    assert {link.state for link in office.links()} == {LinkState.HELD}
    office.change(items[0], subject="Still wanted")
    office.delete(items[1])
    office.sync()
    assert office.summaries() == ["Still wanted"]
    assert office.subjects() == ["Item 2", "Still wanted"]


def test_a_copy_that_was_moved_to_another_calendar_is_not_deleted_here(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    office.sync()
    personal = sandbox.calendars()["Personal"]
    office.edit(office.uid("Lunch"), calendar_id=personal)
    office.sync()
    assert office.subjects() == ["Lunch"]
    assert "moved" in office.reasons()
    assert office.summaries() == []


def test_a_calendar_that_was_deleted_takes_nothing_along(office: Office, sandbox: RunningSandbox):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    sandbox.fault("calendar_deleted", calendar_id=office.calendar_id)
    office.sync(settle=False)
    office.sync(settle=False)
    assert office.subjects() == ["Dentist", "Lunch"]


def test_after_a_long_absence_removals_wait_for_the_users_word(office: Office):
    office.add("Lunch")
    office.sync()
    office.remove(office.uid("Lunch"))
    office.be_absent()
    office.sync()
    assert office.subjects() == ["Lunch"]
    assert "absence" in office.reasons()


def test_an_event_restored_there_stays_although_its_item_is_gone_for_good(office: Office):
    office.set_calendar(permission_level="unrestricted")
    uid = office.put("Dentist")
    office.sync()
    item = office.items()[0].id
    office.remove(uid)
    office.sync()
    with office.tools.db.begin() as session:
        session.delete(session.get_one(Item, item))
    office.clock.move(timedelta(days=31))
    bring_back(office, uid)
    for _ in range(3):
        office.sync()
    assert office.summaries() == ["Dentist"]
    assert "not_allowed" in office.reasons()
