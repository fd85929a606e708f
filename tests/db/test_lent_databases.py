"""A database that one test leaves is to the next as if nobody had been there."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.lent_databases import LentDatabases
from tests.postgres import PostgresServer
from tests.processes import wait_until

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_IS_THERE = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"


Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def databases(postgres: PostgresServer) -> Iterator[LentDatabases]:
    with LentDatabases(postgres) as databases:
        yield databases


def connect(url: str) -> Connection:
    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:", 1), autocommit=True)


@contextmanager
def visit(url: str, postgres: PostgresServer) -> Iterator[Connection]:
    """Connect, and be seen no more by the server afterwards: it hears of an end in its own time."""
    with connect(url) as connection:
        pid = connection.info.backend_pid
        yield connection
    with connect(postgres.url("postgres")) as watcher:
        wait_until(lambda: watcher.execute(_IS_THERE, (pid,)).fetchone() == (0,))


def contents(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = [str(table) for (table,) in connection.execute(_TABLES)]
    return {t: connection.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables}  # noqa: S608


def test_what_a_test_wrote_changed_and_removed_is_as_in_a_copy(
    databases: LentDatabases, postgres: PostgresServer
):
    with postgres.copy_of("template") as copy, connect(copy) as connection:
        fresh = contents(connection)
    assert len(fresh["users"]) == 3
    with databases.lend() as first, visit(first, postgres) as connection:
        connection.execute("DELETE FROM users WHERE email LIKE 'mallory%'")
        connection.execute("UPDATE users SET name = 'Somebody'")
        connection.execute("INSERT INTO leases (name, owner, until) VALUES ('loop', 'me', now())")
        assert contents(connection) != fresh
    with databases.lend() as second, connect(second) as connection:
        assert (second, contents(connection)) == (first, fresh)


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE leases",
        "ALTER TABLE users ADD COLUMN nickname text",
        "CREATE INDEX another ON users (name)",
        "ALTER TABLE users ADD CONSTRAINT named CHECK (name <> 'Nobody')",
        "ALTER TABLE users DROP COLUMN name",
    ],
)
def test_a_database_whose_schema_was_changed_is_not_lent_again(
    databases: LentDatabases, change: str
):
    with databases.lend() as first, connect(first) as connection:
        connection.execute(change)
    with databases.lend() as second:
        assert second != first


def test_a_database_where_somebody_is_left_is_not_lent_again(databases: LentDatabases):
    with databases.lend() as first:
        left_behind = connect(first)
    with databases.lend() as second:
        assert second != first
    left_behind.close()
