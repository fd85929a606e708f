"""What every test can ask for: a database of each kind, the product on it, and the cast.

Dana is a technician of acme and owns things; Sam is acme's dispatcher and
administrator; Mallory is of another tenant and has no business here.
"""

import gc
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from werkzeug.routing import Rule

from calsync.app import create_app, tools_of
from calsync.clock import Clock
from calsync.config import Settings
from calsync.services import passwords
from calsync.services.linking import begin_connect, finish_connect
from calsync.services.tools import Tools
from tests.browsing import post
from tests.cast import PASSWORD, Person, find_cast, with_session
from tests.clocks import FakeClock
from tests.consent import consent
from tests.installations import fill_database, make_settings
from tests.lent_databases import LentDatabases
from tests.postgres import PostgresServer
from tests.quick import QUICK_HASHER, REAL_HASHER, TEMPLATES, build_once, share_statements
from tests.sandbox_server import RunningSandbox
from tests.wheels import build_wheel

#: The property under which a test records what it has counted, to be printed at the end.
COUNTED = "counted"


def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than there are cores: now and then a test waits for another process."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage in what the tests make, and never in the thousands of tests themselves.

    They are all there until the end; each search among them takes half a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted and recorded as such."""
    reports = terminalreporter.stats.get("passed", ())
    counted = [text for each in reports for name, text in each.user_properties if name == COUNTED]
    if counted:
        terminalreporter.section("Counted")
        for text in sorted(counted):
            terminalreporter.line(text)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords with the least work; ``real_passwords`` undoes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", QUICK_HASHER)
        patch.setattr(passwords, "_nobodys_hash", QUICK_HASHER.hash("nobody has this password"))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_routes() -> Iterator[None]:
    """Compile each route of the product and of the sandbox once for all tests of a worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", build_once)
        yield


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as the product does."""
    monkeypatch.setattr(passwords, "_hasher", REAL_HASHER)


# How long an example takes says how busy the machine is, and nothing about the product.
hypothesis_settings.register_profile("calsync", deadline=None)
hypothesis_settings.load_profile("calsync")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the schema and the cast, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    fill_database(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a real PostgreSQL whose database ``template`` has the schema and the cast."""
    with PostgresServer() as server:
        server.create("template")
        fill_database(server.url("template"), tmp_path_factory.mktemp("postgres"))
        yield server


@pytest.fixture(scope="session")
def lent_databases(postgres: PostgresServer) -> Iterator[LentDatabases]:
    """Give databases on that PostgreSQL, which tests borrow one after the other."""
    with LentDatabases(postgres) as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give a database of this test's own with the schema and the cast: once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "calsync.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        databases: LentDatabases = request.getfixturevalue("lent_databases")
        with databases.lend() as url:
            yield url


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that an installation is made from."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that moves only when it is told to."""
    return FakeClock()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    """Give one sandbox for all tests of a worker."""
    with RunningSandbox() as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    """Return a sandbox as fresh as on its first day."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def settings(database_url: str, tmp_path: Path, running_sandbox: RunningSandbox) -> Settings:
    """Return the settings of an installation whose Cronofy is the sandbox."""
    return make_settings(database_url, tmp_path, cronofy_url=running_sandbox.url)


@pytest.fixture
def make_app(clock: FakeClock) -> Iterator[Callable[..., Flask]]:
    """Return a function that makes the product, on the test's clock if on no other."""
    made: list[Flask] = []

    def make(settings: Settings, clock: Clock = clock) -> Flask:
        made.append(create_app(settings, clock=clock))
        made[-1].jinja_env.bytecode_cache = TEMPLATES
        share_statements(tools_of(made[-1]).db.engine)
        return made[-1]

    yield make
    for app in made:
        tools_of(app).db.engine.dispose()


@pytest.fixture
def app(settings: Settings, make_app: Callable[..., Flask]) -> Flask:
    """Return the product on the test's database and clock."""
    return make_app(settings)


@pytest.fixture
def tools(app: Flask) -> Tools:
    """Return the tools that the product's services work with."""
    return tools_of(app)


@pytest.fixture
def cast(tools: Tools) -> dict[str, Person]:
    """Return Dana, Sam and Mallory by their first names."""
    return find_cast(tools)


@pytest.fixture
def dana(cast: dict[str, Person]) -> Person:
    return cast["dana"]


@pytest.fixture
def sam(cast: dict[str, Person]) -> Person:
    return cast["sam"]


@pytest.fixture
def mallory(cast: dict[str, Person]) -> Person:
    return cast["mallory"]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that is not logged in."""
    return app.test_client()


@pytest.fixture
def logged_in(app: Flask) -> Callable[[Person], FlaskClient]:
    """Return a function that logs a person in, in a browser of their own."""

    def log_in(person: Person) -> FlaskClient:
        browser = app.test_client()
        form = {"tenant": person.tenant, "email": person.email, "password": PASSWORD}
        answer = post(browser, "/login", form)
        assert answer.status_code == 303, answer.text
        return browser

    return log_in


@pytest.fixture
def link(tools: Tools, sandbox: RunningSandbox, dana: Person) -> Callable[..., str]:
    """Return a function that links a mailbox for a person and returns the account's id."""

    def link_mailbox(mailbox: str = "dana@google.example", person: Person = dana) -> str:
        who = with_session(tools, person)
        url = begin_connect(tools, who)
        assert url
        answer = consent(url, mailbox)
        result = finish_connect(tools, who, state=answer["state"], code=answer["code"], error="")
        assert result.account_id, result
        return result.account_id

    return link_mailbox
