"""The demo, served for the camera: its people, its calendars and its sandbox."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from calsync.app import create_app, start_loop, tools_of, upgrade_schema
from calsync.cli.demo import PASSWORD, PEOPLE, TENANT, add_people
from calsync.db.models import User
from calsync.services.tools import Tools, Who
from tests.browser.serving import serve
from tests.cast import Person
from tests.installations import make_settings
from tests.sandbox_server import RunningSandbox


@dataclass(frozen=True)
class Stage:
    """The product as it is served, and the sandbox that it is wired to."""

    app: Flask
    url: str
    sandbox: RunningSandbox

    @property
    def tools(self) -> Tools:
        return tools_of(self.app)

    @property
    def dana(self) -> Person:
        """Give the one who is logged in."""
        email, name, _role = PEOPLE[0]
        with self.tools.db.read() as session:
            user = session.query(User).filter_by(email=email).one()
            return Person(TENANT, email, name, Who(user.tenant_id, user.id))

    def log_in(self, page: Page, number: int = 0) -> None:
        """Log one of the demo's people in by the form, Dana if nobody else is named."""
        page.goto(f"{self.url}/login")
        page.get_by_label("Tenant").fill(TENANT)
        page.get_by_label("E-mail").fill(PEOPLE[number][0])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/calendar/**")


@contextmanager
def set_stage() -> Iterator[Stage]:
    """Serve the demo on free ports until the pictures are taken."""
    with tempfile.TemporaryDirectory(prefix="calsync-") as name, RunningSandbox() as sandbox:
        folder = Path(name)
        settings = make_settings(
            f"sqlite:///{folder / 'demo.sqlite3'}",
            folder,
            cronofy_url=sandbox.url,
            public_url=f"http://127.0.0.1:{_find_port()}",
        )
        app = create_app(settings)
        upgrade_schema(app)
        add_people(tools_of(app))
        loop = start_loop(app)
        with serve(app, port=int(settings.public_url.rpartition(":")[2])):
            yield Stage(app, settings.public_url, sandbox)
        loop.stop()
        tools_of(app).db.engine.dispose()


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
