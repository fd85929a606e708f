"""Calendars as files: what is written is read back, by us and by others."""

import io
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from calsync.core.event import AllDay, Timed
from calsync.core.item import ItemFields, Kind
from calsync.core.recurrence import Override, parse_rule
from calsync.errors import NotThere
from calsync.services.calendar_files import (
    create_feed,
    export_range,
    import_file,
    list_feeds_of,
    preview_import,
    read_feed,
    revoke_feed,
)
from calsync.services.clients import create_client
from calsync.services.contacts import change_contact, create_contact
from calsync.services.ics_lines import RefusedFile
from calsync.services.ics_reading import Read, read_calendar
from calsync.services.ics_writing import Written, write_calendar
from calsync.services.item_access import find_item_view
from calsync.services.items import Scope, create_item, delete_item
from calsync.services.tickets import TicketFields, create_ticket, delete_ticket
from calsync.services.tools import Tools
from tests.cast import Person
from tests.core.rules import ZONES
from tests.services.makings import LONDON, at_once, call, hour, look

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES = ["FREQ=DAILY;COUNT=9", "FREQ=WEEKLY", "FREQ=MONTHLY;COUNT=4", "FREQ=DAILY;UNTIL=20300101"]


def wrap(*lines: str) -> str:
    """Return a calendar file with one event of these lines."""
    event = ["BEGIN:VEVENT", "UID:a@example", "SUMMARY:Lunch", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *event, "END:VCALENDAR", ""])


def read_back(item: Written) -> Read:
    return read_calendar(write_calendar([item], "My Calendar").decode(), "Asia/Tokyo")


DAILY = ("DTSTART;TZID=America/New_York:20260302T090000", "RRULE:FREQ=DAILY")


@pytest.mark.parametrize("zone", ["Europe/London"])
def test_the_second_of_two_equal_local_times_survives_too(zone: str):
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    for hours in (-2, -1, 0, 1):
        moment = start + timedelta(hours=hours)
        fields = ItemFields(
            Kind.APPOINTMENT, "x", Timed(moment, moment + timedelta(minutes=40), zone), zone
        )
        assert read_back(Written("a", 1, fields, NOW)).drafts[0].fields == fields


def test_what_was_done_to_single_occurrences_survives():
    start = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Europe/London"))
    when = Timed(start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=1), "Europe/London")
    rule = parse_rule("FREQ=DAILY;COUNT=10", when).text
    fields = ItemFields(Kind.APPOINTMENT, "Stand-up", when, "Europe/London", rule=rule)
    moved = datetime(2026, 3, 31, 14, tzinfo=UTC)
    overrides = (
        Override("2026-03-24T09:00", is_removed=True),
        Override("2026-03-29T09:00", changes={"subject": "On Sunday", "location": "Home"}),
        Override(
            "2026-03-31T09:00",
            changes={"times": Timed(moved, moved + timedelta(hours=2), "Europe/London")},
        ),
    )
    draft = read_back(Written("a", 1, fields, NOW, overrides)).drafts[0]
    assert (draft.fields, draft.overrides) == (fields, overrides)


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_in_the_file_is_right(zone: str):
    fields = ItemFields(Kind.APPOINTMENT, "x", Timed(NOW, NOW, zone), zone)
    text = write_calendar([Written("a", 1, fields, NOW)], "x").decode()
    theirs = tzical(io.StringIO(text.replace("\r\n ", ""))).get(zone)
    for day in range(0, 365 * 8, 5):
        wall = datetime(2022, 1, 1, 12) + timedelta(days=day)  # noqa: DTZ001 - a clock on a wall
        assert (
            wall.replace(tzinfo=theirs).utcoffset()
            == wall.replace(tzinfo=ZoneInfo(zone)).utcoffset()
        )


