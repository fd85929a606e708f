"""Due work: claimed by one, released by who still holds it, never forgotten."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from calsync.db import due_rows, leases
from calsync.db.database import Database
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, DueRow
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock

LEASE = timedelta(minutes=5)


@pytest.fixture
def db(tools: Tools) -> Database:
    return tools.db


@pytest.fixture
def tenant_id(dana: Person) -> str:
    return dana.who.tenant_id


def wake(db: Database, tenant_id: str, subject: str, due_at: datetime) -> None:
    with db.begin() as session:
        due_rows.wake(session, tenant_id, DueKind.REVOKE, subject, due_at)


def claim(db: Database, now: datetime, owner: str = "one", limit: int = 10) -> list[Claim]:
    with db.begin() as session:
        return due_rows.claim_due(session, owner=owner, now=now, until=now + LEASE, limit=limit)


def release(db: Database, claim: Claim, due_at: datetime, error: str | None = None) -> bool:
    with db.begin() as session:
        return due_rows.release(session, claim, due_at=due_at, error=error)


def rows(db: Database) -> dict[str, DueRow]:
    with db.read() as session:
        return {row.subject_id: row for row in session.query(DueRow)}


def test_what_is_due_is_claimed_oldest_first_and_once(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    now = clock.now()
    wake(db, tenant_id, "later", now + timedelta(seconds=1))
    wake(db, tenant_id, "newer", now - timedelta(seconds=1))
    wake(db, tenant_id, "older", now - timedelta(seconds=9))
    assert [c.subject_id for c in claim(db, now)] == ["older", "newer"]
    assert claim(db, now, "two") == []


def test_a_claim_takes_no_more_than_there_are_hands(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    for number in range(5):
        wake(db, tenant_id, str(number), clock.now())
    assert len(claim(db, clock.now(), limit=2)) == 2
    assert len(claim(db, clock.now(), limit=9)) == 3


def test_of_two_workers_at_one_moment_each_row_goes_to_one(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    for number in range(30):
        wake(db, tenant_id, str(number), clock.now())
    barrier, taken = threading.Barrier(4), []

    def work(owner: str) -> None:
        barrier.wait()
        while claims := claim(db, clock.now(), owner, limit=4):
            taken.extend(c.subject_id for c in claims)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(n) for n in range(30)]


def test_waking_brings_work_forward_and_never_puts_it_off(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    now = clock.now()
    wake(db, tenant_id, "x", now)
    wake(db, tenant_id, "x", now + timedelta(hours=1))
    assert rows(db)["x"].due_at == now
    wake(db, tenant_id, "x", now - timedelta(hours=1))
    assert rows(db)["x"].due_at == now - timedelta(hours=1)
    assert rows(db)["x"].wakes == 2


def test_work_asked_for_while_it_is_done_is_done_again(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    [first] = claim(db, clock.now())
    wake(db, tenant_id, "x", clock.now())
    with db.begin() as session:
        assert not due_rows.finish(session, first)
    assert [c.subject_id for c in claim(db, clock.now())] == ["x"]


def test_work_asked_for_while_it_is_done_stays_due_when_it_is_put_off(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    [first] = claim(db, clock.now())
    wake(db, tenant_id, "x", clock.now())
    assert release(db, first, clock.now() + timedelta(hours=1))
    assert [c.subject_id for c in claim(db, clock.now())] == ["x"]


def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    [slow] = claim(db, clock.now(), "slow")
    clock.move(LEASE)
    [quick] = claim(db, clock.now(), "quick")
    assert quick.fence == slow.fence + 1
    assert not release(db, slow, clock.now() + timedelta(days=1))
    with db.begin() as session:
        assert not due_rows.is_ours(session, slow)
        assert due_rows.is_ours(session, quick)
        assert not due_rows.finish(session, slow)
        assert due_rows.finish(session, quick)
    assert rows(db) == {}


def test_a_worker_that_stood_still_for_its_whole_lease_keeps_nothing_of_it(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    [slow] = claim(db, clock.now())
    clock.move(LEASE - timedelta(seconds=1))
    with db.begin() as session:
        assert due_rows.extend(session, slow, clock.now(), clock.now() + LEASE)
    clock.move(LEASE)
    with db.begin() as session:
        assert not due_rows.extend(session, slow, clock.now(), clock.now() + LEASE)


def test_the_same_worker_that_claimed_anew_is_fenced_from_its_older_self(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    [older] = claim(db, clock.now())
    clock.move(LEASE)
    claim(db, clock.now())
    assert not release(db, older, clock.now())


def test_failures_are_counted_and_forgotten_after_success(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    for attempt in (1, 2):
        [failed] = claim(db, clock.now())
        assert failed.attempts == attempt
        release(db, failed, clock.now(), error="TemporaryError")
    assert rows(db)["x"].last_error == "TemporaryError"
    [worked] = claim(db, clock.now())
    release(db, worked, clock.now())
    assert (rows(db)["x"].attempts, rows(db)["x"].last_error) == (0, None)


def test_a_process_that_stops_gives_its_work_back(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    wake(db, tenant_id, "x", clock.now())
    claim(db, clock.now(), "stopping")
    with db.begin() as session:
        due_rows.give_back(session, "stopping")
    assert len(claim(db, clock.now(), "next")) == 1


def test_one_process_plays_a_part_until_it_vanishes(db: Database, clock: FakeClock) -> None:
    def hold(owner: str) -> bool:
        now = clock.now()
        with db.begin() as session:
            return leases.hold(
                session, "part", owner=owner, until=now + timedelta(seconds=20), now=now
            )

    assert hold("a")
    assert not hold("b")
    clock.move(timedelta(seconds=19))
    assert hold("a")
    clock.move(timedelta(seconds=19))
    assert not hold("b")
    clock.move(timedelta(seconds=1))
    assert hold("b")
    assert not hold("a")


def test_work_of_a_kind_that_only_a_newer_version_knows_waits_for_it(
    db: Database, tenant_id: str, clock: FakeClock
) -> None:
    now = clock.now()
    wake(db, tenant_id, "known", now)
    wake(db, tenant_id, "of tomorrow", now - LEASE)
    with db.begin() as session:
        make_unknown(session, "of tomorrow")
    assert [c.subject_id for c in claim(db, now)] == ["known"]
    with db.read() as session:
        assert due_rows.count_due(session) == {DueKind.REVOKE: 1}
        assert due_rows.find_oldest_due(session, now) == now
        left = session.execute(text("SELECT count(*) FROM due_rows WHERE kind = 'newer'"))
        assert left.scalar() == 1


def make_unknown(session: Session, subject: str) -> None:
    """Give a row a kind that this version's schema would not have."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA ignore_check_constraints=ON"))
    else:
        session.execute(text("ALTER TABLE due_rows DROP CONSTRAINT ck_due_rows_kind"))
    renamed = text("UPDATE due_rows SET kind = 'newer' WHERE subject_id = :subject")
    session.execute(renamed, {"subject": subject})
