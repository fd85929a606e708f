"""What each kind sends to the linked calendar and takes back from there."""

from datetime import timedelta

import pytest

from calsync.core.event import AllDay
from calsync.core.item import ItemStatus, Kind
from calsync.services.tickets import TicketFields, create_ticket
from tests.cast import Person
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE


@pytest.mark.parametrize(
    ("kind", "accepts_title"),
    [(Kind.APPOINTMENT, True), (Kind.CRM_ACTIVITY, True), (Kind.TASK, False), (Kind.TODO, True)],
)
def test_each_kind_is_sent_and_takes_back_what_it_accepts(
    office: Office, kind: Kind, accepts_title: bool
):
    item = office.add("Plan", kind=kind)
    office.sync()
    office.edit(office.uid("Plan"), summary="New plan", **office.moved(3))
    office.sync()
    assert office.item(item).starts_at == office.day + 3 * HOUR
    assert office.item(item).subject == ("New plan" if accepts_title else "Plan")
    assert office.summaries() == ["New plan"]


def test_a_service_call_takes_a_new_time_and_gives_its_title_back(office: Office, dana: Person):
    ticket = create_ticket(office.tools, dana.who, TicketFields("Replace firewall"))
    call = office.add("", kind=Kind.SERVICE_CALL, ticket_id=ticket)
    office.sync()
    (title,) = office.summaries()
    assert "Replace firewall" in title
    office.edit(office.uid(title), summary="Mine", **office.moved(2))
    office.sync()
    assert office.summaries() == [title]
    assert office.item(call).starts_at == office.day + 2 * HOUR


def test_a_task_without_a_date_is_not_sent_and_a_due_one_stands_all_day(office: Office):
    office.add("Some day", kind=Kind.TASK, times=None)
    office.add("Due", kind=Kind.TASK, times=None, due_on=office.day.date())
    office.sync()
    assert office.summaries() == ["Due"]
    assert office.event("Due")["start"] == office.day.date().isoformat()


def test_a_task_that_lost_its_dates_loses_its_copy(office: Office):
    item = office.add("Due", kind=Kind.TASK)
    office.sync()
    office.change(item, times=None, due_on=None)
    office.sync()
    assert office.summaries() == []


def test_what_is_done_stays_there_as_free_time(office: Office):
    item = office.add("Call back", kind=Kind.CRM_ACTIVITY)
    office.sync()
    office.change(item, status=ItemStatus.DONE)
    office.sync()
    assert office.event("Call back")["transparency"] == "transparent"


def test_an_all_day_appointment_keeps_its_days(office: Office):
    day = office.day.date()
    office.add("Fair", times=AllDay(day, day + timedelta(days=2)))
    office.put("Trip", start=day.isoformat(), end=(day + timedelta(days=1)).isoformat())
    office.sync()
    event = office.event("Fair")
    assert (event["start"], event["end"]) == (
        day.isoformat(),
        (day + timedelta(days=2)).isoformat(),
    )
    trip = next(item for item in office.items() if item.subject == "Trip")
    assert (trip.starts_on, trip.ends_on) == (day, day + timedelta(days=1))


def test_a_private_appointment_is_sent_as_private_and_turning_it_makes_the_copy_anew(
    office: Office,
):
    item = office.add("Doctor", is_private=True)
    office.sync()
    before = office.event("Doctor")
    assert before["event_private"]
    office.change(item, is_private=False)
    office.sync()
    after = office.event("Doctor")
    assert not after["event_private"]
    assert after["event_id"] != before["event_id"]
    assert office.summaries() == ["Doctor"]


def test_long_and_hostile_texts_arrive_cut_and_do_not_come_back(office: Office):
    title, text = "<b>" + "t" * 990, "<script>alert(1)</script>\r\n" + "x" * 6000
    item = office.add(title, description=text)
    office.sync()
    (event,) = office.events()
    assert len(event["description"]) == 4096
    assert "My Calendar: " in event["description"]
    office.edit(event["event_uid"], description="short")
    office.sync()
    assert office.item(item).description == text
    writes = office.writes()
    office.sync()
    assert office.writes() == writes
