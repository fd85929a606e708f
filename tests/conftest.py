"""What every test can ask for: a database of each kind, the product on it, and the cast.

Dana is a technician of acme and owns things; Sam is acme's dispatcher and
administrator; Mallory is of another tenant and has no business here.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calsync.app import create_app, tools_of, upgrade_schema
from calsync.config import Settings
from calsync.services.tools import Tools
from tests.browsing import post
from tests.cast import PASSWORD, Person, add_cast, find_cast
from tests.clocks import FakeClock
from tests.installations import make_settings
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the schema and the cast, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    _fill(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a real PostgreSQL whose database ``template`` has the schema and the cast."""
    with PostgresServer() as server:
        server.create("template")
        _fill(server.url("template"), tmp_path_factory.mktemp("postgres"))
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give a database of this test's own with the schema and the cast: once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "calsync.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.copy_of("template") as url:
            yield url


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that moves only when it is told to."""
    return FakeClock()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Return the settings of an installation whose Cronofy nobody answers for."""
    return make_settings(database_url, tmp_path)


@pytest.fixture
def app(settings: Settings, clock: FakeClock) -> Iterator[Flask]:
    """Give the product on the test's database and clock."""
    app = create_app(settings, clock=clock)
    yield app
    tools_of(app).db.engine.dispose()


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


def _fill(url: str, folder: Path) -> None:
    app = create_app(make_settings(url, folder))
    upgrade_schema(app)
    add_cast(tools_of(app))
    tools_of(app).db.engine.dispose()
