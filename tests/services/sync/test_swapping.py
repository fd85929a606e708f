"""Another calendar takes the place of the one that is linked."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.integration import Copies, Refusal
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.db.models import LinkRow
from calsync.errors import NotPossible, NotThere
from calsync.services.integration_end import delete_integration
from calsync.services.integration_views import list_integration_views
from calsync.services.integrations import create_integration
from calsync.services.swapping import swap_calendar
from tests.cast import Person
from tests.cli_tools import run_on
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE


@pytest.fixture
def busy(office: Office) -> Office:
    """Return an office with one item that was sent and one that was brought in."""
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    return office


def swap(office: Office, calendar: str = "Personal", **how: object) -> Office:
    """Link another calendar of the mailbox instead, and return an office for it."""
    calendar_id = office.sandbox.calendars()[calendar]
    for event in office.events(calendar_id):
        office.remove(event["event_uid"])
    made = swap_calendar(
        office.tools,
        office.person.who,
        office.integration_id,
        account_id=office.account_id,
        calendar_id=calendar_id,
        **how,
    )
    return replace(office, integration_id=made, calendar_id=calendar_id)


def test_what_was_sent_is_sent_to_the_new_calendar_and_what_was_brought_in_is_not(busy: Office):
    new = swap(busy)
    new.sync()
    assert new.summaries() == ["Lunch"]
    assert busy.summaries() == ["Dentist", "Lunch"], "copies in the old one stay"
    assert new.subjects() == ["Dentist", "Lunch"]
    [view] = list_integration_views(new.tools, new.person.who)
    assert view.id == new.integration_id
    assert view.integration.calendar_name == "Personal"


def test_a_calendar_that_was_unlinked_while_items_waited_can_be_swapped_to(busy: Office):
    tools, who, account_id = busy.tools, busy.person.who, busy.account_id
    made = create_integration(
        tools,
        who,
        account_id=account_id,
        calendar_id=busy.sandbox.calendars()["Personal"],
        options=Options(kinds=frozenset(Kind)),
    )
    busy.add("Tea")
    delete_integration(tools, who, busy.integration_id, copies=Copies.STAY)
    calendar_id = busy.calendar_id
    again = swap_calendar(tools, who, made, account_id=account_id, calendar_id=calendar_id)
    assert again == busy.integration_id
    busy.sync()
    assert "Tea" in busy.summaries()


def test_what_waited_to_be_sent_is_sent_to_the_new_calendar(busy: Office):
    busy.add("Tea")
    new = swap(busy)
    new.sync()
    assert new.summaries() == ["Lunch", "Tea"]
    assert busy.summaries() == ["Dentist", "Lunch"]


def test_the_copies_in_the_old_calendar_go_as_asked(busy: Office):
    new = swap(busy, copies=Copies.GO, confirmed=1)
    busy.sync()
    new.sync()
    assert busy.summaries() == ["Dentist"]
    assert new.summaries() == ["Lunch"]
    assert new.subjects() == ["Dentist", "Lunch"]


def test_nothing_flows_between_the_old_calendar_and_my_calendar_any_more(busy: Office):
    uid = busy.uid("Lunch")
    new = swap(busy)
    busy.edit(uid, summary="Brunch")
    new.sync()
    [lunch] = [item for item in new.items() if item.subject == "Lunch"]
    new.change(lunch.id, subject="Late lunch")
    new.sync()
    assert new.summaries() == ["Late lunch"]
    assert busy.summaries() == ["Brunch", "Dentist"]


def test_swapping_back_takes_up_what_stands_there_and_doubles_nothing(busy: Office):
    new = swap(busy)
    new.sync()
    back = swap_calendar(
        new.tools,
        new.person.who,
        new.integration_id,
        account_id=new.account_id,
        calendar_id=busy.calendar_id,
        copies=Copies.GO,
        confirmed=1,
    )
    assert back == busy.integration_id
    busy.sync()
    new.sync()
    busy.clock.move(timedelta(minutes=1))
    busy.sync()
    assert busy.summaries() == ["Dentist", "Lunch"]
    assert new.summaries() == []
    assert busy.subjects() == ["Dentist", "Lunch"]


def test_a_swap_that_cannot_be_leaves_everything_as_it_was(
    busy: Office, sam: Person, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "calsync")
    caplog.clear()
    for calendar, how, reason in (
        ("Work", {}, Refusal.ALREADY_LINKED),
        ("Holidays", {}, Refusal.READ_ONLY),
        ("Personal", {"copies": Copies.GO, "confirmed": 7}, Refusal.NUMBER_CHANGED),
    ):
        with pytest.raises(NotPossible) as refused:
            swap_calendar(
                busy.tools,
                busy.person.who,
                busy.integration_id,
                account_id=busy.account_id,
                calendar_id=busy.sandbox.calendars()[calendar],
                **how,
            )
        assert refused.value.reason == reason
    with pytest.raises(NotThere):
        swap_calendar(
            busy.tools,
            sam.who,
            busy.integration_id,
            account_id=busy.account_id,
            calendar_id=busy.sandbox.calendars()["Personal"],
        )
    assert caplog.messages == []
    [view] = list_integration_views(busy.tools, busy.person.who)
    assert view.id == busy.integration_id
    with busy.tools.db.read() as session:
        assert {row.integration_id for row in session.query(LinkRow)} == {busy.integration_id}


def test_the_command_swaps_and_says_the_new_integration(
    busy: Office, monkeypatch: pytest.MonkeyPatch
):
    run = run_on(busy.tools, monkeypatch, "swapping")
    words = ("integration", "swap", "acme", "dana@acme.example", busy.integration_id, "Personal")
    asked = run(*words, "--copies", "go", typed="n\n")
    assert "1 copy will be deleted" in asked.output
    made = run(*words).output.strip()
    [view] = list_integration_views(busy.tools, busy.person.who)
    assert view.id == made
