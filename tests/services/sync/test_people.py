"""Items that stand on the calendars of several people."""

from dataclasses import replace
from datetime import timedelta

from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.services.items import change_item, create_item
from calsync.services.sync.rehearsal import preview
from calsync.services.tickets import TicketFields, create_ticket
from tests.cast import Person
from tests.services.sync.office import EVERYTHING, HOUR, ON_SQLITE, MakeOffice, Office

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


def test_nobody_is_told_what_was_written_after_an_item_left_their_calendar(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas = make_office()
    people = [dana.who.user_id, sam.who.user_id]
    fields = ItemFields(Kind.APPOINTMENT, "Lunch", danas.at(0))
    item_id = create_item(danas.tools, sam.who, fields, people)
    danas.sync()
    secret = replace(fields, subject="Salaries", description="Dana's, too", is_private=True)
    change_item(danas.tools, sam.who, item_id, secret, assignees=people[1:])
    planned = preview(danas.tools, dana.who, danas.integration_id, bulk=False)
    danas.sync()
    assert danas.summaries() == []
    for entry in (*planned, *danas.entries(item_id)):
        told = f"{entry.title} {entry.before} {entry.after}"
        assert "Lunch" in told
        assert "Salaries" not in told
        assert "Dana's, too" not in told


def call_of_two(office: Office, dana: Person, sam: Person) -> str:
    """Make a service call of Dana's and Sam's, tomorrow at ten, and return its id."""
    ticket = create_ticket(office.tools, dana.who, TicketFields("Replace firewall"))
    fields = ItemFields(Kind.SERVICE_CALL, times=office.at(0), ticket_id=ticket)
    return create_item(office.tools, sam.who, fields, [dana.who.user_id, sam.who.user_id])


def sync_both(*offices: Office) -> None:
    for _ in range(2):
        for office in offices:
            office.sync()


def test_a_call_moved_in_both_calendars_at_once_ends_at_one_time_everywhere(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas, sams = make_office(), make_office(sam, "sam@office365.example")
    call = call_of_two(danas, dana, sam)
    sync_both(danas, sams)
    (title,) = danas.summaries()
    danas.edit(danas.uid(title), **danas.moved(2))
    danas.clock.move(timedelta(seconds=30))
    sams.edit(sams.uid(title), **danas.moved(5))
    sync_both(danas, sams)
    expected = danas.day + 5 * HOUR
    assert danas.item(call).starts_at == expected
    assert danas.starts() == sams.starts() == [danas.wire(expected)]


def test_a_call_whose_copy_one_user_deleted_comes_back_to_them_with_a_new_time(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas, sams = make_office(), make_office(sam, "sam@office365.example")
    call = call_of_two(danas, dana, sam)
    sync_both(danas, sams)
    (title,) = danas.summaries()
    danas.remove(danas.uid(title))
    sync_both(danas, sams)
    assert sams.summaries() == [title]
    sams.edit(sams.uid(title), **danas.moved(3))
    sync_both(danas, sams)
    # Dana was un-assigned, so that a new time is nothing of hers.
    assert (danas.summaries(), sams.summaries()) == ([], [title])
    people = [sam.who.user_id, dana.who.user_id]
    change_item(danas.tools, sam.who, call, danas.fields(call), assignees=people)
    sync_both(danas, sams)
    assert danas.starts() == sams.starts() == [danas.wire(danas.day + 3 * HOUR)]


def test_the_last_one_who_deletes_their_copy_cancels_the_call_and_keeps_it(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas, sams = make_office(), make_office(sam, "sam@office365.example")
    call = call_of_two(danas, dana, sam)
    sync_both(danas, sams)
    for office in (danas, sams):
        office.remove(office.uid(office.summaries()[0]))
        sync_both(danas, sams)
    assert danas.item(call).deleted_at is None
    assert danas.item(call).status is ItemStatus.CANCELLED
    assert danas.summaries() == sams.summaries() == []


def test_what_one_user_keeps_out_does_not_keep_the_other_from_it(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas = make_office(options=replace(EVERYTHING, takes_update=False))
    sams = make_office(sam, "sam@office365.example")
    call = call_of_two(danas, dana, sam)
    sync_both(danas, sams)
    (title,) = danas.summaries()
    danas.edit(danas.uid(title), **danas.moved(2))
    sync_both(danas, sams)
    assert danas.item(call).starts_at == danas.day
    assert sams.starts() == [danas.wire(danas.day)]
    sams.edit(sams.uid(title), **danas.moved(4))
    sync_both(danas, sams)
    # The new time is an edit here for Dana's calendar, and wins over what was kept out.
    assert danas.starts() == sams.starts() == [danas.wire(danas.day + 4 * HOUR)]


def test_an_appointment_deleted_in_one_of_two_calendars_stays_with_the_other(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas, sams = make_office(), make_office(sam, "sam@office365.example")
    fields = ItemFields(Kind.APPOINTMENT, "Review", times=danas.at(0))
    people = [dana.who.user_id, sam.who.user_id]
    item = create_item(danas.tools, sam.who, fields, people)
    sync_both(danas, sams)
    danas.remove(danas.uid("Review"))
    sync_both(danas, sams)
    assert danas.item(item).deleted_at is None
    assert (danas.summaries(), sams.summaries()) == ([], ["Review"])
