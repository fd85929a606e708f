"""What goes wrong on the way to the linked calendar and back."""

from contextlib import suppress
from datetime import timedelta

import pytest

from calsync.core.event import Timed
from calsync.core.integration import Stop
from calsync.errors import CronofyError, RateLimited
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE


def test_a_token_that_expires_in_the_middle_is_renewed_and_the_sync_goes_on(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    sandbox.control("POST", "/tokens/expire")
    office.sync()
    assert office.summaries() == ["Lunch"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_write_whose_answer_is_lost_is_made_once(
    office: Office, sandbox: RunningSandbox, fault: str
):
    office.add("Lunch")
    sandbox.fault(fault, path="/v1/batch", times=1)
    with suppress(CronofyError):
        office.sync()
    office.clock.move(timedelta(minutes=2))
    office.sync()
    assert office.summaries() == ["Lunch"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_the_log_tells_once_of_each_write_whose_answer_was_lost(
    office: Office, sandbox: RunningSandbox, fault: str
):
    def sync_unheard() -> None:
        number = sandbox.fault(fault, path="/v1/batch", times=1)
        with suppress(CronofyError):
            office.run_once()
        assert sandbox.fired(number) == 1
        for _ in range(4):
            office.clock.move(timedelta(minutes=2))
            office.run_once()

    item_id = office.add("Lunch")
    sync_unheard()
    office.change(item_id, subject="Brunch")
    sync_unheard()
    office.delete(item_id)
    sync_unheard()
    assert [entry[:3] for entry in office.log()] == [
        ("out", "create", "done"),
        ("out", "update", "done"),
        ("out", "delete", "done"),
    ]
    deleted, changed, made = office.entries(item_id)
    assert (made.title, made.before["theirs"]) == ("Lunch", None)
    titles = [changed.before["theirs"]["title"], changed.after["theirs"]["title"]]
    assert titles == ["Lunch", "Brunch"]
    assert (deleted.before["theirs"]["title"], deleted.after) == ("Brunch", {})
    done = [name for run in office.runs() for name in run.counts if name.endswith("_done")]
    assert sorted(done) == ["out_create_done", "out_delete_done", "out_update_done"]


def test_an_empty_answer_deletes_nothing(office: Office, sandbox: RunningSandbox):
    office.add("Lunch")
    office.put("Dentist")
    office.sync()
    sandbox.fault("empty_read", times=3)
    office.sync()
    office.sync()
    assert office.subjects() == ["Dentist", "Lunch"]


def test_what_a_wrongly_empty_answer_hid_is_found_by_the_next_read_of_changes(
    office: Office, sandbox: RunningSandbox
):
    office.put("Dentist")
    office.clock.move(timedelta(minutes=1))
    sandbox.fault("empty_read", times=1)
    office.run_once()
    assert office.subjects() == []
    office.clock.move(timedelta(minutes=5))
    office.run_once()
    assert office.subjects() == ["Dentist"]


def test_one_item_that_is_refused_does_not_keep_its_neighbours(office: Office):
    far = office.day.replace(year=2150)
    office.add("Far", times=Timed(far, far + HOUR, "Europe/London"))
    office.add("Lunch")
    for _ in range(5):
        office.sync()
        office.clock.move(timedelta(minutes=2))
    assert "Lunch" in office.summaries()


def test_a_deletion_that_cronofy_refused_for_the_moment_is_made_later(office: Office):
    item_id = office.add("Lunch")
    office.sync()
    office.delete(item_id)
    office.sandbox.fault("rate_limited", path="/v1/batch", times=20)
    with pytest.raises(RateLimited):
        office.run_once()
    assert office.summaries() == ["Lunch"]
    office.sandbox.control("DELETE", "/faults")
    office.clock.move(timedelta(minutes=6))
    office.run_once()
    assert office.summaries() == []


def test_a_copy_that_arrives_although_its_second_call_was_refused_stops_no_sync(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    sandbox.control("PATCH", "/settings", {"lag": 120})
    for fault in ("reset_after", "rate_limited"):
        number = sandbox.fault(fault, path="/v1/batch", times=None)
        with suppress(CronofyError):
            office.run_once()
        assert sandbox.fired(number) > 0
        sandbox.control("DELETE", "/faults")
        office.clock.move(timedelta(seconds=65))
    office.run_once()
    assert office.summaries() == office.subjects() == ["Lunch"]
    assert [link.here.title for link in office.links()] == ["Lunch"]


def test_one_copy_that_may_not_be_written_is_set_aside_and_its_neighbours_are_sent(
    office: Office, sandbox: RunningSandbox
):
    items = [office.add("Lunch"), office.add("Tea")]
    office.sync()
    for number in range(3):
        for item in items:
            office.change(item, description=f"Version {number}")
        answer = {"batch": [{"status": 403}, {"status": 202}]}
        sandbox.fault("altered_answer", path="/v1/batch", times=1, answer=answer)
        with suppress(CronofyError):
            office.run_once()
    assert "refused" in office.reasons()


def test_a_calendar_that_takes_no_write_stops_the_sync_and_says_so(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    answer = {"batch": [{"status": 403}]}
    sandbox.fault("altered_answer", path="/v1/batch", times=None, answer=answer)
    office.run_once()
    assert office.integration.stop is Stop.PERMISSION_MISSING
    assert office.due_at is not None
    assert office.due_at >= office.now + timedelta(minutes=50)
    sandbox.control("DELETE", "/faults")
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.integration.stop is None


def test_writes_that_are_refused_for_a_reason_nobody_tells_are_tried_once_an_hour(
    office: Office, sandbox: RunningSandbox
):
    office.add("Lunch")
    sandbox.fault("html_error", path="/v1/batch", times=None, status=403)
    for _ in range(3):
        office.run_once()
        assert office.integration.stop is Stop.PERMISSION_MISSING
        assert not office.is_due(office.now + timedelta(minutes=59))
        office.clock.move(timedelta(hours=1))
        assert office.is_due(office.now)
