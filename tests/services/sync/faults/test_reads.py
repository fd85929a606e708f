"""What goes wrong with reads of the linked calendar, and who can see it (F14 to F23)."""

from datetime import timedelta
from typing import Any

import pytest

from calsync.db.models import DueKind
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from tests.services.sync.faults.conftest import Status
from tests.services.sync.faults.striking import fail_once, striking
from tests.services.sync.office import ON_SQLITE, Office
from tests.witness import Witness

pytestmark = ON_SQLITE

MINUTE = timedelta(minutes=1)
CREATED = ("out", "create", "done", None)
BROUGHT = ("in", "create", "done", None)


def serve(office: Office) -> None:
    """Do what is due as a server does, which logs what it cannot do."""
    office.wake()
    loop = DueLoop(office.tools, PERFORMERS)
    ids = office.person.who.tenant_id, DueKind.SYNC, office.integration_id
    assert loop.perform_at_once(*ids)


@pytest.mark.parametrize(("asked", "waited"), [({}, 1.9), ({"retry_after": 7}, 6.9)])
def test_too_many_calls_make_the_next_wait_as_long_as_was_asked(
    office: Office, witness: Witness, status: Status, asked: dict[str, Any], waited: float
):
    office.add("Lunch")
    with striking(office, "rate_limited", path="/v1/batch", times=1, **asked):
        office.sync()
    assert office.log() == [CREATED]
    assert witness.counted("provider_requests_total", op="batch", code="429") == 1
    assert witness.counted("rate_limit_wait_seconds_sum") >= waited
    assert status() == ""


def test_half_an_hour_of_faults_there_ends_each_try_and_loses_nothing(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    office.put("Dentist")
    office.ask()
    with striking(office, "server_error", status=503, times=None):
        for _ in range(3):
            serve(office)
            assert status() == "The last sync stopped early."
            office.clock.move(10 * MINUTE)
    assert len(witness.logged("due work failed", kind="sync")) == 3
    assert witness.counted("provider_requests_total", code="503") > 0
    assert witness.counted("job_total", kind="sync", result="failed") == 3
    office.sync()
    assert office.summaries() == office.subjects() == ["Dentist", "Lunch"]
    assert office.log() == [BROUGHT, CREATED]
    assert status() == ""


def test_a_calendar_service_that_cannot_be_reached_is_no_reason_to_reconnect(
    office: Office, witness: Witness, status: Status
):
    office.ask()
    with striking(office, "reset_before", times=None):
        fail_once(office)
    assert status() == "The last sync stopped early."
    assert office.integration.stop is None
    assert witness.logged("sync ended", state="stopped", error="Unreachable")
    assert witness.counted("provider_requests_total", op="read_events", code="none") > 0
    assert witness.counted("integrations", state="active") == 0


@pytest.mark.parametrize("fault", ["invalid_json", "html_error", "truncated_paging"])
def test_a_read_that_cannot_be_trusted_moves_no_cursor_and_removes_nothing(
    office: Office, witness: Witness, status: Status, fault: str
):
    office.sandbox.control("PATCH", "/settings", {"page_size": 1})
    office.put("Dentist")
    office.sync()
    cursor = office.integration.cursor
    office.put("Barber")
    office.put("Cobbler")
    with striking(office, fault, path="/v1/events", times=None):
        fail_once(office)
    assert office.integration.cursor == cursor
    assert "Dentist" in office.subjects()
    assert witness.logged("sync ended", state="stopped")
    assert witness.counted("sync_passes_total", result="stopped") == 1
    office.sync()
    assert office.subjects() == ["Barber", "Cobbler", "Dentist"]
    assert office.log() == [BROUGHT] * 3
    assert status() == ""


def test_one_event_that_cannot_be_read_is_logged_and_the_others_come_in(
    office: Office, witness: Witness, status: Status
):
    bad = office.put("Dentist")
    office.put("Barber")
    spoilt = {"event": {"start": 5}, "uid": bad}
    with striking(office, "altered_answer", path="/v1/events", times=1, **spoilt):
        office.sync()
    assert office.subjects() == ["Barber"]
    assert sorted(office.log()) == [BROUGHT, ("in", "none", "failed", "unreadable")]
    assert witness.counted("sync_reasons_total", reason="unreadable") == 1
    assert status() == ""


def test_an_empty_answer_removes_nothing_and_is_not_believed_for_long(
    office: Office, witness: Witness, status: Status
):
    office.put("Dentist")
    office.sync()
    cursor = office.integration.cursor
    assert cursor
    office.clock.move(MINUTE)
    office.put("Barber")
    with striking(office, "empty_read", times=1):
        office.run_once()
    assert office.integration.cursor
    assert office.integration.cursor <= cursor + timedelta(seconds=5)
    assert witness.counted("sync_passes_total", result="quiet") == 1
    office.clock.move(MINUTE)
    office.sync()
    assert office.subjects() == ["Barber", "Dentist"]
    assert office.log() == [BROUGHT, BROUGHT]
    assert status() == ""


def test_a_further_page_at_another_host_is_not_asked_for_and_logged_as_an_error(
    office: Office, witness: Witness, status: Status
):
    office.sandbox.control("PATCH", "/settings", {"page_size": 1})
    office.put("Dentist")
    office.put("Barber")
    with striking(office, "foreign_next_page", times=1):
        serve(office)
    [line] = witness.logged("due work failed", kind="sync")
    assert line["level"] == "error"
    assert line["error"].startswith("UntrustedAnswer")
    assert witness.counted("job_total", kind="sync", result="failed") == 1
    office.sync()
    assert office.subjects() == ["Barber", "Dentist"]
    assert status() == ""


def test_when_everything_seems_deleted_the_user_is_asked(
    office: Office, witness: Witness, status: Status
):
    names = [f"Meeting {number:02}" for number in range(12)]
    for name in names:
        office.put(name)
    office.sync()
    for name in names:
        office.remove(office.uid(name))
    office.add("Lunch")
    office.sync()
    assert office.subjects() == ["Lunch", *names]
    assert office.summaries() == ["Lunch"]
    assert office.log().count(("in", "delete", "held", "brake")) == 12
    assert status() == "Waiting for your OK: 12 deletions"
    assert witness.counted("guard_trips_total", guard="brake") == 1
    assert witness.counted("sync_reasons_total", reason="brake") == 12


def test_an_answer_that_does_not_come_is_given_up_and_asked_for_again(
    office: Office, witness: Witness, status: Status, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(office.tools.oauth._transport, "timeout", (5.0, 0.2))
    office.put("Dentist")
    with striking(office, "timeout_before", path="/v1/events", times=1, seconds=1):
        office.sync()
    assert office.log() == [BROUGHT]
    assert witness.logged("call repeated", call="read_events", error="Unreachable")
    assert witness.counted("provider_requests_total", op="read_events", code="none") == 1
    assert status() == ""


def test_a_new_event_that_a_read_shows_twice_is_brought_in_once_as_its_newest(
    office: Office, witness: Witness, status: Status
):
    uid, other = office.put("Dentist"), office.put("Barber")
    twice = {"event_uid": uid, "updated": office.wire(office.clock.now() - 2 * MINUTE)}
    number = office.sandbox.fault(
        "altered_answer", path="/v1/events", times=None, event=twice, uid=other
    )
    office.sync()
    assert office.sandbox.fired(number)
    assert office.subjects() == ["Dentist"]
    assert office.log() == [BROUGHT]
    assert witness.counted("job_total", kind="sync", result="failed") == 0
    assert status() == ""
