"""What is done on one side is done on the other, over real HTTP."""

from calsync.services.sync.rehearsal import preview
from tests.services.sync.office import Office


def test_an_appointment_made_here_stands_there(office: Office):
    office.add("Lunch", location="Canteen", description="With Sam")
    office.sync()
    event = office.event("Lunch")
    assert event["location"]["description"] == "Canteen"
    assert event["description"].startswith("With Sam\n\nMy Calendar: ")


def test_an_event_made_there_stands_here(office: Office):
    office.put("Dentist", description="Bring the X-ray")
    office.sync()
    assert [(i.subject, i.description) for i in office.items()] == [("Dentist", "Bring the X-ray")]


def test_a_change_here_goes_there(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.change(item, subject="Dinner", times=office.at(8))
    office.sync()
    assert office.summaries() == ["Dinner"]


def test_a_change_there_comes_here(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.edit(office.event("Lunch")["event_uid"], summary="Dinner")
    office.sync()
    assert office.item(item).subject == "Dinner"


def test_a_deletion_here_goes_there(office: Office):
    item = office.add("Lunch")
    office.sync()
    office.delete(item)
    office.sync()
    assert office.summaries() == []


def test_a_deletion_there_comes_here(office: Office):
    office.add("Lunch")
    office.sync()
    office.remove(office.event("Lunch")["event_uid"])
    office.sync()
    assert office.subjects() == []


def test_a_sync_after_the_echoes_writes_nothing(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    writes = office.writes()
    for _ in range(3):
        office.sync()
    assert office.writes() == writes
    assert office.summaries() == ["Dentist", "Lunch"]
    assert office.subjects() == ["Dentist", "Lunch"]


def test_a_preview_leaves_nothing_behind(office: Office):
    office.add("Lunch")
    office.put("Dentist")
    planned = preview(office.tools, office.person.who, office.integration_id, bulk=False)
    assert sorted(entry.title for entry in planned) == ["Dentist", "Lunch"]
    assert (office.subjects(), office.summaries()) == (["Lunch"], ["Dentist"])
    assert office.runs() == []