def test_private_and_all_day_are_written_as_others_read_them():
    fields = ItemFields(
        Kind.APPOINTMENT, "x", AllDay(date(2026, 3, 2), date(2026, 3, 4)), is_private=True
    )
    text = write_calendar([Written("a", 1, fields, NOW)], "x").decode()
    for line in (
        "DTSTART;VALUE=DATE:20260302",
        "DTEND;VALUE=DATE:20260304",
        "CLASS:PRIVATE",
        "UID:a@calsync",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "start.missing"),
        (("DTSTART:yesterday",), "broken"),
        (("DTSTART:20260302T090000Z", "DTEND:20260302T080000Z"), "end.before_start"),
        (("DTSTART;TZID=Middle/Earth:20260302T090000",), "zone.unknown"),
        (("DTSTART:20260302T090000Z", "RRULE:FREQ=SECONDLY"), "rule.unsupported"),
        (("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=100000"), "rule.too_many"),
        (
            ("DTSTART:20260302T090000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
            "rule.never_occurs",
        ),
        (("DTSTART:20260302T090000Z", "RDATE:20260303T090000Z"), "extra_dates"),
        (("DTSTART:20260302T090000Z", "RECURRENCE-ID:20260302T090000Z"), "no_series"),
        (("DTSTART:09990302T090000Z",), "start.out_of_range"),
        (("DTSTART:20260302T090000Z", "DESCRIPTION:" + "x" * 30_000), "description.too_long"),
        (
            ("DTSTART:20260302", "RRULE:FREQ=DAILY;COUNT=1", "EXDATE;VALUE=DATE:20260302"),
            "rule.never_occurs",
        ),
        (("DTSTART;TZID=Europe:20260302T090000",), "broken"),
        (("DTSTART;TZID=a,b:20260302T090000",), "broken"),
        (("DTSTART;TZID=" + "x" * 5_000 + ":20260302T090000",), "broken"),
        ((*DAILY, "EXDATE:00010101T000000Z"), "broken"),
        ((*DAILY, "EXDATE;VALUE=PERIOD:20260303T090000Z/PT1H"), "broken"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(lines: tuple[str, ...], code: str):
    read = read_calendar(wrap(*lines), "Europe/London")
    assert read.drafts == ()
    assert [(each.line, each.code) for each in read.problems] == [(3, code)]


@pytest.mark.parametrize(
    "lines",
    [
        ("DUE;VALUE=DATE:99991231",),
        ("DUE;TZID=Asia/Tokyo:00010101T000000",),
        ("DTSTART:20260302T090000", "DURATION:P999999999D"),
    ],
)
def test_a_task_at_the_end_of_time_takes_nothing_else_with_it(lines: tuple[str, ...]):
    good = wrap("DTSTART:20260302T090000Z").removesuffix("END:VCALENDAR\r\n")
    task = "\r\n".join(["BEGIN:VTODO", "UID:b@example", *lines, "END:VTODO", "END:VCALENDAR", ""])
    read = read_calendar(good + task, "Europe/London")
    assert [draft.fields.subject for draft in read.drafts] == ["Lunch"]
    assert [problem.code for problem in read.problems] == ["broken"]


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/example.org/20260101_1/Europe/Paris", "Europe/Paris"),
        ('"Europe/Paris"', "Europe/Paris"),
    ],
)
def test_zones_are_known_by_the_names_that_others_give_them(name: str, zone: str):
    read = read_calendar(wrap(f"DTSTART;TZID={name}:20260702T090000"), "Europe/London")
    assert read.drafts[0].fields.time_zone == zone


EVENT = "BEGIN:VEVENT\nDTSTART:20260302T090000Z\nSUMMARY:x\nEND:VEVENT\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_calendar"),
        ("%PDF-1.7", "no_calendar"),
        ("BEGIN:VCALENDAR\n" + "x" * 2_100_000, "too_large"),
        ("BEGIN:VCALENDAR\n" + EVENT * 20_000 + "END:VCALENDAR", "too_many"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 100 + "END:VCALENDAR", "too_deep"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\nEND:X\n" * 100_000 + "END:VCALENDAR", "too_many"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "broken"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:" + "x\n y" * 200_000, "long_line"),
    ],
    ids=["empty", "pdf", "large", "many", "deep", "parts", "broken", "line"],
)
def test_bombs_are_refused_before_they_cost_anything(
    tools: Tools, dana: Person, text: str, code: str
):
    with pytest.raises(RefusedFile) as refused:
        import_file(tools, dana.who, text.encode(), "Europe/London")
    assert refused.value.code == code


def test_a_file_is_imported_once(tools: Tools, dana: Person):
    content = wrap("DTSTART:20260302T090000Z", "DTEND:20260302T100000Z").encode()
    assert len(preview_import(tools, dana.who, content, "Europe/London").new) == 1
    assert import_file(tools, dana.who, content, "Europe/London") == 1
    again = preview_import(tools, dana.who, content, "Europe/London")
    assert (len(again.new), len(again.present)) == (0, 1)
    assert import_file(tools, dana.who, content, "Europe/London") == 0


@pytest.mark.parametrize("name", ["UID:a@example", "X-NO:name"])
def test_a_file_that_is_imported_twice_at_once_makes_nothing_twice(
    tools: Tools, dana: Person, sam: Person, name: str
):
    text = wrap("DTSTART:20260302T090000Z", "DTEND:20260302T100000Z")
    content = text.replace("UID:a@example", name).encode()
    add = [partial(import_file, tools, each.who, content, LONDON) for each in (dana, sam)]
    assert sorted(map(str, at_once(*add, *add))) == ["0", "0", "1", "1"]
    for person in (dana, sam):
        assert len(look(tools, person.who)) == 1


