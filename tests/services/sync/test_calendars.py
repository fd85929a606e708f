"""Calendars that take no writes, or are gone."""

from datetime import timedelta

from calsync.core.integration import Stop
from calsync.db.models import Integration
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE


def test_what_a_read_only_calendar_kept_out_is_sent_once_it_takes_writes(
    office: Office,
):
    office.set_calendar(readonly=True)
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    assert office.summaries() == ["Dentist"]
    assert "Dentist" in office.subjects()
    assert "read_only" in office.reasons()
    office.set_calendar(readonly=False)
    office.clock.move(timedelta(hours=25))
    office.sync()
    assert office.summaries() == ["Dentist", "Lunch"]


def test_what_was_kept_out_before_anything_stood_there_is_sent_once_it_takes_writes(
    office: Office, sandbox: RunningSandbox
):
    office.set_calendar(readonly=True)
    office.add("Lunch")
    office.sync()
    office.set_calendar(readonly=False)
    with office.tools.db.begin() as session:
        session.get_one(Integration, office.integration_id).cursor = None
    office.clock.move(timedelta(minutes=10))
    office.sync()
    assert office.summaries() == ["Lunch"]


def test_a_calendar_that_becomes_read_only_still_lets_changes_in_and_gets_the_rest_later(
    office: Office,
):
    item, gone = office.add("Lunch"), office.add("Tea")
    office.sync()
    office.set_calendar(readonly=True)
    office.change(item, subject="Dinner")
    office.delete(gone)
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    office.sync()
    assert office.summaries() == ["Lunch", "Tea"]
    assert (office.item(item).subject, office.item(item).location) == ("Dinner", "Pub")
    assert {"read_only"} <= office.why(item)
    assert "read_only" in office.why(gone)
    office.set_calendar(readonly=False)
    office.change(item, subject="Supper")
    office.sync()
    assert office.event("Supper")["location"]["description"] == "Pub"


def test_a_calendar_that_becomes_read_only_unnoticed_keeps_changes_here_and_says_so(
    office: Office, sandbox: RunningSandbox
):
    item = office.add("Lunch")
    office.sync()
    sandbox.fault("calendar_readonly", calendar_id=office.calendar_id)
    office.change(item, subject="Dinner")
    office.sync(settle=False)
    office.sync(settle=False)
    assert office.summaries() == ["Lunch"]
    assert office.subjects() == ["Dinner"]
    assert "read_only" in office.why(item)
    office.set_calendar(readonly=False)
    office.change(item, subject="Supper")
    office.sync()
    assert office.summaries() == ["Supper"]


def test_a_calendar_that_becomes_read_only_unnoticed_is_synced_on_at_once(
    office: Office, sandbox: RunningSandbox
):
    item = office.add("Lunch")
    office.sync()
    sandbox.fault("calendar_readonly", calendar_id=office.calendar_id)
    office.change(item, subject="Dinner")
    office.run_once()
    assert office.is_due(office.now)
    office.run_once()
    assert office.integration.stop is None
    assert office.why(item) == {"read_only"}


def test_a_calendar_that_vanishes_stops_its_sync_and_says_so(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    office.sync()
    sandbox.fault("calendar_deleted", calendar_id=office.calendar_id)
    office.add("Dinner")
    office.sync(settle=False)
    assert office.integration.stop is Stop.CALENDAR_GONE
    assert office.subjects() == ["Dinner", "Lunch"]
    sandbox.control("PATCH", f"/calendars/{office.calendar_id}", {"deleted": False})
    office.check_account()
    office.sync()
    assert office.integration.stop is None
    assert office.subjects() == ["Dinner", "Lunch"]
    assert office.summaries() == ["Dinner", "Lunch"]


def test_a_change_kept_out_without_the_permission_flows_when_it_is_made_anew(office: Office):
    office.put("Dentist")
    office.sync()
    (item,) = office.items()
    office.change(item.id, subject="Dentist, again")
    office.sync()
    assert "permission" in office.why(item.id)
    office.set_calendar(permission_level="unrestricted")
    office.sync()
    # Giving the permission rewrites nothing by itself.
    assert office.summaries() == ["Dentist"]
    office.change(item.id, subject="Dentist at nine")
    office.sync()
    assert office.summaries() == ["Dentist at nine"]


def test_a_permission_that_was_taken_back_keeps_changes_here_and_deletes_nothing(office: Office):
    office.set_calendar(permission_level="unrestricted")
    office.put("Dentist")
    office.sync()
    (item,) = office.items()
    office.set_calendar(permission_level="sandbox")
    office.change(item.id, subject="Dentist, again")
    office.sync()
    office.delete(item.id)
    office.sync()
    assert office.summaries() == ["Dentist"]
    assert "permission" in office.why(item.id)
