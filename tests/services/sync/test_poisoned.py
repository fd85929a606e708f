"""One entry that the linked calendar never takes: it is set aside, and the others go on."""

import pytest

from calsync.core.event import Timed
from calsync.core.link import LinkState
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE


def too_far(office: Office) -> Timed:
    """Return times that Cronofy refuses with 422 and My Calendar takes."""
    start = office.day.replace(year=2150)
    return Timed(start, start + HOUR, "Europe/London")


def refusals(office: Office, item_id: str) -> int:
    return [entry.reason for entry in office.entries(item_id)].count("refused")


def sync_often(office: Office, times: int = 6) -> None:
    for _ in range(times):
        office.sync()
        office.clock.move(2 * HOUR)


@pytest.mark.parametrize("is_sent_already", [False, True], ids=["a new one", "an edited one"])
def test_an_entry_that_is_refused_three_times_is_set_aside_and_its_neighbours_go_on(
    office: Office, is_sent_already: bool
):
    bad, good = office.add("Bad"), office.add("Good")
    if is_sent_already:
        office.sync()
    office.change(bad, times=too_far(office))
    office.change(good, subject="Better")
    sync_often(office)
    assert refusals(office, bad) == 3
    states = {link.state for link in office.links_of(bad)}
    assert states == {LinkState.SET_ASIDE}
    assert office.summaries() == (["Bad", "Better"] if is_sent_already else ["Better"])
    office.change(good, subject="Best")
    office.put("Dentist")
    sync_often(office, 2)
    assert "Best" in office.summaries()
    assert "Dentist" in office.subjects()
    writes = office.writes()
    sync_often(office, 2)
    assert office.writes() == writes


def test_an_entry_that_was_set_aside_is_tried_again_when_it_changes(office: Office):
    bad = office.add("Bad", times=too_far(office))
    sync_often(office)
    office.change(bad, times=office.at(0))
    office.sync()
    assert office.starts() == [office.wire(office.day)]
    assert {link.state for link in office.links_of(bad)} == {LinkState.LIVE}


def test_a_refused_entry_can_be_deleted_and_leaves_nothing_behind(office: Office):
    bad = office.add("Bad", times=too_far(office))
    sync_often(office)
    office.delete(bad)
    sync_often(office, 2)
    assert office.summaries() == []
    assert office.flying() == []


def test_fifty_items_lose_only_the_one_that_is_refused(office: Office):
    for number in range(49):
        office.add(f"Item {number}")
    office.add("Bad", times=too_far(office))
    office.sync()
    assert len(office.events()) == 49
