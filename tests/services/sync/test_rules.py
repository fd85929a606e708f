"""The rules of the sync over real HTTP, each named after what it prevents."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.event import AllDay, Timed
from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.core.window import FutureRange
from calsync.cronofy.limiter import Lane
from calsync.errors import CronofyError
from calsync.services.accounts import check_account
from calsync.services.items import change_item, create_item
from calsync.services.sync.rehearsal import preview
from calsync.services.tickets import TicketFields, create_ticket
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import EVERYTHING, MakeOffice, Office

HOUR = timedelta(hours=1)

# What both databases do alike is held by the tests beside this one.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def moved(office: Office, hours: float) -> dict[str, str]:
    start = office.day + hours * HOUR
    return {"start": office.wire(start), "end": office.wire(start + HOUR)}


def uid_of(office: Office, summary: str) -> str:
    return str(office.event(summary)["event_uid"])


# --- what each kind sends and takes back ---


@pytest.mark.parametrize(
    ("kind", "accepts_title"),
    [(Kind.APPOINTMENT, True), (Kind.CRM_ACTIVITY, True), (Kind.TASK, False), (Kind.TODO, True)],
)
def test_each_kind_is_sent_and_takes_back_what_it_accepts(
    office: Office, kind: Kind, accepts_title: bool
):
    item = office.add("Plan", kind=kind)
    office.sync()
    office.edit(uid_of(office, "Plan"), summary="New plan", **moved(office, 3))
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
    office.edit(uid_of(office, title), summary="Mine", **moved(office, 2))
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


# --- the switches ---


@pytest.mark.parametrize("switch", ["takes_create", "takes_update", "takes_delete"])
@pytest.mark.parametrize("is_on", [True, False])
def test_each_switch_of_the_first_tab_lets_in_only_its_own(
    make_office: MakeOffice, switch: str, is_on: bool
):
    office = make_office(options=replace(EVERYTHING, **{switch: is_on}))
    office.add("Lunch")
    office.add("Dinner")
    office.sync()
    office.put("Dentist")
    office.edit(uid_of(office, "Lunch"), summary="Brunch")
    office.remove(uid_of(office, "Dinner"))
    office.sync()
    expected = {"takes_create": "Dentist", "takes_update": "Brunch", "takes_delete": "Dinner"}
    here = set(office.subjects())
    for name, subject in expected.items():
        came_in = subject not in here if name == "takes_delete" else subject in here
        assert came_in == (is_on or name != switch)
    if not is_on:
        assert len(office.reasons()) <= 1


def test_nothing_is_sent_of_a_kind_that_is_not_ticked(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, kinds=frozenset({Kind.TODO})))
    office.add("Lunch")
    office.add("Buy milk", kind=Kind.TODO)
    office.sync()
    assert office.summaries() == ["Buy milk"]


def test_turning_a_switch_on_does_not_rewrite_the_past(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, takes_update=False, takes_create=False))
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    office.edit(uid_of(office, "Lunch"), summary="Brunch")
    office.sync()
    office.options(takes_update=True, takes_create=True)
    office.sync()
    assert office.subjects() == ["Lunch"]


def test_what_was_there_before_comes_in_by_retrieve_alone(
    make_office: MakeOffice, sandbox: RunningSandbox
):
    office = make_office(options=replace(EVERYTHING, future=FutureRange.ONE_WEEK))
    work = office.calendar_id
    before = sandbox.control("GET", f"/calendars/{work}/events")["events"]
    assert office.subjects() == []
    office.sync(retrieve=True)
    assert len(office.items()) <= len(before)
    assert office.writes() == 0


def test_items_that_were_here_before_go_there_by_send_alone(make_office: MakeOffice, dana: Person):
    office = make_office(options=Options(takes_update=True))
    office.add("Old")
    office.sync()
    office.options(kinds=frozenset(Kind), sends=True)
    office.sync()
    assert office.summaries() == []
    office.sync(send=True)
    assert office.summaries() == ["Old"]


# --- both at once ---


@pytest.mark.parametrize(("policy", "winner"), [(Policy.MINE, "Dinner"), (Policy.THEIRS, "Brunch")])
def test_a_field_that_both_sides_changed_is_settled_by_the_policy(
    make_office: MakeOffice, policy: Policy, winner: str
):
    office = make_office(options=replace(EVERYTHING, policy=policy))
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.edit(uid_of(office, "Lunch"), summary="Brunch", location={"description": "Pub"})
    office.sync()
    assert office.summaries() == [winner]
    assert office.item(item).subject == winner
    assert office.item(item).location == "Pub"


def test_the_newest_edit_wins(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.clock.move(timedelta(seconds=30))
    office.edit(uid_of(office, "Lunch"), summary="Brunch")
    office.sync()
    assert office.summaries() == ["Brunch"]
    office.edit(uid_of(office, "Brunch"), summary="Supper")
    office.clock.move(timedelta(seconds=30))
    office.change(item, subject="Tea")
    office.sync()
    assert office.summaries() == ["Tea"]


def test_an_edit_here_wins_over_a_deletion_there(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.remove(uid_of(office, "Lunch"))
    office.sync()
    assert office.summaries() == ["Dinner"]
    assert office.subjects() == ["Dinner"]


def test_an_edit_there_wins_over_a_deletion_here(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.delete(item)
    office.edit(uid_of(office, "Lunch"), summary="Brunch")
    office.sync()
    assert office.subjects() == ["Brunch"]
    assert office.summaries() == ["Brunch"]


def test_a_deletion_on_both_sides_writes_nothing(office: Office):
    item = office.add("Lunch")
    office.sync()
    writes = office.writes()
    office.delete(item)
    office.remove(uid_of(office, "Lunch"))
    office.sync()
    assert office.writes() == writes


def test_an_item_restored_from_the_bin_is_sent_again(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.delete(item)
    office.sync()
    office.restore(item)
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.subjects() == ["Lunch"]


# --- the user's own events ---


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


# --- people ---


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
    danas.edit(uid_of(danas, title), **moved(danas, 4))
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
    danas.remove(uid_of(danas, title))
    danas.sync()
    sams.sync()
    assert sams.summaries() == [title]
    assert danas.summaries() == []


# --- series ---


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


# --- the brake ---


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


# --- looking closer before anything is removed ---


def test_a_copy_that_was_moved_to_another_calendar_is_not_deleted_here(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    office.sync()
    personal = sandbox.calendars()["Personal"]
    office.edit(uid_of(office, "Lunch"), calendar_id=personal)
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
    office.remove(uid_of(office, "Lunch"))
    office.be_absent()
    office.sync()
    assert office.subjects() == ["Lunch"]
    assert "absence" in office.reasons()


# --- what a sync would do ---


def test_a_preview_says_what_a_sync_would_do_and_does_nothing(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    writes = office.writes()
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert sorted((e.side.value, e.action, e.title) for e in planned) == [
        ("in", "create", "Dentist"),
        ("out", "create", "Lunch"),
    ]
    assert office.writes() == writes
    assert office.subjects() == ["Lunch"]
    assert office.log() == []
    office.sync()
    assert office.subjects() == ["Dentist", "Lunch"]
    assert preview(office.tools, office.person.who, office.integration_id, bulk=True) == []


def test_a_preview_knows_a_copy_that_was_only_moved(office: Office, sandbox: RunningSandbox):
    office.add("Lunch")
    office.sync()
    personal = sandbox.calendars()["Personal"]
    office.edit(uid_of(office, "Lunch"), calendar_id=personal)
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert [(e.action, e.reason) for e in planned] == [("none", "moved")]


def test_a_preview_tells_of_a_removal(office: Office):
    office.add("Lunch")
    office.sync()
    office.remove(uid_of(office, "Lunch"))
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert [(e.side.value, e.action) for e in planned] == [("in", "delete")]
    assert office.subjects() == ["Lunch"]


# --- what goes wrong on the way ---


def test_a_token_that_expires_in_the_middle_is_renewed_and_the_sync_goes_on(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    sandbox.control("POST", "/tokens/expire")
    office.sync()
    assert office.summaries() == ["Lunch"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_write_whose_answer_is_lost_is_made_once(
    office: Office, sandbox: RunningSandbox, fault: str
):
    office.add("Lunch")
    sandbox.fault(fault, path="/v1/batch", times=1)
    with suppress(CronofyError):
        office.sync()
    office.clock.move(timedelta(minutes=2))
    office.sync()
    assert office.summaries() == ["Lunch"]


def test_an_empty_answer_deletes_nothing(office: Office, sandbox: RunningSandbox):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    sandbox.fault("empty_read", times=3)
    office.sync()
    office.sync()
    assert office.subjects() == ["Dentist", "Lunch"]


def test_one_item_that_is_refused_does_not_keep_its_neighbours(office: Office):
    far = office.day.replace(year=2150)
    office.add("Far", times=Timed(far, far + HOUR, "Europe/London"))
    office.add("Lunch")
    for _ in range(5):
        office.sync()
        office.clock.move(timedelta(minutes=2))
    assert "Lunch" in office.summaries()


# --- series of the user's own ---


def put_series(office: Office) -> str:
    answer = office.sandbox.control(
        "POST",
        "/events",
        {
            "calendar_id": office.calendar_id,
            "summary": "Standup",
            "start": office.wire(office.day),
            "end": office.wire(office.day + HOUR),
            "repeats": "FREQ=DAILY;COUNT=3",
        },
    )
    return str(answer["series_identifier"])


def test_a_series_there_comes_in_instance_by_instance_and_follows_its_changes(
    office: Office, sandbox: RunningSandbox
):
    series = put_series(office)
    office.sync()
    assert office.subjects() == ["Standup"] * 3
    before = {item.id for item in office.items()}
    sandbox.control("PATCH", f"/series/{series}", {"summary": "Daily"})
    office.sync()
    office.clock.move(timedelta(minutes=3))
    office.sync()
    assert office.subjects() == ["Daily"] * 3
    assert {item.id for item in office.items()} == before


def test_instances_of_a_series_cannot_be_changed_from_here(office: Office, sandbox: RunningSandbox):
    sandbox.control(
        "PATCH", f"/calendars/{office.calendar_id}", {"permission_level": "unrestricted"}
    )
    check_account(office.tools, office.person.who.tenant_id, office.account_id, Lane.USER)
    put_series(office)
    office.sync()
    office.change(office.items()[0].id, subject="Mine")
    office.sync()
    assert office.summaries() == ["Standup"] * 3
    assert "series_there" in office.reasons()


# --- a calendar that takes no writes ---


def test_what_a_read_only_calendar_kept_out_is_sent_once_it_takes_writes(
    office: Office, sandbox: RunningSandbox
):
    def let(*, readonly: bool) -> None:
        sandbox.control("PATCH", f"/calendars/{office.calendar_id}", {"readonly": readonly})
        check_account(office.tools, office.person.who.tenant_id, office.account_id, Lane.USER)

    let(readonly=True)
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    assert office.summaries() == ["Dentist"]
    assert "Dentist" in office.subjects()
    assert "read_only" in office.reasons()
    let(readonly=False)
    office.clock.move(timedelta(hours=25))
    office.sync()
    assert office.summaries() == ["Dentist", "Lunch"]
