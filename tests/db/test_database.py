"""Transactions on SQLite and PostgreSQL."""

import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from calsync.app import TransportOutsideTransactions, tools_of
from calsync.clock import SystemClock
from calsync.config import Settings
from calsync.db.database import Database, is_in_transaction
from calsync.db.models import Tenant
from calsync.db.tenants import add_tenant, find_tenant
from calsync.errors import AlreadyThere, StorageBroken, StorageUnavailable
from calsync.services.tools import Tools


@pytest.fixture
def db(tools: Tools) -> Database:
    return tools.db


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_sqlite_connection_has_its_pragmas(db: Database) -> None:
    wanted = {
        "journal_mode": "wal",
        "busy_timeout": 5000,
        "foreign_keys": 1,
        "synchronous": 1,
        "trusted_schema": 0,
    }
    for _ in range(2):
        with db.begin() as session:
            for name, value in wanted.items():
                assert session.scalar(text(f"PRAGMA {name}")) == value


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sqlite_file_is_for_its_owners_eyes_alone(app: Flask, settings: Settings) -> None:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    with tools_of(app).db.begin() as session:
        add_tenant(session, "new", "New", SystemClock().now())
        for file in path.parent.glob(path.name + "*"):
            assert file.stat().st_mode & 0o077 == 0, file


def test_what_is_read_and_then_written_waits_for_the_other_writer(db: Database) -> None:
    def add(slug: str) -> None:
        with db.begin() as session:
            find_tenant(session, slug)
            time.sleep(0.2)
            add_tenant(session, slug, slug, SystemClock().now())

    threads = [threading.Thread(target=add, args=(slug,)) for slug in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert all(find_tenant(session, slug) for slug in ("one", "two", "three"))


def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises((StorageUnavailable, StorageBroken)), db.read() as session:
        session.execute(text("DELETE FROM due_rows"))
    with db.begin() as session:  # and the connection writes again afterwards
        add_tenant(session, "after", "After", SystemClock().now())


def test_a_reader_sees_one_state_throughout(db: Database) -> None:
    with db.read() as session:
        assert find_tenant(session, "late") is None
        with db.begin() as other:
            add_tenant(other, "late", "Late", SystemClock().now())
        assert find_tenant(session, "late") is None


def test_an_exception_takes_everything_back(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.begin() as session:
        add_tenant(session, "half", "Half", SystemClock().now())
        raise ZeroDivisionError
    with db.read() as session:
        assert find_tenant(session, "half") is None


def test_a_second_row_where_one_may_be_says_so_without_its_words(db: Database) -> None:
    with pytest.raises(AlreadyThere) as caught, db.begin() as session:
        add_tenant(session, "acme", "a secret word", SystemClock().now())
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"), db.begin() as session:
        add_tenant(session, "naive", "Naive", datetime(2026, 1, 1))  # noqa: DTZ001


def test_times_come_back_aware_and_in_utc(db: Database) -> None:
    now = SystemClock().now()
    with db.begin() as session:
        add_tenant(session, "times", "Times", now)
    with db.read() as session:
        tenant = session.query(Tenant).filter_by(slug="times").one()
        assert tenant.created_at == now
        assert tenant.created_at.utcoffset() == now.utcoffset()


def test_foreign_keys_hold(db: Database) -> None:
    statement = "INSERT INTO revocations VALUES ('r', 'no such tenant', 's', 't', '2026-01-01')"
    with pytest.raises(StorageBroken), db.begin() as session:
        session.execute(text(statement))


def test_a_mistake_in_a_statement_is_not_called_a_busy_database(db: Database) -> None:
    with pytest.raises((StorageBroken, StorageUnavailable)) as caught, db.begin() as session:
        session.execute(text("SELECT no_such_column FROM leases WHERE name = 'a secret word'"))
    assert "secret" not in str(caught.value)


def test_nobody_waits_for_the_network_inside_a_transaction(db: Database) -> None:
    transport = TransportOutsideTransactions(SystemClock())
    with pytest.raises(RuntimeError, match="inside a transaction"), db.begin():
        assert is_in_transaction()
        transport.send("GET", "http://127.0.0.1:9/", headers={})
    assert not is_in_transaction()
