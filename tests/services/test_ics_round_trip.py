"""What is written into a calendar file is read back: every kind, every field, whatever the file.

What does not come back is in ``LOST``, and in docs/calendar-files.md for those who ask.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.event import AllDay, Timed
from calsync.core.item import (
    EARLIEST_REMINDER,
    OWN_FIELDS,
    ActivityType,
    ItemFields,
    ItemStatus,
    Kind,
    Priority,
    find_faults,
)
from calsync.core.item_record import NAMES
from calsync.core.recurrence import RuleError, parse_rule
from calsync.db.models import Client, Contact
from calsync.ids import new_id
from calsync.services.calendar_files import export_range, import_file, preview_import
from calsync.services.ics_lines import RefusedFile
from calsync.services.ics_reading import Read, read_calendar
from calsync.services.ics_writing import Written, write_calendar
from calsync.services.item_access import find_item_view, list_undated
from calsync.services.items import create_item
from calsync.services.people import TIME_ZONES
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from calsync.web.file_words import describe_problem
from tests.cast import Person
from tests.core.rules import LIMITS, times
from tests.services.makings import LONDON, hour, look
from tests.services.test_calendar_files import NOW, RULES

#: What a file does not bring back, and why.
LOST = {
    "external_id": "names the item in other software; an import names it by its UID instead",
}
#: Lines and tabs are kept; other control characters are forbidden in a file.
TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"), max_size=40
)
IDS = st.none() | st.text("0123456789abcdef", min_size=16, max_size=16)
#: What a person can set of each field that only some kinds have.
OF_SOME_KINDS = {
    "rule": st.none() | st.sampled_from(RULES),
    "reminder_minutes": st.none() | st.integers(0, EARLIEST_REMINDER),
    "is_busy": st.booleans(),
    "activity_type": st.sampled_from(ActivityType),
    "client_id": IDS,
    "contact_id": IDS,
    "outcome": TEXT,
    "ticket_id": IDS,
    "site": TEXT,
    "project": TEXT,
    "due_on": st.none() | st.dates(date(1970, 1, 1), date(2200, 12, 31)),
    "priority": st.sampled_from(Priority),
    "percent_done": st.integers(0, 100),
}
OF_ALL_KINDS = {
    "subject": TEXT.filter(str.strip),
    "description": TEXT,
    "location": TEXT,
    "is_private": st.booleans(),
    "status": st.sampled_from(ItemStatus),
}
THE_REST = {"kind", "times", "time_zone"}


@st.composite
def items(draw: st.DrawFn) -> ItemFields:
    """Return an item of any kind with everything that a person can set of it."""
    kind = draw(st.sampled_from(Kind))
    may_have_no_time = kind in (Kind.TASK, Kind.TODO)
    when = draw(st.none() | times if may_have_no_time else times)
    if kind is Kind.TODO and when is not None and draw(st.booleans()):
        is_timed = isinstance(when, Timed)  # due, and of no length
        when = replace(when, end=when.start if is_timed else when.start + timedelta(days=1))
    zone = when.zone if isinstance(when, Timed) else draw(st.sampled_from(sorted(TIME_ZONES)))
    names = sorted(OWN_FIELDS[kind])
    own = {name: draw(OF_SOME_KINDS[name]) for name in names}
    common = {name: draw(strategy) for name, strategy in OF_ALL_KINDS.items()}
    fields = ItemFields(kind, times=when, time_zone=zone, **common, **own)
    if kind is Kind.SERVICE_CALL and not fields.ticket_id:
        fields = replace(fields, ticket_id="0123456789abcdef")
    if fields.rule and when:
        try:
            fields = replace(fields, rule=parse_rule(fields.rule, when).text)
        except RuleError:
            fields = replace(fields, rule=None)
    return fields


def read_back(item: Written, *, only_events: bool = False) -> Read:
    text = write_calendar([item], "My Calendar", only_events=only_events).decode()
    return read_calendar(text, "Asia/Tokyo")


def test_every_field_that_a_person_can_set_is_tried_or_known_to_be_lost():
    assert {*OF_SOME_KINDS, *OF_ALL_KINDS, *THE_REST, *LOST} == set(NAMES)
    assert set(OF_SOME_KINDS) == frozenset().union(*OWN_FIELDS.values())
    told = (Path(__file__).parents[2] / "docs" / "calendar-files.md").read_text()
    assert [name for name in LOST if f"- `{name}`" not in told] == []


@LIMITS
@given(items())
def test_an_item_of_any_kind_survives_export_and_import(fields: ItemFields):
    assert find_faults(fields) == (), "Only what a person can set is tried."
    read = read_back(Written("0123456789abcdef", 3, fields, NOW))
    assert read.problems == ()
    assert [draft.fields for draft in read.drafts] == [fields]
    assert read.drafts[0].uid == "0123456789abcdef@calsync"


@LIMITS
@given(items())
def test_a_feed_that_has_only_events_tells_the_same_of_what_stands_somewhere(fields: ItemFields):
    read = read_back(Written("a", 1, fields, NOW), only_events=True)
    assert read.problems == ()
    assert [draft.fields for draft in read.drafts] == ([fields] if fields.times else [])


def one_of_each(tools: Tools, who: Person) -> dict[Kind, ItemFields]:
    """Return an item of each kind with nothing in it as it is by itself."""
    client, contact = new_id(), new_id()
    with tools.db.begin() as session:
        session.add(Client(id=client, tenant_id=who.who.tenant_id, name="Contoso"))
        session.flush()
        session.add(Contact(id=contact, tenant_id=who.who.tenant_id, client_id=client, name="Kim"))
    ticket = create_ticket(tools, who.who, TicketFields("Printer", client_id=client))
    common = {
        "subject": "Visit, with; commas",
        "time_zone": LONDON,
        "description": "First\nsecond",
        "location": "Here",
        "is_private": True,
        "status": ItemStatus.DONE,
    }
    own = {
        Kind.APPOINTMENT: {"rule": "FREQ=WEEKLY;COUNT=3", "reminder_minutes": 30, "is_busy": False},
        Kind.CRM_ACTIVITY: {
            "activity_type": ActivityType.MEETING,
            "client_id": client,
            "contact_id": contact,
            "outcome": "They\nbuy",
        },
        Kind.SERVICE_CALL: {"ticket_id": ticket, "client_id": client, "site": "Door 2"},
        Kind.TASK: {
            "project": "Move",
            "due_on": date(2026, 3, 6),
            "priority": Priority.URGENT,
            "percent_done": 40,
        },
        Kind.TODO: {},
    }
    made = {}
    for kind, fields in own.items():
        assert set(fields) == OWN_FIELDS[kind]
        made[kind] = ItemFields(kind, times=hour(), **common, **fields)
    made[Kind.SERVICE_CALL] = replace(made[Kind.SERVICE_CALL], subject="T-1001 Printer (Contoso)")
    return made


def exported(tools: Tools, person: Person) -> bytes:
    return export_range(tools, person.who, NOW - timedelta(days=9), NOW + timedelta(days=9), "x")


def imported(tools: Tools, person: Person) -> dict[Kind, ItemFields]:
    """Return what stands on somebody's calendar, whole series, and without names of others."""
    ids = dict.fromkeys(entry.item_id for entry in look(tools, person.who))
    found = [find_item_view(tools, person.who, each).fields for each in ids]
    return {fields.kind: replace(fields, external_id=None) for fields in found}