def test_what_is_private_is_in_its_owners_files_and_in_nobody_elses(
    tools: Tools, dana: Person, sam: Person
):
    when = Timed(NOW, NOW + timedelta(hours=1), LONDON)
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    for fields in (
        ItemFields(Kind.APPOINTMENT, "Dentist", when, LONDON, is_private=True),
        ItemFields(
            Kind.SERVICE_CALL, times=when, ticket_id=ticket, location="Door", is_private=True
        ),
        ItemFields(Kind.TODO, "Therapist", time_zone=LONDON, is_private=True),
    ):
        create_item(tools, dana.who, fields)
    span = (NOW - timedelta(days=1), NOW + timedelta(days=30))
    own = export_range(tools, dana.who, *span, "x")
    assert own.count(b"CLASS:PRIVATE") == 3
    # Sam, who administers the tenant, sees in the calendar that Dana is busy, and no more.
    theirs = export_range(tools, sam.who, *span, "x")
    theirs += read_feed(tools, create_feed(tools, sam.who, "Phone"), "x")
    for word in (b"Dentist", b"Door", b"Therapist", b"BEGIN:VEVENT", b"BEGIN:VTODO"):
        assert word not in theirs


def test_a_feed_has_what_is_due_as_an_event_that_keeps_nobody_busy(tools: Tools, dana: Person):
    due = date(2026, 3, 6)
    create_item(tools, dana.who, ItemFields(Kind.TASK, "Report", time_zone=LONDON, due_on=due))
    feed = read_feed(tools, create_feed(tools, dana.who, "Phone"), "x").decode().splitlines()
    assert "BEGIN:VTODO" not in feed
    assert {"SUMMARY:Report", "DTSTART;VALUE=DATE:20260306", "TRANSP:TRANSPARENT"} <= set(feed)


def test_colleagues_import_the_same_meeting_each_for_themselves(
    tools: Tools, dana: Person, sam: Person
):
    content = wrap("DTSTART:20260302T090000Z").encode()
    for person in (dana, sam):
        assert import_file(tools, person.who, content, "Europe/London") == 1
        assert import_file(tools, person.who, content, "Europe/London") == 0


def test_ones_own_export_adds_nothing_to_ones_own_calendar(
    tools: Tools, dana: Person, mallory: Person
):
    when = Timed(NOW, NOW + timedelta(hours=1), "Europe/London")
    fields = ItemFields(Kind.APPOINTMENT, "Daily", when, "Europe/London", rule="FREQ=DAILY;COUNT=5")
    item_id = create_item(tools, dana.who, fields)
    delete_item(tools, dana.who, item_id, scope=Scope.THIS, key="2026-03-03T09:00")
    span = (NOW - timedelta(days=1), NOW + timedelta(days=30))
    content = export_range(tools, dana.who, *span, "Dana")
    assert f"UID:{item_id}@calsync".encode() in content
    assert import_file(tools, dana.who, content, "Europe/London") == 0
    assert import_file(tools, mallory.who, content, "Europe/London") == 1
    theirs = export_range(tools, mallory.who, *span, "Dana")
    assert b"EXDATE;TZID=Europe/London:20260303T090000" in theirs


@ONE_DATABASE
def test_no_call_comes_back_to_a_ticket_that_was_deleted(tools: Tools, dana: Person, sam: Person):
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    item = create_item(tools, dana.who, call(ticket))
    content = export_range(tools, dana.who, NOW, NOW + timedelta(days=1), "Dana")
    delete_item(tools, dana.who, item)
    delete_ticket(tools, sam.who, ticket)
    copy = content.replace(item.encode(), b"of-another-calendar")
    assert import_file(tools, dana.who, copy, LONDON) == 1
    [entry] = look(tools, dana.who)
    assert (entry.kind, entry.title) == ("appointment", "T-1001 Printer")


@ONE_DATABASE
def test_a_contact_that_went_to_another_client_stays_there(tools: Tools, dana: Person, sam: Person):
    here, there = (create_client(tools, sam.who, name) for name in ("Here", "There"))
    contact = create_contact(tools, sam.who, here, "Ann")
    fields = ItemFields(
        Kind.CRM_ACTIVITY, "Call Ann", hour(), LONDON, client_id=here, contact_id=contact
    )
    content = write_calendar([Written("a", 1, fields, NOW)], "x")
    change_contact(tools, sam.who, contact, there, "Ann")
    assert import_file(tools, dana.who, content, LONDON) == 1
    [entry] = look(tools, dana.who)
    read = find_item_view(tools, dana.who, entry.item_id).fields
    assert (read.client_id, read.contact_id) == (here, None)


def test_a_feed_is_read_until_it_is_revoked(tools: Tools, dana: Person, sam: Person):
    when = Timed(NOW, NOW + timedelta(hours=1), "Europe/London")
    create_item(tools, dana.who, ItemFields(Kind.APPOINTMENT, "Dentist", when, "Europe/London"))
    secret = create_feed(tools, dana.who, "Phone")
    assert len(secret) >= 43
    assert b"SUMMARY:Dentist" in read_feed(tools, secret, "Dana")
    feed = list_feeds_of(tools, dana.who)[0]
    assert secret not in (feed.id, feed.fingerprint)
    with pytest.raises(NotThere):
        revoke_feed(tools, sam.who, feed.id)
    revoke_feed(tools, dana.who, feed.id)
    with pytest.raises(NotThere):
        read_feed(tools, secret, "Dana")
