"""The user's own events, which we did not make."""

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


def test_the_users_own_event_is_changed_and_deleted_with_the_permission(
    office: Office, sandbox: RunningSandbox
):
    sandbox.control(
        "PATCH", f"/calendars/{office.calendar_id}", {"permission_level": "unrestricted"}
    )
    check_account(office.tools, office.person.who.tenant_id, office.account_id, Lane.USER)
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


def test_an_event_that_was_cancelled_shows_its_item_as_cancelled(office: Office):
    uid = office.put("Dentist")
    office.sync()
    office.edit(uid, status="cancelled")
    office.sync()
    (item,) = office.items()
    assert item.status is ItemStatus.CANCELLED