def test_a_colleague_who_imports_an_export_has_everything_that_was_set(
    tools: Tools, dana: Person, sam: Person
):
    made = one_of_each(tools, dana)
    for fields in made.values():
        create_item(tools, dana.who, fields)
    assert import_file(tools, sam.who, exported(tools, dana), LONDON) == 5
    assert imported(tools, sam) == made


def test_what_another_tenant_does_not_have_becomes_text_and_no_id_is_guessed(
    tools: Tools, dana: Person, mallory: Person
):
    made = one_of_each(tools, dana)
    for fields in (made[Kind.SERVICE_CALL], made[Kind.CRM_ACTIVITY]):
        create_item(tools, dana.who, fields)
    # There, the same numbers and names are those of something else.
    theirs = one_of_each(tools, mallory)
    assert theirs[Kind.SERVICE_CALL].ticket_id != made[Kind.SERVICE_CALL].ticket_id

    def say(name: str, text: str) -> str:
        return f"{name}={text}"

    assert import_file(tools, mallory.who, exported(tools, dana), LONDON, say) == 2
    found = imported(tools, mallory)
    call, activity = found[Kind.APPOINTMENT], found[Kind.CRM_ACTIVITY]
    assert set(found) == {Kind.APPOINTMENT, Kind.CRM_ACTIVITY}
    assert call.subject == "T-1001 Printer (Contoso)"
    assert (call.ticket_id, call.client_id) == (None, None)
    assert call.description.splitlines() == [
        "First", "second", "ticket_id=T-1001 Printer", "client_id=Contoso", "site=Door 2",
    ]  # fmt: skip
    assert (activity.client_id, activity.contact_id) == (None, None)
    assert activity.description.splitlines()[2:] == ["client_id=Contoso", "contact_id=Kim"]
    assert activity.outcome == "They\nbuy"


