"""What waits for the user's word, and what comes of either word, over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.holds import Answer, Held
from calsync.core.integration import Refusal
from calsync.core.link import LinkState
from calsync.errors import NotPossible, NotThere
from calsync.services.holds import answer_held, list_held_groups
from calsync.services.items import delete_item
from tests.cast import Person
from tests.services.sync.office import ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE
NUMBER = 4


def answer(office: Office, held: Held, said: Answer, number: int = NUMBER) -> None:
    ids = office.tools, office.person.who, office.integration_id
    answer_held(*ids, held, said, number)


def waiting(office: Office) -> dict[Held, int]:
    _, groups = list_held_groups(office.tools, office.person.who, office.integration_id)
    return {group.held: group.count for group in groups}


def rest(office: Office) -> int:
    """Run three cycles and a full sweep; return how many writes they make."""
    before = office.writes()
    for _ in range(3):
        office.clock.move(timedelta(minutes=5))
        office.sync()
    office.sweep()
    return office.writes() - before


def with_everything_gone_there(office: Office) -> Office:
    for number in range(NUMBER):
        office.add(f"Item {number}", times=office.at(number))
    office.sync()
    for event in office.events():
        office.remove(event["event_uid"])
    office.sync()
    assert waiting(office) == {Held.REMOVAL_HERE: NUMBER}
    return office


def with_everything_gone_here(office: Office) -> Office:
    items = [office.add(f"Item {number}", times=office.at(number)) for number in range(NUMBER)]
    office.sync()
    # A program deletes them: what a person deletes by hand does not wait.
    for item in items:
        delete_item(office.tools, replace(office.person.who, session_id=""), item)
    office.sync()
    assert waiting(office) == {Held.COPY_DELETION: NUMBER}
    return office


def test_items_whose_events_are_gone_stay_where_the_user_keeps_them(office: Office):
    with_everything_gone_there(office)
    answer(office, Held.REMOVAL_HERE, Answer.KEEP)
    assert waiting(office) == {}
    assert rest(office) == 0
    assert len(office.subjects()) == NUMBER
    assert office.summaries() == []
    assert {link.state for link in office.links()} == {LinkState.REMOVED_THERE}
    assert waiting(office) == {}
    assert "kept" in office.reasons()


def test_items_whose_events_are_gone_go_where_the_user_says_so(office: Office):
    with_everything_gone_there(office)
    answer(office, Held.REMOVAL_HERE, Answer.DO)
    assert rest(office) == 0
    assert office.subjects() == []
    assert waiting(office) == {}


def test_events_whose_items_are_gone_stay_where_the_user_keeps_them(office: Office):
    with_everything_gone_here(office)
    answer(office, Held.COPY_DELETION, Answer.KEEP)
    assert rest(office) == 0
    assert len(office.summaries()) == NUMBER
    assert office.subjects() == []
    assert waiting(office) == {}


def test_events_whose_items_are_gone_go_where_the_user_says_so(office: Office):
    with_everything_gone_here(office)
    answer(office, Held.COPY_DELETION, Answer.DO)
    office.sync()
    assert office.summaries() == []
    assert rest(office) == 0
    assert waiting(office) == {}


def test_changes_of_the_users_own_events_wait_and_come_to_either_end(make_office: MakeOffice):
    office = make_office()
    office.set_calendar(permission_level="unrestricted")
    uids = [office.put(f"Own {number:02}", **office.moved(number)) for number in range(11)]
    office.sync()
    for item in office.items():
        office.change(item.id, location="Pub")
    office.sync()
    assert waiting(office) == {Held.OWN_CHANGE: 11}
    answer(office, Held.OWN_CHANGE, Answer.KEEP, 11)
    assert rest(office) == 0
    assert waiting(office) == {}
    office.change(office.items()[0].id, location="Club")
    office.sync()
    places = [event.get("location", {}).get("description", "") for event in office.events()]
    assert sorted(filter(None, places)) == ["Club"]
    assert len(uids) == len(office.events())


def test_more_than_is_usual_waits_again_after_an_answer(office: Office):
    with_everything_gone_there(office)
    answer(office, Held.REMOVAL_HERE, Answer.DO)
    office.sync()
    for number in range(NUMBER):
        office.add(f"Further {number}", times=office.at(number))
    office.sync()
    for event in office.events():
        office.remove(event["event_uid"])
    office.sync()
    assert waiting(office) == {Held.REMOVAL_HERE: NUMBER}


def test_what_was_restored_before_the_sync_came_is_decided_as_it_is_then(office: Office):
    with_everything_gone_there(office)
    answer(office, Held.REMOVAL_HERE, Answer.DO)
    office.change(office.items()[0].id, subject="Still wanted")
    office.sync()
    assert office.subjects() == ["Still wanted"]
    assert office.summaries() == ["Still wanted"]


@pytest.mark.parametrize("number", [0, NUMBER - 1, NUMBER + 1])
def test_another_number_than_was_shown_is_no_answer(office: Office, number: int):
    with_everything_gone_there(office)
    with pytest.raises(NotPossible) as error:
        answer(office, Held.REMOVAL_HERE, Answer.DO, number)
    assert error.value.reason == Refusal.NUMBER_CHANGED
    office.sync()
    assert len(office.subjects()) == NUMBER
    assert waiting(office) == {Held.REMOVAL_HERE: NUMBER}


def test_an_answer_that_is_given_twice_is_given_once(office: Office):
    with_everything_gone_there(office)
    answer(office, Held.REMOVAL_HERE, Answer.KEEP)
    with pytest.raises(NotPossible):
        answer(office, Held.REMOVAL_HERE, Answer.DO)
    office.sync()
    assert len(office.subjects()) == NUMBER


def test_what_waits_is_nobody_elses(office: Office, sam: Person, mallory: Person):
    with_everything_gone_there(office)
    for person in (sam, mallory):
        with pytest.raises(NotThere):
            list_held_groups(office.tools, person.who, office.integration_id)
        with pytest.raises(NotThere):
            answer_held(
                office.tools,
                person.who,
                office.integration_id,
                Held.REMOVAL_HERE,
                Answer.DO,
                NUMBER,
            )
    assert waiting(office) == {Held.REMOVAL_HERE: NUMBER}
