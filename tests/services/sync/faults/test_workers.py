"""What goes wrong with workers, the database and the clock, and who can see it (F44 to F52)."""

from datetime import timedelta

import pytest
from flask import Flask

from calsync.db.models import DueKind
from calsync.errors import StorageUnavailable
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from tests.services.sync.faults.conftest import Status
from tests.services.sync.faults.storage import busy, full_disk, read_only
from tests.services.sync.faults.striking import before_the_write, die_at_write, writing_late
from tests.services.sync.office import HOUR, ON_SQLITE, Office
from tests.witness import Witness

MINUTE = timedelta(minutes=1)
CREATED = ("out", "create", "done", None)


@ON_SQLITE
def test_a_worker_that_stalled_for_longer_than_its_lease_commits_nothing_more(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")

    def stall() -> None:
        office.clock.move(11 * MINUTE)
        office.claim()

    before_the_write(office, stall)
    assert office.log() == []
    assert len(witness.logged("sync overtaken", integration_id=office.integration_id)) == 1
    assert witness.counted("sync_passes_total", result="overtaken") == 1
    office.clock.move(11 * MINUTE)
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.log() == [CREATED]
    assert status() == ""


@ON_SQLITE
def test_of_two_loops_the_second_finds_the_part_taken_and_does_nothing(
    office: Office, witness: Witness
):
    office.add("Lunch")
    office.wake()
    first, second = DueLoop(office.tools, PERFORMERS), DueLoop(office.tools, PERFORMERS)
    ids = office.person.who.tenant_id, DueKind.SYNC, office.integration_id
    done: list[bool] = []
    with writing_late(lambda: done.append(second.perform_at_once(*ids))):
        assert first.perform_at_once(*ids)
    assert done == [False]
    assert office.writes() == 1
    assert witness.counted("job_total", kind="sync", result="done") == 1
    assert office.log() == [CREATED]


@ON_SQLITE
def test_a_sync_whose_process_was_killed_is_redone_after_its_lease(
    office: Office, witness: Witness, status: Status
):
    office.ask()
    office.add("Lunch")
    die_at_write(office, sent=True)
    assert "Syncing now" in status()
    office.clock.move(11 * MINUTE)
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.log() == [CREATED]
    assert witness.counted("sync_passes_total", result="finished") >= 1
    assert status() == ""
    with office.tools.db.read() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@ON_SQLITE
def test_a_disk_that_is_full_refuses_writes_and_keeps_what_was_whole(
    office: Office, witness: Witness, app: Flask
):
    with full_disk(office), pytest.raises(StorageUnavailable):
        for number in range(200):
            office.add(f"Lunch {number}", description="x" * 3000)
    assert witness.counted("db_busy_total") == 1
    added = len(office.items())
    office.add("Tea")
    office.sync()
    assert len(office.summaries()) == added + 1


@ON_SQLITE
def test_a_database_that_takes_no_writes_is_not_ready_and_is_again_once_it_does(
    office: Office, witness: Witness, app: Flask
):
    with read_only(office):
        assert app.test_client().get("/readyz").status_code == 503
        with pytest.raises(StorageUnavailable):
            office.add("Lunch")
    assert witness.counted("db_busy_total") == 2
    assert app.test_client().get("/readyz").status_code == 200
    assert office.subjects() == []


@ON_SQLITE
def test_a_database_that_is_busy_for_longer_than_we_wait_leaves_work_due(
    office: Office, witness: Witness, status: Status
):
    office.add("Lunch")
    office.wake()
    loop = DueLoop(office.tools, PERFORMERS)
    with busy(office):
        loop._tick()
    assert witness.logged("tick failed")
    assert witness.counted("db_busy_total") == 1
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert status() == ""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_ends_our_connection_is_asked_again_and_nothing_is_lost(
    office: Office, witness: Witness
):
    office.add("Lunch")
    with pytest.raises(StorageUnavailable), office.tools.db.begin() as session:
        pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with office.tools.db.begin() as other:
            other.connection().exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        session.connection().exec_driver_sql("SELECT 1")
    assert witness.counted("db_busy_total") == 1
    office.sync()
    assert office.summaries() == ["Lunch"]
    assert office.log() == [CREATED]


@ON_SQLITE
@pytest.mark.parametrize("minutes", [-60, -5, 5, 60])
def test_a_clock_that_jumps_or_is_not_the_providers_hides_no_change(
    office: Office, witness: Witness, status: Status, minutes: int
):
    # What is older than the integration is not sent, so it has to have been there for longer.
    office.clock.move(2 * HOUR)
    office.run_once()
    # Ours alone: the provider's stays where it was.
    office.clock.sleep(minutes * 60)
    office.put("Dentist")
    office.run_once()
    for number in range(3):
        office.put(f"Meeting {number}")
        office.add(f"Visit {number}")
        office.run_once()
    names = ["Dentist", *(f"Meeting {n}" for n in range(3)), *(f"Visit {n}" for n in range(3))]
    assert office.summaries() == office.subjects() == names
    assert witness.counted("sync_passes_total", result="stopped") == 0
    assert status() == ""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_transaction_that_postgresql_gives_up_is_undone_and_left_to_the_next_try(
    office: Office, witness: Witness
):
    office.add("Lunch")
    for code in ("40001", "40P01", "55P03"):  # not serializable, deadlock, lock not available
        give_up = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
        with pytest.raises(StorageUnavailable), office.tools.db.begin() as session:
            session.connection().exec_driver_sql("DELETE FROM items")
            session.connection().exec_driver_sql(give_up)
    assert witness.counted("db_busy_total") == 3
    office.sync()
    assert office.summaries() == office.subjects() == ["Lunch"]
