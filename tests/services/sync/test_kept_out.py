"""Changes that a switch kept out, and that the user lets flow after all."""

from dataclasses import replace

import pytest

from calsync.core.integration import Refusal
from calsync.core.item import Kind
from calsync.core.options import load_options
from calsync.errors import NotPossible, NotThere
from calsync.services.integrations import change_options
from calsync.services.sync.kept_out import count_kept_out, release_kept_out
from tests.cast import Person
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE
WITHOUT_UPDATE = replace(EVERYTHING, takes_update=False)


@pytest.fixture
def closed(make_office: MakeOffice) -> Office:
    """Return an office with a title and a place that were changed there while Update was off."""
    office = make_office(options=WITHOUT_UPDATE)
    office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), summary="Brunch", location={"description": "Pub"})
    office.sync()
    assert office.subjects() == ["Lunch"]
    return office


def turn_on(office: Office, kept_out: int | None) -> None:
    options = replace(load_options(office.integration.options), takes_update=True)
    change_options(
        office.tools, office.person.who, office.integration_id, options, kept_out=kept_out
    )


def test_the_changes_kept_out_so_far_flow_where_the_user_ticks_them(closed: Office):
    who = closed.person.who
    assert count_kept_out(closed.tools, who, closed.integration_id) == 0
    assert count_kept_out(closed.tools, who, closed.integration_id, EVERYTHING) == 2
    turn_on(closed, kept_out=2)
    closed.sync()
    [item] = closed.items()
    assert (item.subject, item.location) == ("Brunch", "Pub")
    assert closed.summaries() == ["Brunch"]
    assert count_kept_out(closed.tools, who, closed.integration_id) == 0


def test_the_changes_kept_out_so_far_stay_out_where_the_user_does_not_tick_them(closed: Office):
    turn_on(closed, kept_out=None)
    closed.sync()
    assert closed.subjects() == ["Lunch"]
    assert count_kept_out(closed.tools, closed.person.who, closed.integration_id) == 2
    release_kept_out(closed.tools, closed.person.who, closed.integration_id, 2)
    closed.sync()
    assert closed.subjects() == ["Brunch"]


def test_another_number_than_was_shown_lets_nothing_flow(closed: Office):
    with pytest.raises(NotPossible) as refused:
        turn_on(closed, kept_out=1)
    assert refused.value.reason == Refusal.NUMBER_CHANGED
    closed.sync()
    assert closed.subjects() == ["Lunch"]
    assert not load_options(closed.integration.options).takes_update


def test_changes_of_a_kind_that_is_unticked_with_the_same_save_are_not_counted(closed: Office):
    who, options = closed.person.who, replace(EVERYTHING, kinds=frozenset({Kind.TASK}))
    assert count_kept_out(closed.tools, who, closed.integration_id, options) == 0
    change_options(closed.tools, who, closed.integration_id, options, kept_out=0)
    closed.sync()
    assert closed.subjects() == ["Lunch"]


def test_what_was_edited_here_since_is_not_counted_any_more(closed: Office):
    [item] = closed.items()
    closed.change(item.id, subject="Late lunch")
    closed.sync()
    # The later edit of the other side won.
    assert closed.summaries() == ["Late lunch"]
    assert count_kept_out(closed.tools, closed.person.who, closed.integration_id, EVERYTHING) == 1
    turn_on(closed, kept_out=1)
    closed.sync()
    [item] = closed.items()
    assert (item.subject, item.location) == ("Late lunch", "Pub")


def test_more_changes_than_the_brake_lets_pass_flow_as_they_were_confirmed(
    make_office: MakeOffice,
):
    office = make_office(options=WITHOUT_UPDATE)
    for number in range(25):
        office.add(f"Lunch {number:02}")
    office.sync()
    for event in office.events():
        office.edit(event["event_uid"], summary=event["summary"].replace("Lunch", "Brunch"))
    office.sync()
    turn_on(office, kept_out=25)
    office.sync()
    assert all(subject.startswith("Brunch") for subject in office.subjects())


def test_nobody_else_sees_or_releases_them(closed: Office, sam: Person):
    with pytest.raises(NotThere):
        count_kept_out(closed.tools, sam.who, closed.integration_id)
    with pytest.raises(NotThere):
        release_kept_out(closed.tools, sam.who, closed.integration_id, 2)
