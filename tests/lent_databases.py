"""PostgreSQL databases that tests borrow one after the other, each as if it were a fresh copy.

A copy takes 50 ms of the machine's work; to put back the few rows that a copy has takes one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

import psycopg

from tests.postgres import PostgresServer

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
#: What differs wherever a table, a column, an index or a rule was made or dropped.
_SCHEMA = """
    SELECT (SELECT (count(*), max(oid::bigint))::text FROM pg_class),
           (SELECT (count(*), count(*) FILTER (WHERE attisdropped))::text FROM pg_attribute),
           (SELECT (count(*), max(oid::bigint))::text FROM pg_constraint)
"""
_GUESTS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class _Template:
    """What every fresh copy holds: rows by table, as COPY writes them."""

    tables: tuple[str, ...]
    rows: dict[str, bytes]


class LentDatabases:
    """Lends copies of a server's database ``template``, and takes them back."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._template: _Template | None = None
        self._free: list[_Lent] = []

    def __enter__(self) -> "LentDatabases":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._free:
            self._free.pop().end()

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the address of a database that holds what ``template`` holds."""
        lent = self._find() or _Lent(self._server)
        if self._template is None:
            self._template = lent.describe()
        try:
            yield lent.url
        finally:
            self._free.append(lent)

    def _find(self) -> "_Lent | None":
        while self._free and self._template:
            lent = self._free.pop()
            if lent.put_back(self._template):
                return lent
            lent.end()
        return None


class _Lent:
    """One copy, and a connection to it that nobody else has."""

    def __init__(self, server: PostgresServer) -> None:
        self._copy = server.copy_of("template")
        self.url = self._copy.__enter__()
        address = self.url.replace("postgresql+psycopg:", "postgresql:", 1)
        self._connection = psycopg.connect(address, autocommit=True)
        self._schema = self._ask(_SCHEMA)

    def describe(self) -> _Template:
        """Return what this copy holds; it must be fresh."""
        tables = tuple(str(table) for (table,) in self._ask(_TABLES))
        rows = {}
        for table in tables:
            with self._connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
                rows[table] = b"".join(bytes(each) for each in copy)
        return _Template(tables, {table: held for table, held in rows.items() if held})

    def put_back(self, template: _Template) -> bool:
        """Whether it could be made as fresh as a copy.

        Not where somebody is still there, who may go on writing, or where the schema is another.
        """
        if self._ask(_GUESTS) != [(0,)] or self._ask(_SCHEMA) != self._schema:
            return False
        with self._connection.transaction(), self._connection.cursor() as cursor:
            # No foreign key is asked meanwhile.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in template.tables:
                cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own table names
            for table, rows in template.rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
        return True

    def end(self) -> None:
        """Drop it."""
        self._connection.close()
        self._copy.__exit__(None, None, None)

    def _ask(self, question: str) -> list[tuple[object, ...]]:
        return self._connection.execute(question).fetchall()
