"""Events and items that are trouble by themselves, and who can see it (F53 to F59)."""

from datetime import timedelta

import pytest

from calsync.core.event import Timed
from calsync.core.item import Kind
from calsync.cronofy.client import CronofyClient
from tests.services.sync.faults.conftest import Status
from tests.services.sync.office import HOUR, ON_SQLITE, MakeOffice, Office
from tests.services.sync.their_series import make_anew, put_series
from tests.witness import Witness

pytestmark = ON_SQLITE

MINUTE = timedelta(minutes=1)
CREATED = ("out", "create", "done", None)
BROUGHT = ("in", "create", "done", None)
HOSTILE = "<script>alert(1)</script> \u202eabc \U0001f600 " + "x" * 5000


def test_what_leaves_the_window_as_time_passes_is_written_and_logged_by_nobody(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    logged, writes = office.log(), office.writes()
    office.clock.move(timedelta(days=50))
    office.sweep()
    office.sweep()
    assert office.subjects() == ["Dentist", "Lunch"]
    assert (office.log(), office.writes()) == (logged, writes)
    assert witness.counted("sync_reasons_total") == 0
    assert status() == ""


def test_an_event_whose_end_is_before_its_start_is_logged_and_its_neighbours_come_in(
    office: Office, witness: Witness, status: Status
):
    bad = office.put("Dentist")
    office.put("Barber")
    turned = {"start": office.wire(office.day), "end": office.wire(office.day - HOUR)}
    number = office.sandbox.fault(
        "altered_answer", path="/v1/events", times=None, event=turned, uid=bad
    )
    office.sync()
    assert office.sandbox.fired(number)
    assert office.subjects() == ["Barber"]
    [reason] = office.reasons()
    assert reason in ("unreadable", "unfit")
    assert witness.counted("sync_reasons_total", reason=reason) == 1
    assert status() == ""


def test_a_text_over_every_limit_is_cut_once_and_starts_no_loop(
    office: Office, witness: Witness, status: Status
):
    office.add(HOSTILE[:60], description=HOSTILE)
    office.sync()
    for _ in range(3):
        office.clock.move(10 * MINUTE)
        office.sync()
    assert office.log() == [CREATED]
    assert office.writes() == 1
    assert witness.counted("conflicts_total") == 0
    assert status() == ""


def test_one_item_that_is_refused_each_time_is_set_aside_and_the_others_go_on(
    office: Office, witness: Witness, status: Status
):
    far = office.day.replace(year=2150)
    office.add("Far", times=Timed(far, far + HOUR, "Europe/London"))
    office.add("Lunch")
    for _ in range(5):
        office.sync()
        office.clock.move(2 * MINUTE)
    assert office.summaries() == ["Lunch"]
    assert office.log().count(("out", "create", "failed", "refused")) == 3
    assert status() == "1 item set aside: it could not be synced."
    assert witness.counted("quarantined_events") == 1
    assert witness.counted("sync_reasons_total", reason="refused") == 3


def test_a_kind_that_is_unticked_in_the_middle_of_a_sync_is_not_sent_after_that(
    office: Office, witness: Witness, status: Status, monkeypatch: pytest.MonkeyPatch
):
    office.add("Lunch")
    read = CronofyClient.read_events

    def untick(self: CronofyClient, query: object) -> object:
        monkeypatch.setattr(CronofyClient, "read_events", read)
        office.options(kinds=frozenset(Kind) - {Kind.APPOINTMENT})
        return read(self, query)  # type: ignore[arg-type]

    monkeypatch.setattr(CronofyClient, "read_events", untick)
    office.sync()
    assert (office.summaries(), office.writes()) == ([], 0)
    assert witness.counted("provider_requests_total", op="batch") == 0
    assert status() == ""


def test_what_we_wrote_into_one_calendar_is_never_brought_in_from_another(
    make_office: MakeOffice, office: Office, witness: Witness, status: Status
):
    other = make_office(calendar="Personal")
    office.add("Lunch")
    for _ in range(3):
        office.sync()
        other.sync()
        office.clock.move(10 * MINUTE)
    assert office.subjects() == ["Lunch"]
    assert office.summaries() == ["Lunch"]
    assert other.summaries().count("Lunch") == 1
    assert office.writes() == 2
    assert office.log() == [CREATED, CREATED]
    assert witness.counted("conflicts_total") == 0
    assert status() == ""


def test_a_series_whose_instances_were_all_made_anew_keeps_its_items_and_is_not_held(
    office: Office, witness: Witness, status: Status
):
    series = put_series(office)
    office.sync()
    before = {item.id for item in office.items()}
    make_anew(office, series, later=HOUR)
    office.sync()
    office.clock.move(3 * MINUTE)
    office.sync()
    assert {item.id for item in office.items()} == before
    assert office.log().count(("in", "update", "done", None)) == 3
    assert len(office.log()) == 6
    assert witness.counted("guard_trips_total") == 0
    assert status() == ""
