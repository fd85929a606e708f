"""What goes wrong with writes to the linked calendar, and who can see it (F01 to F13)."""

from datetime import timedelta

from tests.services.sync.faults.conftest import Status
from tests.services.sync.faults.striking import die_at_write, fail_once, striking
from tests.services.sync.office import ON_SQLITE, Office
from tests.witness import Witness

pytestmark = ON_SQLITE

MINUTE = timedelta(minutes=1)
CREATED = ("out", "create", "done", None)
UPDATED = ("out", "update", "done", None)


def be_slow(office: Office, seconds: float) -> None:
    """Let Cronofy apply what it has accepted so much later."""
    office.sandbox.control("PATCH", "/settings", {"lag": seconds})


def test_a_copy_whose_process_died_before_it_was_sent_is_made_once_by_the_next(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    die_at_write(office, sent=False)
    assert (office.writes(), office.summaries()) == (0, [])
    [intent] = office.flying()
    office.sync()
    assert [event["event_id"] for event in office.events()] == [intent.event_id]
    assert office.log() == [CREATED]
    assert witness.counted("provider_requests_total", op="batch") == 1
    assert status() == ""


def test_a_copy_whose_process_died_after_it_was_sent_is_known_again_and_not_doubled(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    die_at_write(office, sent=True)
    assert (office.summaries(), office.log()) == (["Lunch"], [])
    office.clock.move(MINUTE)
    office.sync()
    assert (office.summaries(), office.subjects()) == (["Lunch"], ["Lunch"])
    assert office.log() == [CREATED]
    assert witness.counted("echo_ignored_total") == 1
    assert status() == ""


def test_a_write_that_never_arrived_is_repeated_at_once_and_the_repetition_logged(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    with striking(office, "reset_before", path="/v1/batch", times=1):
        office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.log() == [CREATED]
    assert witness.logged("call repeated", call="batch", error="Unreachable")
    assert witness.counted("provider_requests_total", op="batch", code="none") == 1
    assert status() == ""


def test_a_write_whose_answer_was_lost_is_confirmed_before_newer_content_is_sent(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    with striking(office, "reset_after", path="/v1/batch", times=None):
        fail_once(office)
    assert witness.logged("sync ended", state="stopped", error="Unreachable")
    be_slow(office, 120)
    office.change(item_id, subject="Brunch")
    sent = office.writes()
    office.run_once()
    office.clock.move(3 * MINUTE)
    office.sync()
    be_slow(office, 0)
    office.clock.move(3 * MINUTE)
    office.sync()
    assert office.summaries() == ["Brunch"]
    assert office.log() == [CREATED, UPDATED]
    assert office.writes() <= sent + 2
    assert witness.counted("provider_requests_total", op="batch", code="none") > 0
    assert witness.counted("sync_passes_total", result="stopped") == 1
    assert status() == ""


def test_what_a_read_shows_before_our_write_was_applied_undoes_no_edit(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    be_slow(office, 120)
    office.change(item_id, subject="Brunch")
    office.run_once()
    office.edit(office.uid("Lunch"), location={"description": "Pub"})
    office.clock.move(MINUTE / 2)
    office.run_once()
    assert (office.summaries(), office.subjects()) == (["Lunch"], ["Brunch"])
    office.clock.move(3 * MINUTE)
    office.sync()
    be_slow(office, 0)
    office.clock.move(3 * MINUTE)
    office.sync()
    assert (office.summaries(), office.subjects()) == (["Brunch"], ["Brunch"])
    assert witness.counted("conflicts_total") == 0
    assert status() == ""


def test_a_write_that_is_accepted_and_never_applied_is_set_aside_after_three_tries(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    be_slow(office, 10**7)
    for _ in range(12):
        office.run_once()
        office.clock.move(11 * MINUTE)
    assert office.writes() == 3
    assert office.log() == [CREATED] * 3 + [("out", "create", "failed", "never_shown")]
    assert status() == "1 item set aside: it could not be synced."
    assert witness.counted("quarantined_events") == 1
    assert witness.counted("sync_reasons_total", reason="never_shown") == 1


def test_a_second_edit_waits_until_the_first_was_shown(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    be_slow(office, 60)
    sent = office.writes()
    office.change(item_id, subject="Brunch")
    office.run_once()
    office.change(item_id, subject="Supper")
    office.run_once()
    assert office.writes() == sent + 1
    be_slow(office, 0)
    office.clock.move(2 * MINUTE)
    office.sync()
    assert office.summaries() == ["Supper"]
    assert office.writes() == sent + 2
    assert office.log() == [CREATED, UPDATED, UPDATED]
    assert witness.counted("echo_ignored_total") == 3
    assert status() == ""


def test_an_edit_there_while_our_write_is_queued_ends_alike_and_is_logged(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    be_slow(office, 60)
    office.change(item_id, subject="Brunch")
    office.run_once()
    office.edit(office.uid("Lunch"), summary="Supper")
    office.clock.move(MINUTE / 2)
    office.run_once()
    be_slow(office, 0)
    for _ in range(3):
        office.clock.move(2 * MINUTE)
        office.sync()
    assert office.summaries() == office.subjects()
    assert office.subjects()[0] in ("Brunch", "Supper")
    assert witness.counted("conflicts_total") == 1
    assert status() == ""


def test_of_an_edit_on_both_sides_the_winner_stands_and_the_loser_is_in_the_log(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    office.change(item_id, subject="Brunch")
    office.clock.move(MINUTE)
    office.edit(office.uid("Lunch"), summary="Supper")
    office.sync()
    assert office.summaries() == office.subjects() == ["Supper"]
    assert set(office.log()[1:]) == {
        ("in", "none", "declined", "replaced_here"),
        ("in", "update", "done", None),
    }
    [lost] = [entry for entry in office.entries(item_id) if entry.reason == "replaced_here"]
    assert lost.before["mine"] == {"title": "Brunch"}
    assert witness.counted("conflicts_total", winner="there") == 1
    assert witness.counted("sync_reasons_total", reason="replaced_here") == 1
    assert status() == ""


def test_what_a_person_edited_here_is_sent_again_where_it_was_deleted_there(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    office.change(item_id, subject="Brunch")
    office.remove(office.uid("Lunch"))
    office.sync()
    assert office.summaries() == office.subjects() == ["Brunch"]
    assert office.log() == [CREATED, CREATED]
    assert witness.counted("provider_requests_total", op="batch", code="207") == 2
    assert status() == ""


def test_an_edit_there_restores_what_was_deleted_here(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    office.delete(item_id)
    office.edit(office.uid("Lunch"), summary="Supper")
    office.sync()
    assert office.summaries() == office.subjects() == ["Supper"]
    assert office.log() == [CREATED, ("in", "restore", "done", None)]
    assert witness.counted("provider_requests_total", op="batch") == 1
    assert status() == ""


def test_what_was_deleted_on_both_sides_is_written_and_logged_by_nobody(
    office: Office, witness: Witness, status: Status
):
    item_id = office.add("Lunch")
    office.sync()
    office.remove(office.uid("Lunch"))
    office.delete(item_id)
    office.sync()
    assert (office.summaries(), office.subjects()) == ([], [])
    assert office.log() == [CREATED]
    assert witness.counted("provider_requests_total", op="batch") == 1
    assert status() == ""


def test_an_event_that_is_made_again_after_its_deletion_is_another_item(
    office: Office, witness: Witness, status: Status
):
    office.put("Dentist")
    office.sync()
    [old] = office.items()
    office.remove(office.uid("Dentist"))
    office.sync()
    office.clock.move(MINUTE)
    office.put("Dentist")
    office.sync()
    [new] = office.items()
    assert new.id != old.id
    assert [entry[:2] for entry in office.log()] == [
        ("in", "create"),
        ("in", "delete"),
        ("in", "create"),
    ]
    assert witness.counted("sync_lag_seconds_count") == 3
    assert office.writes() == 0
    assert status() == ""
