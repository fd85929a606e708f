"""Items that stand on the calendars of several people."""

from calsync.core.item import ItemFields, Kind
from calsync.services.items import change_item, create_item
from calsync.services.tickets import TicketFields, create_ticket
from tests.cast import Person
from tests.services.sync.office import ON_SQLITE, MakeOffice

pytestmark = ON_SQLITE


def test_a_service_call_stands_on_two_calendars_and_its_time_goes_to_both(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas = make_office()
    sams = make_office(sam, "sam@office365.example")
    ticket = create_ticket(danas.tools, dana.who, TicketFields("Replace firewall"))
    fields = ItemFields(Kind.SERVICE_CALL, times=danas.at(0), ticket_id=ticket)
    people = [dana.who.user_id, sam.who.user_id]
    call = create_item(danas.tools, sam.who, fields, people)
    danas.sync()
    sams.sync()
    (title,) = danas.summaries()
    assert sams.summaries() == [title]
    danas.edit(danas.uid(title), **danas.moved(4))
    danas.sync()
    sams.sync()
    assert sams.event(title)["start"] == danas.event(title)["start"]
    change_item(danas.tools, sam.who, call, danas.fields(call), assignees=[sam.who.user_id])
    danas.sync()
    sams.sync()
    assert danas.summaries() == []
    assert sams.summaries() == [title]


def test_deleting_the_copy_of_a_call_unassigns_that_user_alone(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas = make_office()
    sams = make_office(sam, "sam@office365.example")
    ticket = create_ticket(danas.tools, dana.who, TicketFields("Replace firewall"))
    fields = ItemFields(Kind.SERVICE_CALL, times=danas.at(0), ticket_id=ticket)
    create_item(danas.tools, sam.who, fields, [dana.who.user_id, sam.who.user_id])
    danas.sync()
    sams.sync()
    (title,) = danas.summaries()
    danas.remove(danas.uid(title))
    danas.sync()
    sams.sync()
    assert sams.summaries() == [title]
    assert danas.summaries() == []
