"""What Finish would do: a new integration, other options, another calendar."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.integration import Copies, Refusal
from calsync.core.item import Kind
from calsync.core.link import Side
from calsync.core.options import Options
from calsync.core.run import count_name
from calsync.core.window import FutureRange
from calsync.db.base import Base
from calsync.errors import NotPossible, TemporaryError
from calsync.services.integration_end import delete_integration
from calsync.services.integrations import (
    change_options,
    count_copies_to_go,
    create_integration,
    deactivate,
)
from calsync.services.items import change_item
from calsync.services.runs import request_sync
from calsync.services.swapping import swap_calendar
from calsync.services.sync.rehearsal import Rehearsal, rehearse
from calsync.services.tools import Tools
from tests.cast import Person
from tests.services.integrating import add_item
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

ALL = replace(EVERYTHING, future=FutureRange.SIX_MONTHS, sends=True)


def counts_of(rehearsal: Rehearsal) -> Counter[str]:
    """Return what a rehearsal would do, counted as runs count it."""
    return Counter(count_name(e.side, e.action, e.result) for e in rehearsal.entries)


def link_calendar(
    office: Office, name: str, options: Options = ALL
) -> Callable[[Tools], list[str]]:
    """Return the change that links a further calendar of the office's mailbox."""
    calendar_id, account_id = office.sandbox.calendars()[name], office.account_id

    def create(tools: Tools) -> list[str]:
        return [
            create_integration(
                tools,
                office.person.who,
                account_id=account_id,
                calendar_id=calendar_id,
                options=options,
            )
        ]

    return create


def rehearse_in(office: Office, change: Callable[[Tools], list[str]] | None = None, **how: Any):
    present = change or (lambda _tools: [office.integration_id])
    calendar_ids = office.sandbox.calendars().values()
    who = office.person.who
    return rehearse(office.tools, who, office.account_id, calendar_ids, present, **how)


def dump(office: Office) -> dict[str, list[str]]:
    """Return everything that is stored, but for the tokens that a call may renew."""
    with office.tools.db.read() as session:
        return {
            table.name: sorted(repr(row) for row in session.execute(table.select()))
            for table in Base.metadata.sorted_tables
            if table.name != "linked_accounts"
        }


def count_requests(office: Office) -> int:
    counts = office.sandbox.control("GET", "/requests")["requests"]
    return sum(int(each["count"]) for each in counts)


def test_a_new_integration_is_rehearsed_and_its_first_sync_does_just_that(make_office: MakeOffice):
    office = make_office(options=Options(takes_create=True))
    personal = replace(office, calendar_id=office.sandbox.calendars()["Personal"])
    standing = len(personal.events())
    office.add("Lunch")
    personal.put("Dentist")
    before, requests = dump(office), office.writes()
    create = link_calendar(office, "Personal")
    [rehearsal] = rehearse_in(office, create)
    assert dump(office) == before
    assert office.writes() == requests
    assert counts_of(rehearsal) == {"in_create_done": standing + 1, "out_create_done": 1}
    made = create(office.tools)[0]
    fresh = replace(personal, integration_id=made)
    request_sync(office.tools, office.person.who, made, bulk=True)
    fresh.run_once()
    [run] = [run for run in fresh.runs() if run.integration_id == made]
    assert run.counts == counts_of(rehearsal)


def test_nobody_waits_for_a_rehearsal_whatever_it_changes(office: Office, sam: Person):
    lunch = office.add("Lunch")
    office.sync()
    create = link_calendar(office, "Personal")

    def finish_meanwhile(inside: Tools) -> list[str]:
        tried = replace(office, tools=inside)
        made = create(inside)
        tried.change(lunch, subject="Brunch")
        tried.add("Tried")
        assert tried.item(lunch).subject == "Brunch"
        # Others do the same for good, while the rehearsal is under way.
        add_item(office.tools, sam)
        office.change(lunch, subject="Supper")
        create(office.tools)
        office.claim()
        return made

    [rehearsal] = rehearse_in(office, finish_meanwhile)
    titles = {entry.title for entry in rehearsal.entries if entry.side is Side.OUT}
    assert titles == {"Brunch", "Tried"}
    assert office.subjects() == ["Server room", "Supper"]


