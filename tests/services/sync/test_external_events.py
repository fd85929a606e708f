"""The user's own events, which we did not make."""

from datetime import timedelta

from calsync.core.event import AllDay
from calsync.core.integration import Caution
from calsync.core.item import ItemStatus
from calsync.cronofy.limiter import Lane
from calsync.services.accounts import check_account
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE


def test_the_users_own_event_is_left_alone_without_the_permission(office: Office):
    office.put("Dentist")
    office.sync()
    (item,) = office.items()
    office.change(item.id, subject="Dentist, again")
    office.sync()
    assert office.summaries() == ["Dentist"]
    assert "permission" in office.reasons()


def permit(office: Office, sandbox: RunningSandbox) -> None:
    """Let the user allow that their own events are changed."""
    sandbox.control(
        "PATCH", f"/calendars/{office.calendar_id}", {"permission_level": "unrestricted"}
    )
    check_account(office.tools, office.person.who.tenant_id, office.account_id, Lane.USER)


def test_the_users_own_event_is_changed_and_deleted_with_the_permission(
    office: Office, sandbox: RunningSandbox
):
    permit(office, sandbox)
    office.put("Dentist", description="Bring the X-ray")
    office.sync()
    (item,) = office.items()
    office.change(item.id, subject="Dentist, again")
    office.sync()
    event = office.event("Dentist, again")
    assert event["description"] == "Bring the X-ray"
    assert office.subjects() == ["Dentist, again"]
    office.delete(item.id)
    office.sync()
    assert office.summaries() == []


def test_the_users_own_event_that_is_made_all_day_here_stays_busy(
    office: Office, sandbox: RunningSandbox
):
    permit(office, sandbox)
    office.put("Fair")
    office.sync()
    (item,) = office.items()
    day = office.day.date()
    office.change(item.id, times=AllDay(day, day + timedelta(days=1)))
    office.sync()
    assert office.event("Fair")["start"] == day.isoformat()
    assert office.event("Fair")["transparency"] == "opaque"
    assert office.item(item.id).is_busy
    assert "altered" not in office.reasons()


def test_an_event_that_was_cancelled_shows_its_item_as_cancelled(office: Office):
    uid = office.put("Dentist")
    office.sync()
    office.edit(uid, status="cancelled")
    office.sync()
    (item,) = office.items()
    assert item.status is ItemStatus.CANCELLED


def test_an_event_that_was_renamed_and_cancelled_keeps_its_new_name(office: Office):
    uid = office.put("Dentist")
    office.sync()
    office.edit(uid, summary="Dentist, moved to May", status="cancelled")
    office.sync()
    (item,) = office.items()
    assert (item.subject, item.status) == ("Dentist, moved to May", ItemStatus.CANCELLED)


def test_a_write_that_alters_more_than_it_was_to_is_the_last_to_the_users_own_events(
    office: Office, sandbox: RunningSandbox
):
    permit(office, sandbox)
    uid, other = office.put("Dentist"), office.put("Doctor")
    office.sync()
    dentist, doctor = sorted(office.items(), key=lambda item: item.subject)
    office.change(dentist.id, subject="Dentist, again")
    office.sync(settle=False)
    # So does a provider that writes more than it was told.
    office.edit(uid, location={"description": "Elsewhere"})
    office.sync()
    assert office.integration.caution is Caution.ALTERED
    assert ("in", "none", "failed", "altered") in office.log()
    office.change(doctor.id, subject="Doctor, again")
    office.delete(dentist.id)
    office.sync()
    assert office.summaries() == ["Dentist, again", "Doctor"]
    assert office.reasons().count("altered") == 3
    assert other == office.uid("Doctor")
    # Our own copies go on.
    office.add("Lunch")
    office.sync()
    assert "Lunch" in office.summaries()


def test_a_write_that_does_what_it_was_to_leaves_everything_as_it_is(
    office: Office, sandbox: RunningSandbox
):
    permit(office, sandbox)
    office.put("Dentist", description="Bring the X-ray", location={"description": "High St"})
    office.sync()
    (item,) = office.items()
    before = office.event("Dentist")
    office.change(item.id, subject="Dentist, again", is_private=True)
    office.sync()
    assert office.integration.caution is None
    after = office.event("Dentist, again")
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed - {"updated"} == {"summary"}
    assert "private_there" in office.reasons()
    assert office.item(item.id).is_private
