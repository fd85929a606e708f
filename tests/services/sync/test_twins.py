"""What stands on both sides already is linked, and what only looks alike is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.item import Kind
from calsync.core.link import Origin
from calsync.core.options import Options
from calsync.core.window import FutureRange
from calsync.cronofy.limiter import Lane
from calsync.services.accounts import check_account
from calsync.services.integration_end import delete_integration
from calsync.services.integrations import create_integration
from calsync.services.items import change_item
from calsync.services.sync.rehearsal import preview
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import EVERYTHING, MakeOffice, Office

HOUR = timedelta(hours=1)
IN_ONLY = replace(EVERYTHING, kinds=frozenset())
OUT_ONLY = Options(kinds=frozenset(Kind))

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def actions(office: Office) -> list[tuple[str, str | None]]:
    """Return what was done, each with its reason."""
    return [(action, reason) for _, action, result, reason in office.log() if result == "done"]


def test_an_event_that_equals_an_appointment_here_is_linked_instead_of_doubled(
    make_office: MakeOffice,
):
    office = make_office(options=IN_ONLY)
    item = office.add("Lunch", description="With Sam")
    office.put("Lunch", description="Canteen")
    office.sync()
    assert office.subjects() == ["Lunch"]
    assert actions(office) == [("link", "twin")]
    # What differs counts as agreed, on both sides.
    assert office.item(item).description == "With Sam"
    assert office.event("Lunch")["description"] == "Canteen"


def test_a_linked_twin_follows_what_is_changed_later(make_office: MakeOffice):
    office = make_office(options=IN_ONLY)
    item = office.add("Lunch", description="With Sam")
    uid = office.put("Lunch")
    office.sync()
    office.edit(uid, summary="Brunch")
    office.sync()
    assert office.item(item).subject == "Brunch"
    assert office.item(item).description == "With Sam"
    office.remove(uid)
    office.sync()
    assert office.subjects() == []


def test_retrieve_doubles_no_appointment_that_is_here_already(make_office: MakeOffice):
    options = Options(takes_update=True, future=FutureRange.ONE_MONTH)
    office = make_office(options=options)
    office.add("Lunch")
    office.put("Lunch")
    office.put("Dentist")
    office.sync(retrieve=True)
    assert office.subjects() == ["Dentist", "Lunch"]


def test_an_entry_that_equals_an_event_there_is_linked_instead_of_sent(make_office: MakeOffice):
    office = make_office(options=OUT_ONLY)
    office.put("Lunch")
    office.sync()
    item = office.add("Lunch", description="With Sam")
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.writes() == 0
    [link] = office.links()
    assert link.origin is Origin.BROUGHT
    office.delete(item)
    office.sync()
    # It is the user's own event, which the permission to change them is missing for.
    assert office.summaries() == ["Lunch"]


def test_of_two_equal_entries_only_as_many_are_linked_as_there_are_events(
    make_office: MakeOffice,
):
    office = make_office(options=OUT_ONLY)
    office.put("Lunch")
    office.sync()
    office.add("Lunch")
    office.add("Lunch")
    office.sync()
    assert office.summaries() == ["Lunch", "Lunch"]
    assert office.writes() == 1
    assert sorted(link.origin for link in office.links()) == [Origin.BROUGHT, Origin.SENT]


def test_of_two_equal_events_one_is_linked_and_one_is_brought_in(make_office: MakeOffice):
    office = make_office(options=IN_ONLY)
    office.add("Lunch")
    office.put("Lunch")
    office.put("Lunch")
    office.sync()
    assert office.subjects() == ["Lunch", "Lunch"]


def test_what_only_looks_alike_is_sent_and_marked(make_office: MakeOffice):
    office = make_office(options=OUT_ONLY)
    office.put("Call Sam")
    office.sync()
    office.add("Call Sam", kind=Kind.TODO)
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=False)
    assert [(entry.action, entry.reason) for entry in planned] == [("create", "alike_there")]
    office.sync()
    assert office.summaries() == ["Call Sam", "Call Sam"]
    assert actions(office) == [("create", "alike_there")]


def test_an_appointment_of_several_people_is_no_twin(make_office: MakeOffice, sam: Person):
    office = make_office(options=OUT_ONLY)
    office.put("Review")
    office.sync()
    item = office.add("Review")
    people = [office.person.who.user_id, sam.who.user_id]
    change_item(office.tools, sam.who, item, office.fields(item), assignees=people)
    office.sync()
    assert office.summaries() == ["Review", "Review"]


def test_an_event_that_was_moved_or_deleted_meanwhile_is_no_twin(make_office: MakeOffice):
    office = make_office(options=OUT_ONLY)
    moved, gone = office.put("Lunch"), office.put("Dinner")
    office.sync()
    office.edit(
        moved, start=office.wire(office.day + 5 * HOUR), end=office.wire(office.day + 6 * HOUR)
    )
    office.remove(gone)
    office.add("Lunch")
    office.add("Dinner")
    office.sync()
    assert office.summaries() == ["Dinner", "Lunch", "Lunch"]


def test_an_appointment_that_is_linked_already_is_nobody_elses_twin(office: Office):
    office.add("Lunch")
    office.sync()
    office.put("Lunch")
    office.sync()
    assert office.subjects() == ["Lunch", "Lunch"]
    assert office.summaries() == ["Lunch", "Lunch"]


def test_a_meeting_in_two_calendars_is_one_item_and_neither_is_written_for_the_other(
    office: Office, make_office: MakeOffice, sandbox: RunningSandbox
):
    other = make_office(mailbox="dana@outlook.example")
    sandbox.control(
        "PATCH", f"/calendars/{other.calendar_id}", {"permission_level": "unrestricted"}
    )
    check_account(other.tools, other.person.who.tenant_id, other.account_id, Lane.USER)
    uid = office.put("Review")
    office.sync()
    other.put("Review")
    other.sync()
    assert office.subjects() == ["Review"]
    office.edit(uid, summary="Big review")
    office.sync()
    other.sync()
    assert office.subjects() == ["Big review"]
    assert other.summaries() == ["Review"]
    assert other.reasons()[-1] == "foreign"


def test_a_copy_that_its_user_doubled_is_judged_again_when_it_is_moved(office: Office):
    office.add("Lunch")
    office.sync()
    text = office.event("Lunch")["description"]
    doubled = office.put("Lunch", description=text)
    office.sync()
    assert office.subjects() == ["Lunch"]
    start = office.day + 3 * HOUR
    office.edit(doubled, start=office.wire(start), end=office.wire(start + HOUR))
    office.sync()
    assert office.subjects() == ["Lunch", "Lunch"]
    assert [item.description for item in office.items()] == ["", ""]


def test_what_was_taken_for_a_copy_can_be_retrieved_once_its_item_is_deleted(office: Office):
    item = office.add("Lunch")
    office.sync()
    copy = office.event("Lunch")
    pasted = {name: copy[name] for name in ("description", "start", "end")}
    office.put("Lunch again", **pasted)
    office.sync()
    assert office.subjects() == ["Lunch"]
    office.delete(item)
    office.sync()
    office.clock.move(timedelta(minutes=2))
    office.options(future=FutureRange.ONE_WEEK)
    office.sync(retrieve=True)
    assert office.subjects() == ["Lunch again"]


def test_what_was_linked_before_the_integration_ended_is_known_by_its_id(
    office: Office, link: Callable[..., str]
):
    """An older link of the same event counts before any likeness."""
    item = office.add("Lunch")
    uid = office.put("Dentist")
    office.sync()
    who, calendar_id = office.person.who, office.calendar_id
    delete_integration(office.tools, who, office.integration_id)
    office.edit(uid, summary="Dentist at nine")
    office.change(item, subject="Late lunch")
    again = create_integration(
        office.tools, who, account_id=link(), calendar_id=calendar_id, options=EVERYTHING
    )
    assert again == office.integration_id
    office.sync()
    office.sync()
    # Whatever differs counts as agreed, and nothing is doubled.
    assert office.subjects() == ["Dentist", "Late lunch"]
    assert office.summaries() == ["Dentist at nine", "Lunch"]
    assert len(office.links()) == 2
