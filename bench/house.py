"""The product on databases of its own, with a thousand items in Dana's March."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from calsync.app import create_app, tools_of, upgrade_schema
from calsync.services.api_tokens import create_token
from calsync.services.tools import Who
from tests.browsing import post
from tests.cast import PASSWORD, add_cast, find_cast
from tests.clocks import FakeClock
from tests.installations import make_settings
from tests.plenty import fill_around, fill_items, fill_tenant
from tests.postgres import PostgresServer

#: Of so many items, a thousand stand in March: the others are in the bin or have no date.
AMOUNT = 1_250


@dataclass(frozen=True)
class House:
    """The product, Dana's browser that is logged in, and her token."""

    app: Flask
    who: Who
    browser: FlaskClient
    secret: str

    @property
    def engine(self) -> Engine:
        return tools_of(self.app).db.engine

    def get(self, path: str) -> bytes:
        """Return a page as Dana's browser gets it."""
        answer = self.browser.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return answer.data


@contextmanager
def open_house(kind: str, around: int = 10, of_all: int | None = None) -> Iterator[House]:
    """Give the product on a SQLite file or on a PostgreSQL of its own.

    It has so many of everything but items, integrations among them; or so many ``of_all``.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "sqlite":
            yield _furnish(f"sqlite:///{folder}/bench.sqlite3", folder, around, of_all)
            return
        with PostgresServer() as server:
            server.create("bench")
            yield _furnish(server.url("bench"), folder, around, of_all)


def _furnish(url: str, folder: Path, around: int, of_all: int | None) -> House:
    app = create_app(make_settings(url, folder), clock=FakeClock())
    upgrade_schema(app)
    tools = tools_of(app)
    add_cast(tools)
    who = find_cast(tools)["dana"].who
    secret = create_token(tools, who, "PSA")
    if of_all is not None:
        fill_tenant(tools, who, of_all)
    else:
        with tools.db.begin() as session:
            fill_around(session, who, around, tools.clock.now())
            fill_items(session, who, AMOUNT, tools.clock.now())
    browser = app.test_client()
    form = {"tenant": "acme", "email": "dana@acme.example", "password": PASSWORD}
    if post(browser, "/login", form).status_code != 303:
        raise RuntimeError("The login was refused.")
    return House(app, who, browser, secret)
