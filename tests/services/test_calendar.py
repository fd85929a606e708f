"""Which entries stand where, for whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.event import Timed
from calsync.core.item import ItemStatus, Kind
from calsync.core.recurrence import expand, parse_rule
from calsync.db.models import Role
from calsync.errors import NotThere
from calsync.services.calendar import list_visible_people
from calsync.services.items import Scope, change_item, create_item, delete_item
from calsync.services.people import set_disabled
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from tests.cast import Person
from tests.core.rules import LIMITS, ZONES
from tests.services.makings import (
    MONDAY,
    add_colleague,
    add_weekly,
    all_day,
    appointment,
    call,
    hour,
    look,
    on_wall,
    task,
    todo,
)


def titles(tools: Tools, asker: Person, of: Person, **query: Any) -> list[str]:
    """Return what somebody reads of a calendar."""
    return sorted(e.title for e in look(tools, asker.who, of.who, **query))


def test_nobody_looks_at_calendars_that_are_not_theirs_to_see(
    tools: Tools, dana: Person, sam: Person, mallory: Person
) -> None:
    create_item(tools, dana.who, appointment())
    tom = add_colleague(tools, "Tom")
    for asker, of in ((tom, dana), (dana, sam), (mallory, dana), (sam, mallory)):
        with pytest.raises(NotThere):
            look(tools, asker.who, of.who)
    assert titles(tools, sam, dana) == ["Standup"]


def test_a_dispatcher_can_choose_among_the_people_who_work_here(
    tools: Tools, dana: Person, sam: Person
) -> None:
    tom = add_colleague(tools, "Tom")
    ida = add_colleague(tools, "Ida", Role.DISPATCHER)
    set_disabled(tools, "acme", tom.email, is_disabled=True)
    assert [p.name for p in list_visible_people(tools, ida.who)] == ["Ida", dana.name, sam.name]
    assert [p.name for p in list_visible_people(tools, dana.who)] == [dana.name]
    with pytest.raises(NotThere):
        look(tools, sam.who, tom.who)


def test_a_dispatcher_sees_that_somebody_is_busy_and_not_with_what(
    tools: Tools, dana: Person, sam: Person
) -> None:
    create_item(tools, dana.who, appointment("Dentist", is_private=True))
    add_weekly(tools, dana.who, 3, subject="Therapy", is_private=True)
    create_item(tools, dana.who, appointment("Review"))
    entries = look(tools, sam.who, dana.who)
    assert [entry.title for entry in entries if entry.is_hidden] == [""] * 4
    assert [entry.title for entry in entries if not entry.is_hidden] == ["Review"]
    assert [entry.is_hidden for entry in look(tools, dana.who)] == [False] * 5


def test_a_hidden_entry_does_not_tell_that_it_is_done(
    tools: Tools, dana: Person, sam: Person
) -> None:
    create_item(tools, dana.who, task(times=hour(), is_private=True, status=ItemStatus.DONE))
    assert [entry.status for entry in look(tools, dana.who)] == ["done"]
    assert [entry.status for entry in look(tools, sam.who, dana.who)] == ["open"]


def test_what_is_hidden_is_not_found_by_its_words(tools: Tools, dana: Person, sam: Person) -> None:
    create_item(tools, dana.who, appointment("Dentist", location="Here", is_private=True))
    create_item(tools, dana.who, appointment("Review", location="Here"))
    for words in ("dentist", "Dentist", "here"):
        assert "" not in titles(tools, sam, dana, text=words)
    assert titles(tools, sam, dana, text="dentist") == []
    assert titles(tools, sam, dana, text="here") == ["Review"]
    assert titles(tools, dana, dana, text="here") == ["Dentist", "Review"]


@pytest.mark.parametrize("text", ["übung", "ÜBUNG", "100%", "wien_"])
def test_words_are_found_in_any_case_and_any_alphabet(
    tools: Tools, dana: Person, text: str
) -> None:
    create_item(tools, dana.who, appointment("Übung", description="100% in Wien_Mitte"))
    create_item(tools, dana.who, appointment("Ubung", description="1000 in Wien Mitte"))
    assert titles(tools, dana, dana, text=text) == ["Übung"]


def test_an_occurrence_is_found_by_the_words_it_has_itself(tools: Tools, dana: Person) -> None:
    item = add_weekly(tools, dana.who, 3)
    change_item(
        tools,
        dana.who,
        item,
        appointment("Guest from Graz", times=hour(MONDAY + timedelta(days=7))),
        scope=Scope.THIS,
        key="2026-03-09T09:00",
    )
    assert titles(tools, dana, dana, text="graz") == ["Guest from Graz"]
    assert titles(tools, dana, dana, text="standup") == ["Standup", "Standup"]


def test_kinds_can_be_chosen(tools: Tools, dana: Person) -> None:
    create_item(tools, dana.who, appointment("One"))
    create_item(tools, dana.who, task("Two", due_on=MONDAY))
    create_item(tools, dana.who, todo("Three", times=all_day(MONDAY)))
    assert titles(tools, dana, dana, kinds=[Kind.TASK]) == ["Two"]
    assert titles(tools, dana, dana, kinds=[Kind.TODO, Kind.APPOINTMENT]) == ["One", "Three"]
    assert len(titles(tools, dana, dana)) == 3


def test_a_task_that_nobody_scheduled_stands_on_its_due_date(tools: Tools, dana: Person) -> None:
    create_item(tools, dana.who, task("Due", due_on=date(2026, 3, 10)))
    create_item(tools, dana.who, task("Planned", due_on=date(2026, 3, 10), times=hour()))
    create_item(tools, dana.who, task("Someday"))
    shown = {entry.title: entry.times for entry in look(tools, dana.who)}
    assert shown == {"Due": all_day(date(2026, 3, 10)), "Planned": hour()}


def test_a_todo_has_a_date_or_a_time_or_neither(tools: Tools, dana: Person) -> None:
    create_item(tools, dana.who, todo("Day", times=all_day(MONDAY)))
    create_item(tools, dana.who, todo("Time", times=hour(minutes=0)))
    create_item(tools, dana.who, todo("Someday"))
    shown = {entry.title: entry.times for entry in look(tools, dana.who)}
    assert shown == {"Day": all_day(MONDAY), "Time": hour(minutes=0)}


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/London", [4]),
        ("Pacific/Kiritimati", [3, 4]),  # there the day began at ten on the third in London
        ("Pacific/Pago_Pago", [4, 5]),
    ],
)
def test_an_all_day_entry_lasts_from_midnight_to_midnight_of_the_viewer(
    tools: Tools, dana: Person, zone: str, days: list[int]
) -> None:
    create_item(tools, dana.who, appointment(times=all_day(date(2026, 3, 4))))
    create_item(
        tools, dana.who, appointment(times=all_day(date(2026, 3, 4)), rule="FREQ=YEARLY;COUNT=2")
    )

    def stands_on(day: int) -> int:
        start = datetime(2026, 3, day, tzinfo=UTC)
        return len(look(tools, dana.who, start=start, end=start + timedelta(days=1), zone=zone))

    assert [day for day in range(1, 9) if stands_on(day)] == days
    assert {stands_on(day) for day in days} == {2}


def test_what_ends_as_the_range_begins_is_not_in_it(tools: Tools, dana: Person) -> None:
    start, end = datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    edges = {
        "before": (start - timedelta(hours=1), start),
        "over the start": (start - timedelta(hours=1), start + timedelta(hours=1)),
        "no time at the start": (start, start),
        "all of it": (start, end),
        "around it": (start - timedelta(days=3), end + timedelta(days=3)),
        "over the end": (end - timedelta(hours=1), end + timedelta(hours=1)),
        "no time at the end": (end, end),
        "after": (end, end + timedelta(hours=1)),
    }
    for name, (begin, finish) in edges.items():
        times = Timed(begin, finish, "Europe/London")
        create_item(tools, dana.who, appointment(name, times=times))
    outside = {"before", "no time at the end", "after"}
    shown = {entry.title for entry in look(tools, dana.who, start=start, end=end)}
    assert shown == edges.keys() - outside


def test_a_repeating_appointment_stays_at_its_local_time(tools: Tools, dana: Person) -> None:
    add_weekly(tools, dana.who, 6, times=hour(zone="Europe/London"))
    entries = look(tools, dana.who)
    assert {shown[-5:] for shown in on_wall(entries)} == {"09:00"}
    # New York's clocks go forward on the 8th, London's on the 29th.
    assert [shown[-5:] for shown in on_wall(entries, "America/New_York")] == (
        ["04:00", "05:00", "05:00", "05:00", "04:00", "04:00"]
    )


@LIMITS
@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    minute=st.integers(4 * 60, 24 * 60 - 1),
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
)
def test_no_change_of_clocks_moves_the_local_time(
    zone: str, day: date, minute: int, frequency: str
) -> None:
    times = hour(day, f"{minute // 60:02}:{minute % 60:02}", zone, minutes=0)
    rule = parse_rule(f"FREQ={frequency};COUNT=400", times)
    end = times.start + timedelta(days=420)
    shown = {
        f"{found.times.start.astimezone(ZoneInfo(zone)):%H:%M}"
        for found in expand(times, rule, times.start, end)
        if isinstance(found.times, Timed)
    }
    assert shown == {f"{minute // 60:02}:{minute % 60:02}"}


def test_a_service_call_stands_on_the_calendar_of_everybody_it_is_given_to(
    tools: Tools, dana: Person, sam: Person
) -> None:
    ticket = create_ticket(tools, dana.who, TicketFields("Printer"))
    both = [dana.who.user_id, sam.who.user_id]
    item = create_item(tools, dana.who, call(ticket), both)
    for person in (dana, sam):
        assert titles(tools, person, person) == ["T-1001 Printer"]
    delete_item(tools, sam.who, item)
    for person in (dana, sam):
        assert titles(tools, person, person) == []
