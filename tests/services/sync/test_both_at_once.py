"""Both sides are changed before a sync looks at either."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calsync.core.item import ItemStatus
from calsync.core.pair import Policy
from calsync.db.models import LinkRow
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import EVERYTHING, HOUR, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE


@pytest.mark.parametrize(("policy", "winner"), [(Policy.MINE, "Dinner"), (Policy.THEIRS, "Brunch")])
def test_a_field_that_both_sides_changed_is_settled_by_the_policy(
    make_office: MakeOffice, policy: Policy, winner: str
):
    office = make_office(options=replace(EVERYTHING, policy=policy))
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.edit(office.uid("Lunch"), summary="Brunch", location={"description": "Pub"})
    office.sync()
    assert office.summaries() == [winner]
    assert office.item(item).subject == winner
    assert office.item(item).location == "Pub"


def test_the_newest_edit_wins(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.clock.move(timedelta(seconds=30))
    office.edit(office.uid("Lunch"), summary="Brunch")
    office.sync()
    assert office.summaries() == ["Brunch"]
    office.edit(office.uid("Brunch"), summary="Supper")
    office.clock.move(timedelta(seconds=30))
    office.change(item, subject="Tea")
    office.sync()
    assert office.summaries() == ["Tea"]


def test_an_edit_here_wins_over_a_deletion_there(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.remove(office.uid("Lunch"))
    office.sync()
    assert office.summaries() == ["Dinner"]
    assert office.subjects() == ["Dinner"]


def test_an_edit_there_wins_over_a_deletion_here(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.delete(item)
    office.edit(office.uid("Lunch"), summary="Brunch")
    office.sync()
    assert office.subjects() == ["Brunch"]
    assert office.summaries() == ["Brunch"]


def test_a_deletion_on_both_sides_writes_nothing(office: Office):
    item = office.add("Lunch")
    office.sync()
    writes = office.writes()
    office.delete(item)
    office.remove(office.uid("Lunch"))
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


PARTS = {
    "title": ({"subject": "Dinner"}, {"summary": "Brunch"}, lambda item: item.subject),
    "place": (
        {"location": "Canteen"},
        {"location": {"description": "Pub"}},
        lambda item: item.location,
    ),
    "text": ({"description": "With Sam"}, {"description": "Alone"}, lambda i: i.description),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("policy", list(Policy))
def test_each_part_that_both_sides_changed_is_settled_alike_on_both(
    make_office: MakeOffice, policy: Policy, part: str
):
    mine, theirs, read = PARTS[part]
    office = make_office(options=replace(EVERYTHING, policy=policy))
    item = office.add("Lunch")
    office.sync()
    uid = office.uid("Lunch")
    office.edit(uid, **theirs)
    office.clock.move(timedelta(seconds=30))
    office.change(item, **mine)
    office.sync()
    value_here, value_there = read(office.item(item)), shown_there(office, part)
    if policy is Policy.ASK:
        assert (value_here, value_there) == (mine_of(mine), theirs_of(theirs))
        assert "conflict" in office.why(item)
    else:
        winner = theirs_of(theirs) if policy is Policy.THEIRS else mine_of(mine)
        assert (value_here, value_there) == (winner, winner)
        loser = mine_of(mine) if policy is Policy.THEIRS else theirs_of(theirs)
        assert loser in str([entry.before for entry in office.entries(item)])


def mine_of(fields: dict[str, str]) -> str:
    return next(iter(fields.values()))


def theirs_of(fields: dict[str, Any]) -> str:
    value = next(iter(fields.values()))
    return str(value["description"] if isinstance(value, dict) else value)


def shown_there(office: Office, part: str) -> str:
    (event,) = office.events()
    match part:
        case "title":
            return str(event["summary"])
        case "place":
            return str(event["location"]["description"])
        case _:
            return str(event["description"]).partition("\n\nMy Calendar: ")[0]


@pytest.mark.parametrize("policy", [Policy.MINE, Policy.THEIRS])
def test_a_new_time_on_both_sides_is_settled_by_the_policy(make_office: MakeOffice, policy: Policy):
    office = make_office(options=replace(EVERYTHING, policy=policy))
    item = office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), **office.moved(3))
    office.change(item, times=office.at(5))
    office.sync()
    winner = office.day + (5 if policy is Policy.MINE else 3) * HOUR
    assert office.item(item).starts_at == winner
    assert office.event("Lunch")["start"] == office.wire(winner)


def test_the_same_change_on_both_sides_is_no_conflict_and_writes_nothing(
    make_office: MakeOffice,
):
    office = make_office(options=replace(EVERYTHING, policy=Policy.ASK))
    item = office.add("Lunch")
    office.sync()
    writes = office.writes()
    office.change(item, subject="Dinner")
    office.edit(office.uid("Lunch"), summary="Dinner")
    office.sync()
    assert (office.subjects(), office.summaries()) == (["Dinner"], ["Dinner"])
    assert office.writes() == writes
    assert office.reasons() == []


def test_different_parts_changed_on_both_sides_are_both_kept(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.edit(office.uid("Lunch"), location={"description": "Pub"}, **office.moved(4))
    office.sync()
    event = office.event("Dinner")
    assert event["location"]["description"] == office.item(item).location == "Pub"
    assert event["start"] == office.wire(office.day + 4 * HOUR)
    assert office.item(item).starts_at == office.day + 4 * HOUR


def test_what_waits_for_the_users_answer_keeps_no_other_part_back(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, policy=Policy.ASK))
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner")
    office.edit(office.uid("Lunch"), summary="Brunch", **office.moved(4))
    office.sync()
    office.change(item, description="With Sam")
    office.sync()
    event = office.event("Brunch")
    assert event["description"].startswith("With Sam")
    assert office.item(item).starts_at == office.day + 4 * HOUR
    assert office.item(item).subject == "Dinner"
    assert [reason for reason in office.reasons() if reason == "conflict"] == ["conflict"]


def edit_while_our_write_is_on_its_way(office: Office, sandbox: RunningSandbox) -> str:
    """Let the user place there what was renamed here and shows it only later; return the item."""
    item = office.add("Lunch")
    office.sync()
    sandbox.control("PATCH", "/settings", {"lag": 20.0})
    office.change(item, subject="Dinner")
    office.sync(settle=False)
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    return item


def test_an_edit_there_while_our_write_is_on_its_way_leaves_both_sides_alike(
    office: Office, sandbox: RunningSandbox
):
    item = edit_while_our_write_is_on_its_way(office, sandbox)
    office.sync()
    sandbox.control("PATCH", "/settings", {"lag": 0.0})
    office.sync()
    assert office.summaries() == office.subjects() == ["Dinner"]
    # Which of the two came last is Cronofy's to say; that both show the same is ours.
    assert shown_there(office, "place") == office.item(item).location


def test_an_edit_there_that_our_write_lands_on_comes_back_where_a_read_had_shown_it(
    office: Office, sandbox: RunningSandbox
):
    item = edit_while_our_write_is_on_its_way(office, sandbox)
    office.clock.move(timedelta(seconds=10))
    office.run_once()
    assert shown_there(office, "place") == "Pub", "our write has not landed yet"
    sandbox.control("PATCH", "/settings", {"lag": 0.0})
    office.clock.move(timedelta(seconds=60))
    office.sync()
    office.sync()
    assert office.summaries() == office.subjects() == ["Dinner"]
    assert shown_there(office, "place") == office.item(item).location == "Pub"


def test_what_was_changed_here_is_on_its_way_although_the_copy_was_cancelled_there(
    office: Office, sandbox: RunningSandbox
):
    item = office.add("Lunch")
    office.sync()
    sandbox.control("PATCH", "/settings", {"lag": 3600.0})
    office.change(item, location="Pub")
    office.edit(office.uid("Lunch"), status="cancelled")
    office.run_once()
    assert office.item(item).status is ItemStatus.CANCELLED
    (link,) = office.links()
    assert link.flight is not None
    assert (link.here.place, link.here.free) == ("", True), "the place has not arrived there yet"


def test_the_users_own_event_that_comes_back_beside_its_copy_is_left_alone(
    office: Office, sandbox: RunningSandbox
):
    office.set_calendar(permission_level="unrestricted")
    uid = office.put("Dentist")
    office.sync()
    [item] = office.items()
    office.remove(uid)
    office.change(item.id, subject="Surgery")
    office.sync()
    assert office.summaries() == ["Surgery"]
    with office.tools.db.begin() as session:
        [row] = session.query(LinkRow).filter(LinkRow.is_present.is_(False))
        assert row.event_uid == uid
    # The very same event again, as from the bin of its calendar.
    back = {"deleted": False, "updated": office.wire(office.now), "summary": "Dentist"}
    sandbox.fault(
        "altered_answer",
        path="/v1/events",
        times=None,
        uid=uid,
        event={**back, **office.moved(0)},
    )
    office.sweep()
    assert office.subjects() == ["Surgery"]
    assert "superseded" in office.reasons()


def test_an_event_deleted_there_whose_item_a_person_edited_is_sent_as_a_copy(office: Office):
    uid = office.put("Dentist")
    office.sync()
    office.clock.move(timedelta(minutes=2))
    office.remove(uid)
    office.change(office.items()[0].id, description="Bring the card")
    office.sync()
    assert office.subjects() == office.summaries() == ["Dentist"]


def test_an_item_restored_from_the_bin_is_sent_where_its_event_is_gone(office: Office):
    uid = office.put("Dentist")
    office.sync()
    item = office.items()[0].id
    office.remove(uid)
    office.sync()
    assert office.items() == []
    office.clock.move(timedelta(minutes=2))
    office.restore(item)
    office.sync()
    assert office.summaries() == ["Dentist"]
