"""Kinds that are not sent for a while, and calendars that are linked anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.link import LinkState, Side
from calsync.core.options import load_options
from calsync.core.run import Result
from calsync.errors import RateLimited
from calsync.services.integrations import change_options
from calsync.services.sync.rehearsal import rehearse
from calsync.services.tools import Tools
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE
ALL = frozenset(Kind)
NO_APPOINTMENTS = ALL - {Kind.APPOINTMENT}


def choose(office: Office, kinds: frozenset[Kind], **how: object) -> None:
    options = replace(load_options(office.integration.options), kinds=kinds)
    change_options(office.tools, office.person.who, office.integration_id, options, **how)


def untick(office: Office, **how: object) -> None:
    choose(office, NO_APPOINTMENTS, **how)
    office.sync()


def tick(office: Office, meanwhile: Meanwhile = Meanwhile.AGREED) -> None:
    choose(office, ALL, meanwhile=meanwhile)
    office.sync()


@pytest.fixture
def lunch(office: Office) -> str:
    """Return an appointment that stands on both sides."""
    item = office.add("Lunch")
    office.sync()
    return item


def test_nothing_flows_over_the_copies_of_a_kind_that_is_not_ticked(office: Office, lunch: str):
    untick(office)
    office.change(lunch, subject="Late lunch")
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.item(lunch).location == ""


def test_what_happened_meanwhile_counts_as_agreed_where_it_is_not_confirmed(
    office: Office, lunch: str
):
    untick(office)
    office.change(lunch, subject="Late lunch")
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    tick(office)
    assert office.summaries() == ["Lunch"]
    assert office.item(lunch).location == ""
    assert office.reasons() == ["agreed"]
    office.change(lunch, description="With Sam")
    office.sync()
    event = office.event("Lunch")
    assert event["description"].startswith("With Sam")
    assert event["location"] == {"description": "Pub"}


def test_what_happened_meanwhile_flows_where_it_is_confirmed(office: Office, lunch: str):
    untick(office)
    office.change(lunch, subject="Late lunch")
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    tick(office, Meanwhile.FLOWS)
    assert office.summaries() == ["Late lunch"]
    assert office.item(lunch).location == "Pub"


def test_an_item_whose_copy_was_removed_meanwhile_stays_where_that_counts_as_agreed(
    office: Office, lunch: str
):
    untick(office)
    office.remove(office.uid("Lunch"))
    tick(office)
    office.sync()
    assert office.subjects() == ["Lunch"]
    assert office.summaries() == []
    assert [link.state for link in office.links()] == [LinkState.REMOVED_THERE]
    assert office.reasons() == ["agreed"]


def test_a_copy_whose_item_was_deleted_meanwhile_stays_where_that_counts_as_agreed(
    office: Office, lunch: str
):
    untick(office)
    office.delete(lunch)
    tick(office)
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.subjects() == []
    assert office.reasons() == ["agreed"]
    office.restore(lunch)
    office.sync()
    assert (office.summaries(), office.subjects()) == (["Lunch"], ["Lunch"])


def test_an_entry_whose_copy_went_with_its_kind_is_sent_again_when_it_is_changed(
    office: Office, lunch: str
):
    untick(office, copies=Copies.GO, confirmed=1)
    assert office.summaries() == []
    tick(office)
    assert office.summaries() == [], "what nobody touched is sent by Send alone"
    office.change(lunch, subject="Late lunch")
    office.sync()
    assert office.summaries() == ["Late lunch"]
    assert office.subjects() == ["Late lunch"]


def test_an_entry_whose_copy_went_with_its_kind_is_sent_by_send(office: Office, lunch: str):
    assert lunch
    untick(office, copies=Copies.GO, confirmed=1)
    tick(office)
    office.options(sends=True)
    office.sync(send=True)
    assert office.summaries() == ["Lunch"]


def test_an_entry_that_never_had_a_copy_has_none_to_delete_and_is_sent_when_its_kind_is_back(
    office: Office, sandbox: RunningSandbox
):
    sandbox.fault("rate_limited", path="/v1/batch", times=20)
    office.add("Lunch")
    with pytest.raises(RateLimited):
        office.run_once()
    sandbox.control("DELETE", "/faults")
    choose(office, NO_APPOINTMENTS, copies=Copies.GO, confirmed=1)
    office.sync()
    assert ("out", "delete", "done", None) not in office.log()
    tick(office)
    assert office.due_at is not None
    assert office.due_at <= office.now + timedelta(minutes=1), "it is sent soon"
    office.sync()
    assert office.summaries() == ["Lunch"]


def test_what_happened_meanwhile_is_shown_before_it_is_confirmed(office: Office, lunch: str):
    untick(office)
    office.change(lunch, subject="Late lunch")
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    office.sync()
    who, integration_id = office.person.who, office.integration_id
    options = replace(load_options(office.integration.options), kinds=ALL)

    def tick_all(inside: Tools) -> list[str]:
        change_options(inside, who, integration_id, options, meanwhile=Meanwhile.FLOWS)
        return [integration_id]

    place = office.account_id, [office.calendar_id]
    [rehearsal] = rehearse(office.tools, who, *place, tick_all, bulk=False)
    assert {(entry.side, entry.action, entry.result) for entry in rehearsal.entries} == {
        (Side.IN, "update", Result.DONE),
        (Side.OUT, "update", Result.DONE),
    }
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert Kind.APPOINTMENT not in load_options(office.integration.options).kinds