def test_what_has_no_date_is_exported_and_comes_back(tools: Tools, dana: Person, sam: Person):
    create_item(tools, dana.who, ItemFields(Kind.TODO, "Buy cable", time_zone=LONDON))
    due = date(2026, 3, 6)
    create_item(tools, dana.who, ItemFields(Kind.TASK, "Report", time_zone=LONDON, due_on=due))
    content = exported(tools, dana)
    assert content.count(b"BEGIN:VTODO") == 2
    assert import_file(tools, sam.who, content, LONDON) == 2
    assert [view.fields.subject for view in list_undated(tools, sam.who)] == ["Buy cable"]
    assert imported(tools, sam)[Kind.TASK].due_on == due


def todo(*lines: str) -> str:
    entry = ["BEGIN:VTODO", "UID:t@example", "SUMMARY:Report", *lines, "END:VTODO"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *entry, "END:VCALENDAR", ""])


DAY = AllDay(date(2026, 3, 6), date(2026, 3, 7))
NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
AT_NINE = Timed(NINE, NINE, LONDON)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), {"kind": Kind.TODO}),
        (("DUE;VALUE=DATE:20260306",), {"kind": Kind.TODO, "times": DAY}),
        (("DUE;TZID=Europe/London:20260306T090000",), {"kind": Kind.TODO, "times": AT_NINE}),
        (("DUE:20260306T090000Z",), {"kind": Kind.TODO, "times": AT_NINE}),
        (("DTSTART;VALUE=DATE:20260306",), {"kind": Kind.TODO, "times": DAY}),
        (("STATUS:COMPLETED",), {"kind": Kind.TODO, "status": ItemStatus.DONE}),
        (("COMPLETED:20260306T090000Z",), {"kind": Kind.TODO, "status": ItemStatus.DONE}),
        (("STATUS:CANCELLED",), {"kind": Kind.TODO, "status": ItemStatus.CANCELLED}),
        (("STATUS:IN-PROCESS", "PERCENT-COMPLETE:40"), {"kind": Kind.TASK, "percent_done": 40}),
        (("PRIORITY:1",), {"kind": Kind.TASK, "priority": Priority.HIGH}),
        (("PRIORITY:5",), {"kind": Kind.TASK}),
        (("PRIORITY:9",), {"kind": Kind.TASK, "priority": Priority.LOW}),
        (
            ("PRIORITY:4", "DUE;VALUE=DATE:20260306"),
            {"kind": Kind.TASK, "priority": Priority.HIGH, "due_on": DAY.start},
        ),
        (
            ("PRIORITY:5", "DUE:20260306T090000Z"),
            {"kind": Kind.TASK, "times": AT_NINE, "due_on": DAY.start},
        ),
        (
            ("DTSTART:20260306T090000Z", "DUE:20260306T100000Z"),
            {
                "kind": Kind.TASK,
                "times": Timed(NINE, NINE + timedelta(hours=1), LONDON),
                "due_on": DAY.start,
            },
        ),
        (
            ("DTSTART:20260306T090000Z", "DUE:20260310T170000Z"),
            {"kind": Kind.TASK, "times": AT_NINE, "due_on": date(2026, 3, 10)},
        ),
        (
            ("DTSTART:20260306T090000Z", "DURATION:PT2H"),
            {
                "kind": Kind.TASK,
                "times": Timed(NINE, NINE + timedelta(hours=2), LONDON),
                "due_on": DAY.start,
            },
        ),
        (
            ("DTSTART;VALUE=DATE:20260306", "DUE;VALUE=DATE:20260309"),
            {"kind": Kind.TASK, "times": DAY, "due_on": date(2026, 3, 9)},
        ),
        (
            ("DTSTART;VALUE=DATE:20260306", "DURATION:P3D"),
            {"kind": Kind.TASK, "times": DAY, "due_on": date(2026, 3, 8)},
        ),
        (("CLASS:PRIVATE", "LOCATION:Here"),
         {"kind": Kind.TODO, "is_private": True, "location": "Here"}),
    ],
)  # fmt: skip
def test_tasks_of_other_programs_become_tasks_and_todos(
    lines: tuple[str, ...], expected: dict[str, object]
):
    read = read_calendar(todo(*lines), LONDON)
    assert read.problems == ()
    fields = ItemFields(**{"subject": "Report", "time_zone": LONDON, **expected})
    assert [draft.fields for draft in read.drafts] == [fields]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        (("RRULE:FREQ=DAILY", "DUE:20260306T090000Z"), "todo_repeats", "a task that repeats"),
        (("PRIORITY:1", "PERCENT-COMPLETE:400"), "percent_done.out_of_range", "it is damaged"),
        (("DUE;TZID=Middle/Earth:20260306T090000",), "zone.unknown", "time zone is not known"),
        (("DUE:09990306T090000Z",), "start.out_of_range", "too far in the past"),
        (("DUE:soon",), "broken", "it is damaged"),
    ],
)
def test_a_task_that_cannot_be_kept_is_named_with_its_line(
    lines: tuple[str, ...], code: str, words: str, app
):
    read = read_calendar(todo(*lines), LONDON)
    assert read.drafts == ()
    assert [(each.line, each.code) for each in read.problems] == [(3, code)]
    with app.test_request_context():
        assert words in describe_problem(code)


