"""What is let in and sent by the switches of the tabs."""

from dataclasses import replace

import pytest

from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.core.window import FutureRange
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice

pytestmark = ON_SQLITE


@pytest.mark.parametrize("switch", ["takes_create", "takes_update", "takes_delete"])
@pytest.mark.parametrize("is_on", [True, False])
def test_each_switch_of_the_first_tab_lets_in_only_its_own(
    make_office: MakeOffice, switch: str, is_on: bool
):
    office = make_office(options=replace(EVERYTHING, **{switch: is_on}))
    office.add("Lunch")
    office.add("Dinner")
    office.sync()
    office.put("Dentist")
    office.edit(office.uid("Lunch"), summary="Brunch")
    office.remove(office.uid("Dinner"))
    office.sync()
    expected = {"takes_create": "Dentist", "takes_update": "Brunch", "takes_delete": "Dinner"}
    here = set(office.subjects())
    for name, subject in expected.items():
        came_in = subject not in here if name == "takes_delete" else subject in here
        assert came_in == (is_on or name != switch)
    if not is_on:
        assert len(office.reasons()) <= 1


def test_nothing_is_sent_of_a_kind_that_is_not_ticked(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, kinds=frozenset({Kind.TODO})))
    office.add("Lunch")
    office.add("Buy milk", kind=Kind.TODO)
    office.sync()
    assert office.summaries() == ["Buy milk"]


def test_turning_a_switch_on_does_not_rewrite_the_past(make_office: MakeOffice):
    office = make_office(options=replace(EVERYTHING, takes_update=False, takes_create=False))
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    office.edit(office.uid("Lunch"), summary="Brunch")
    office.sync()
    office.options(takes_update=True, takes_create=True)
    office.sync()
    assert office.subjects() == ["Lunch"]


def test_what_was_there_before_comes_in_by_retrieve_alone(
    make_office: MakeOffice, sandbox: RunningSandbox
):
    office = make_office(options=replace(EVERYTHING, future=FutureRange.ONE_WEEK))
    work = office.calendar_id
    before = sandbox.control("GET", f"/calendars/{work}/events")["events"]
    assert office.subjects() == []
    office.sync(retrieve=True)
    assert len(office.items()) <= len(before)
    assert office.writes() == 0


def test_items_that_were_here_before_go_there_by_send_alone(make_office: MakeOffice, dana: Person):
    office = make_office(options=Options(takes_update=True))
    office.add("Old")
    office.sync()
    office.options(kinds=frozenset(Kind), sends=True)
    office.sync()
    assert office.summaries() == []
    office.sync(send=True)
    assert office.summaries() == ["Old"]
