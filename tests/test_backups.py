"""`calsync backup` and `calsync restore`."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from calsync.app import create_app, downgrade_schema, is_schema_current, tools_of
from calsync.cli import main
from calsync.config import Settings
from calsync.db import leases
from calsync.db.models import Lease
from calsync.services import people
from calsync.services.people import list_all_tenants
from calsync.services.tools import Tools
from tests.postgres import PROGRAMS, PostgresServer
from tests.processes import environment_of
from tests.services.sync.office import ON_SQLITE

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command on the test's installation."""
    monkeypatch.setenv("PATH", str(PROGRAMS))

    def run(*words: str | Path, typed: str = "y\n", **changes: str) -> Result:
        environment = {**environment_of(settings, tmp_path, 5000), **changes}
        return CliRunner(env=environment).invoke(main, [str(w) for w in words], input=typed)

    return run


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.backup"


@pytest.fixture
def restored_url(settings: Settings, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address that is restored to: the same, or a database that is empty."""
    if settings.database_url.startswith("sqlite"):
        yield settings.database_url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.copy_of("template0") as url:
        yield url


def slugs(tools: Tools) -> list[str]:
    return [tenant.slug for tenant in list_all_tenants(tools)]


def end(app: Flask) -> None:
    """Let nobody have the database open."""
    tools_of(app).db.engine.dispose()


def database_of(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def test_what_was_there_at_the_backup_is_there_again(
    app: Flask, tools: Tools, settings: Settings, run: Run, kept: Path, restored_url: str
):
    before = slugs(tools)
    with tools.db.begin() as session:
        leases.hold(
            session,
            leases.SCHEDULER,
            owner="died",
            now=tools.clock.now(),
            until=tools.clock.now() + timedelta(days=365),
        )
    made = run("backup", kept)
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    people.create_tenant(tools, "since", "Since")
    end(app)
    back = run("restore", kept, CALSYNC_DATABASE_URL=restored_url)
    assert back.exit_code == 0, back.output
    again = create_app(replace(settings, database_url=restored_url))
    assert slugs(tools_of(again)) == before
    with tools_of(again).db.read() as session:
        assert session.query(Lease).count() == 0
    end(again)


def test_a_backup_is_never_written_over_a_file_unless_it_is_forced(run: Run, kept: Path):
    kept.write_text("of somebody else")
    refused = run("backup", kept)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert kept.read_text() == "of somebody else"
    assert run("backup", "--force", kept).exit_code == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.stat().st_size > 1000
    assert [each.name for each in kept.parent.glob(f".{kept.name}*")] == []


@ON_SQLITE
def test_a_backup_has_what_was_committed_and_nothing_of_what_was_not(
    tools: Tools, run: Run, kept: Path
):
    people.create_tenant(tools, "committed", "Committed")
    with tools.db.begin() as session:
        session.add(Lease(name="begun", owner="x", until=tools.clock.now()))
        session.flush()
        assert run("backup", kept).exit_code == 0
    with closing(sqlite3.connect(kept)) as copy:
        assert ("committed",) in copy.execute("SELECT slug FROM tenants").fetchall()
        assert copy.execute("SELECT count(*) FROM leases").fetchone() == (0,)


@ON_SQLITE
def test_nothing_is_restored_while_a_process_works_on_the_database(
    tools: Tools, settings: Settings, run: Run, kept: Path
):
    run("backup", kept)
    people.create_tenant(tools, "since", "Since")
    refused = run("restore", kept)
    assert refused.exit_code == 1
    assert "is in use. Stop every calsync" in refused.output
    assert "since" in slugs(tools)


@ON_SQLITE
def test_what_was_there_before_a_restore_is_kept_beside_it(
    app: Flask, tools: Tools, settings: Settings, run: Run, kept: Path
):
    run("backup", kept)
    people.create_tenant(tools, "since", "Since")
    end(app)
    assert run("restore", kept).exit_code == 0
    beside = f"{database_of(settings)}.before-restore"
    with closing(sqlite3.connect(beside)) as former:
        assert ("since",) in former.execute("SELECT slug FROM tenants").fetchall()
    assert stat.S_IMODE(Path(beside).stat().st_mode) == 0o600


@ON_SQLITE
def test_a_damaged_database_is_replaced(
    app: Flask, settings: Settings, tools: Tools, run: Run, kept: Path
):
    run("backup", kept)
    end(app)
    database_of(settings).write_bytes(b"torn to pieces" * 1000)
    assert run("restore", kept).exit_code == 0
    assert "acme" in slugs(tools)


@ON_SQLITE
@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda whole: b"", "is no backup of a SQLite database"),
        (lambda whole: whole[:8192] + b"\xff" * 20000 + whole[28192:], "is damaged"),
    ],
)
def test_a_file_that_is_no_whole_backup_is_refused(
    app: Flask, tools: Tools, run: Run, kept: Path, spoil: Callable[[bytes], bytes], complaint: str
):
    run("backup", kept)
    end(app)
    kept.write_bytes(spoil(kept.read_bytes()))
    refused = run("restore", kept)
    assert refused.exit_code == 1
    assert complaint in refused.output
    assert "acme" in slugs(tools)


@ON_SQLITE
def test_a_backup_of_a_newer_version_is_refused_and_of_an_older_one_brought_up(
    app: Flask, tools: Tools, run: Run, kept: Path
):
    downgrade_schema(app, "-1")
    run("backup", kept)
    end(app)
    assert run("restore", kept).exit_code == 0
    assert is_schema_current(app)
    end(app)
    with closing(sqlite3.connect(kept)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = run("restore", kept)
    assert refused.exit_code == 1
    assert "newer calsync" in refused.output
    assert is_schema_current(app)


def test_a_restore_asks_first(run: Run, kept: Path):
    run("backup", kept)
    assert run("restore", kept, typed="n\n").exit_code == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dump_fills_only_a_database_that_is_empty(run: Run, kept: Path, tools: Tools):
    run("backup", kept)
    refused = run("restore", kept)
    assert refused.exit_code == 1
    assert "is not empty" in refused.output
    assert "acme" in slugs(tools)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_machine_without_postgresqls_programs_is_told_what_to_install(
    run: Run, kept: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "/nowhere")
    refused = run("backup", kept)
    assert refused.exit_code == 1
    assert "Install PostgreSQL's client programs" in refused.output