def test_whatever_else_is_in_a_file_is_named_too():
    text = todo().replace("VTODO", "VFREEBUSY")
    text = text.replace("END:VCALENDAR", "BEGIN:VJOURNAL\r\nEND:VJOURNAL\r\nEND:VCALENDAR")
    read = read_calendar(text, LONDON)
    assert [(p.line, p.code) for p in read.problems] == [
        (3, "other_component"), (7, "other_component"),
    ]  # fmt: skip


SERIES = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:s
DTSTART:20260302T090000Z
RRULE:FREQ=DAILY;COUNT=3
SUMMARY:Daily
END:VEVENT
BEGIN:VEVENT
UID:s
RECURRENCE-ID:{key}
DTSTART:20260303T110000Z
SUMMARY:{subject}
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(
    ("key", "subject", "code"),
    [
        ("20260401T090000Z", "Late", "no_occurrence"),
        ("20260303T090000Z", "x" * 1_001, "subject.too_long"),
    ],
)
def test_one_of_a_series_that_cannot_be_kept_is_named_and_the_series_is_read(
    key: str, subject: str, code: str
):
    read = read_calendar(SERIES.format(key=key, subject=subject), LONDON)
    assert [(p.line, p.code) for p in read.problems] == [(8, code)]
    assert [(d.fields.subject, d.overrides) for d in read.drafts] == [("Daily", ())]


VALUES = st.sampled_from(
    [
        "20260302T090000Z", "20260302T090000", "20260302", "20260302T090000Z/PT1H", "00010101",
        "99991231T235959Z", "P1D", "-PT1H", "PT99999999999H", "P", "-P9999999999D", "09:00",
        "FREQ=DAILY", "FREQ=DAILY;COUNT=2", "FREQ=SECONDLY", "FREQ=DAILY;UNTIL=1", "COUNT=0", "",
        "x", "1", "-1", "1e9", "\\n", "²", "task", "crm_activity", "service_call", "todo",
        "1970-01-01", "Mars/Olympus", "a@calsync", "CANCELLED", ",", ";", "20260302,20260303T09",
    ]
)  # fmt: skip
PROPERTIES = st.sampled_from(
    [
        "DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID", "UID",
        "SUMMARY", "STATUS", "TRANSP", "CLASS", "PRIORITY", "PERCENT-COMPLETE", "COMPLETED",
        "X-CALSYNC-KIND", "X-CALSYNC-ZONE", "X-CALSYNC-DUE", "X-CALSYNC-PERCENT",
        "X-CALSYNC-ACTIVITY", "X-CALSYNC-TICKET-ID", "X-CALSYNC-STATUS", "TRIGGER",
        "BEGIN:VALARM\nTRIGGER", "END:VALARM\nDTSTART", "ATTENDEE", "GEO", "",
    ]
)  # fmt: skip
PARAMETERS = st.sampled_from(
    ["", ";VALUE=DATE", ";VALUE=DATE-TIME", ";VALUE=PERIOD", ";VALUE=TEXT", ";TZID=Europe/London",
     ";TZID=", ";TZID=/x/y", ";VALUE=DURATION", ";=", ";RANGE=THISANDFUTURE"]
)  # fmt: skip
LINES = st.lists(st.builds("{}{}:{}".format, PROPERTIES, PARAMETERS, VALUES), max_size=9)


@LIMITS
@given(st.lists(st.tuples(st.sampled_from(["VEVENT", "VTODO"]), LINES), min_size=1, max_size=4))
def test_whatever_stands_in_a_file_is_read_or_named_and_never_a_crash(
    entries: list[tuple[str, list[str]]],
):
    parts = [f"BEGIN:{name}\n" + "\n".join(lines) + f"\nEND:{name}" for name, lines in entries]
    text = "\n".join(["BEGIN:VCALENDAR", *parts, "END:VCALENDAR", ""])
    try:
        read = read_calendar(text, LONDON)
    except RefusedFile:
        return
    assert read.drafts or read.problems
    for draft in read.drafts:
        assert find_faults(draft.fields) == ()


def test_an_entry_without_a_name_is_imported_once_too(tools: Tools, dana: Person):
    content = todo("DUE:20260306T090000Z").replace("UID:t@example\r\n", "").encode()
    assert import_file(tools, dana.who, content, LONDON) == 1
    assert import_file(tools, dana.who, content, LONDON) == 0
    assert len(preview_import(tools, dana.who, content, LONDON).present) == 1
