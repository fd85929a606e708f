"""Both sides are changed before a sync looks at either."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.pair import Policy
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

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
