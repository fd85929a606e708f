"""What a sync would do, said without doing it."""

import logging
from dataclasses import replace

import pytest

from calsync.services.integrations import change_options
from calsync.services.sync.rehearsal import preview, rehearse
from calsync.services.sync.stage import read_scenery
from calsync.services.tools import Tools
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import EVERYTHING, ON_SQLITE, Office

pytestmark = ON_SQLITE


def test_a_preview_says_what_a_sync_would_do_and_does_nothing(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    writes = office.writes()
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert sorted((e.side.value, e.action, e.title) for e in planned) == [
        ("in", "create", "Dentist"),
        ("out", "create", "Lunch"),
    ]
    assert office.writes() == writes
    assert office.subjects() == ["Lunch"]
    assert office.log() == []
    office.sync()
    assert office.subjects() == ["Dentist", "Lunch"]
    assert preview(office.tools, office.person.who, office.integration_id, bulk=True) == []


def test_a_preview_knows_a_copy_that_was_only_moved(office: Office, sandbox: RunningSandbox):
    office.add("Lunch")
    office.sync()
    personal = sandbox.calendars()["Personal"]
    office.edit(office.uid("Lunch"), calendar_id=personal)
    office.sandbox.control(
        "POST", "/events", {"calendar_id": personal, "summary": "Gym", **office.moved(5)}
    )
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert [(e.action, e.reason) for e in planned] == [("none", "moved")]


def test_of_other_calendars_only_what_was_moved_there_is_kept_in_memory(
    office: Office, sandbox: RunningSandbox
):
    personal = sandbox.calendars()["Personal"]
    for number in range(3):
        event = {"calendar_id": personal, "summary": f"Gym {number}", **office.moved(number)}
        sandbox.control("POST", "/events", event)
    office.put("Dentist")
    office.add("Lunch")
    office.sync()
    office.edit(office.uid("Lunch"), calendar_id=personal)
    place = office.account_id, [office.calendar_id]
    scenery = read_scenery(office.tools, office.person.who, *place)
    shown = {(e.calendar_id, e.title) for page in scenery.pages for e in page.events}
    assert (office.calendar_id, "Dentist") in shown
    assert [title for place, title in shown if place == personal] == ["Lunch"]


def test_a_preview_tells_of_a_removal(office: Office):
    office.add("Lunch")
    office.sync()
    office.remove(office.uid("Lunch"))
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert [(e.side.value, e.action) for e in planned] == [("in", "delete")]
    assert office.subjects() == ["Lunch"]


def test_a_rehearsal_of_other_options_logs_nothing_and_wakes_nobody(
    office: Office, caplog: pytest.LogCaptureFixture
):
    woken: list[bool] = []
    tools = replace(office.tools, wake=lambda: woken.append(True))
    who, integration_id = office.person.who, office.integration_id

    def change(inside: Tools) -> list[str]:
        options = replace(EVERYTHING, takes_delete=False)
        change_options(inside, who, integration_id, options)
        return [integration_id]

    with caplog.at_level(logging.INFO, "calsync"):
        rehearse(tools, who, office.account_id, [office.calendar_id], change)
        assert caplog.messages == []
        assert woken == []
        change(tools)
    assert caplog.messages == ["options changed"]
    assert woken


def test_a_preview_tells_what_the_brake_would_hold(office: Office):
    items = [office.add(f"Item {n:02}", times=office.at(n / 2)) for n in range(30)]
    office.sync()
    for item in items[:11]:
        office.delete(item)
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=True)
    assert {(e.action, e.result.value, e.reason) for e in planned} == {
        ("delete", "held", "brake"),
    }