@ON_SQLITE
def test_a_calendar_that_was_linked_before_is_taken_over_in_the_rehearsal_too(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    office.put("Old", **office.moved(-24 * 7))
    office.sync()
    other = link_calendar(office, "Personal", EVERYTHING)(office.tools)
    create = link_calendar(office, "Work", EVERYTHING)
    delete_integration(office.tools, office.person.who, office.integration_id)
    office.put("New since")
    office.clock.move(timedelta(seconds=2))
    before = dump(office)
    [rehearsal] = rehearse_in(replace(office, integration_id=other[0]), create)
    assert dump(office) == before
    assert counts_of(rehearsal) == {}, "what stands on both sides is known again"
    assert create(office.tools) == [rehearsal.integration_id] == [office.integration_id]
    office.sync()
    assert office.summaries() == ["Dentist", "Lunch", "New since", "Old"]
    assert office.subjects() == ["Dentist", "Lunch", "Old"]


@ON_SQLITE
def test_other_options_are_rehearsed_with_the_copies_that_go(office: Office):
    office.add("Lunch")
    office.add("Rest", kind=Kind.TODO)
    office.sync()
    who, integration_id = office.person.who, office.integration_id
    options = replace(EVERYTHING, kinds=EVERYTHING.kinds - {Kind.TODO})

    def change(tools: Tools) -> list[str]:
        number = count_copies_to_go(tools, who, integration_id, frozenset({Kind.TODO}))
        change_options(tools, who, integration_id, options, copies=Copies.GO, confirmed=number)
        return [integration_id]

    before = dump(office)
    [rehearsal] = rehearse_in(office, change)
    assert dump(office) == before
    assert [(e.side, e.action, e.title) for e in rehearsal.entries] == [
        (Side.OUT, "delete", "Rest")
    ]
    assert list(rehearsal.kinds.values()) == [Kind.TODO]
    assert rehearsal.unconfirmed == {}
    change(office.tools)
    office.sync()
    assert office.summaries() == ["Lunch"]


@ON_SQLITE
def test_another_calendar_is_rehearsed_with_the_copies_that_go_in_the_old_one(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    who, former = office.person.who, office.integration_id
    personal = office.sandbox.calendars()["Personal"]

    def change(tools: Tools) -> list[str]:
        made = swap_calendar(
            tools,
            who,
            former,
            account_id=office.account_id,
            calendar_id=personal,
            copies=Copies.GO,
            confirmed=count_copies_to_go(tools, who, former),
        )
        return [made, former]

    before = dump(office)
    new, old = rehearse_in(office, change)
    assert dump(office) == before
    assert [(e.side, e.action, e.title) for e in new.entries] == [(Side.OUT, "create", "Lunch")]
    assert [(e.side, e.action, e.title) for e in old.entries] == [(Side.OUT, "delete", "Lunch")]


@ON_SQLITE
def test_deletions_that_would_be_held_are_rehearsed_as_if_confirmed_and_told(office: Office):
    items = [office.add(f"Item {n:02}", times=office.at(n / 2)) for n in range(30)]
    office.sync()
    for item in items[:12]:
        office.delete(item)
    [rehearsal] = rehearse_in(office)
    assert rehearsal.unconfirmed == {Side.OUT: 12}
    assert rehearsal.limit == 10
    assert counts_of(rehearsal) == {"out_delete_done": 12}
    office.restore(items[0])
    office.restore(items[1])
    [fewer] = rehearse_in(office)
    assert fewer.unconfirmed == {}
    assert counts_of(fewer) == {"out_delete_done": 10}


@ON_SQLITE
def test_what_came_from_a_colleagues_calendar_is_not_planned_to_be_sent(
    make_office: MakeOffice, dana: Person, sam: Person
):
    danas, sams = make_office(), make_office(sam, "sam@office365.example")
    sams.put("Review")
    sams.sync()
    [review] = sams.items()
    people = [dana.who.user_id, sam.who.user_id]
    change_item(sams.tools, sam.who, review.id, sams.fields(review.id), assignees=people)
    [rehearsal] = rehearse_in(danas)
    danas.sync()
    assert danas.summaries() == [], "it stands in a linked calendar already"
    assert rehearsal.entries == ()


@ON_SQLITE
def test_what_is_not_active_would_do_nothing(office: Office):
    office.add("Lunch")
    deactivate(office.tools, office.person.who, office.integration_id)
    [rehearsal] = rehearse_in(office)
    assert rehearsal.entries == ()


@ON_SQLITE
def test_who_may_be_told_by_the_provider_is_known_beforehand(office: Office):
    office.options(moves_meetings=True)
    guests = [{"email": "kim@example.com"}, {"email": "Lee@example.com"}]
    office.set_calendar(permission_level="unrestricted")
    office.put("Meeting", attendees=guests)
    office.put("Quiet")
    office.sync()
    [meeting] = [item for item in office.items() if item.subject == "Meeting"]
    [quiet] = [item for item in office.items() if item.subject == "Quiet"]
    office.change(quiet.id, times=office.at(3))
    [rehearsal] = rehearse_in(office)
    assert rehearsal.guests == frozenset()
    office.change(meeting.id, times=office.at(2))
    [rehearsal] = rehearse_in(office)
    assert rehearsal.guests == {"kim@example.com", "lee@example.com"}


@ON_SQLITE
def test_a_rehearsal_makes_two_requests_and_says_nothing_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
):
    office.add("Lunch")
    before = count_requests(office)
    caplog.set_level(logging.INFO, "calsync")
    caplog.clear()
    rehearse_in(office, link_calendar(office, "Personal"))
    assert count_requests(office) - before == 2
    assert caplog.messages == []


@ON_SQLITE
def test_why_nothing_can_be_rehearsed_is_said_from_how_things_are_there(office: Office):
    control, personal = office.sandbox.control, office.sandbox.calendars()["Personal"]
    create = link_calendar(office, "Personal")
    wanted = {"fault": "calendar_deleted", "calendar_id": personal}
    control("POST", "/faults", wanted)
    with pytest.raises(NotPossible) as gone:
        rehearse_in(office, create)
    assert gone.value.reason == Refusal.CALENDAR_GONE
    control("POST", "/faults", {"fault": "server_error", "times": 9})
    with pytest.raises(TemporaryError):
        rehearse_in(office, create)
