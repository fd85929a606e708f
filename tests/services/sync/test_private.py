"""Private entries, from both sides."""

from datetime import timedelta

import pytest

from calsync.core.item import ItemFields, Kind
from calsync.services.items import create_item
from calsync.services.tickets import TicketFields, create_ticket
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE


def test_an_entry_becomes_private_there_under_its_next_id_and_nothing_is_left_over(
    office: Office,
):
    item = office.add("Doctor")
    office.sync()
    office.change(item, is_private=True)
    office.sync()
    event = office.event("Doctor")
    assert event["event_private"]
    assert office.summaries() == ["Doctor"]
    writes = office.writes()
    office.sync()
    assert office.writes() == writes


def test_a_public_copy_that_could_not_be_deleted_goes_once_the_calendar_takes_writes(
    office: Office, sandbox: RunningSandbox
):
    item = office.add("Doctor")
    office.sync()
    sandbox.fault("calendar_readonly", calendar_id=office.calendar_id)
    office.change(item, is_private=True)
    office.sync(settle=False)
    office.sync(settle=False)
    assert "read_only" in office.why(item)
    office.set_calendar(readonly=False)
    office.clock.move(timedelta(hours=25))
    office.sync()
    assert office.summaries() == ["Doctor"]
    assert office.event("Doctor")["event_private"]


@pytest.mark.parametrize("kind", [Kind.APPOINTMENT, Kind.TODO])
def test_a_copy_made_private_there_makes_only_an_appointment_private(office: Office, kind: Kind):
    item = office.add("Doctor", kind=kind)
    office.sync()
    before = office.event("Doctor")["event_id"]
    office.edit(office.uid("Doctor"), event_private=True)
    office.sync()
    assert office.item(item).is_private is (kind is Kind.APPOINTMENT)
    office.change(item, description="Fasting")
    office.sync()
    event = office.event("Doctor")
    # What is not accepted is carried along, and a copy is not made anew for it.
    assert (event["event_private"], event["event_id"]) == (True, before)


def test_a_private_event_of_the_users_own_comes_in_as_private_and_follows(office: Office):
    uid = office.put("Doctor", event_private=True)
    office.sync()
    (item,) = office.items()
    assert item.is_private
    office.edit(uid, event_private=False)
    office.sync()
    assert not office.item(item.id).is_private


def test_one_of_several_assignees_makes_nothing_private_for_the_others(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas = make_office()
    ticket = create_ticket(danas.tools, dana.who, TicketFields("Replace firewall"))
    fields = ItemFields(Kind.SERVICE_CALL, times=danas.at(0), ticket_id=ticket)
    call = create_item(danas.tools, sam.who, fields, [dana.who.user_id, sam.who.user_id])
    danas.sync()
    (title,) = danas.summaries()
    danas.edit(danas.uid(title), event_private=True)
    danas.sync()
    assert not danas.item(call).is_private
    assert "not_accepted" in danas.why(call)
