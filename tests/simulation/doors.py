"""The doors by which people come in: the product's pages, and its API for their programs."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.app import create_app
from calsync.errors import StorageUnavailable, UserError
from calsync.services.api_tokens import create_token
from tests.cast import PASSWORD, Person
from tests.installations import make_settings
from tests.simulation.office import Office


@dataclass
class Doors:
    """The product's own application on an office's database.

    What is refused raises UserError, and what the database was away for StorageUnavailable,
    as the services do that other hands call by themselves.
    """

    office: Office
    _secrets: dict[str, str] = field(default_factory=dict)
    _browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def call(self, person: Person, method: str, path: str, body: object = None) -> Any:
        """Let a person's program call the API; return what it is answered."""
        secret = self._secrets.get(person.email)
        if secret is None:
            secret = create_token(self.office.tools, person.who, "PSA")
            self._secrets[person.email] = secret
        answer = self._app.test_client().open(
            f"/api/v1{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {secret}"},
        )
        return _take(answer).get_json(silent=True)

    def send(self, person: Person, path: str, form: Mapping[str, str]) -> None:
        """Let a person send a form of a page in their browser."""
        browser = self._browsers.get(person.email)
        if browser is None or browser.get("/account").status_code != 200:
            browser = self._app.test_client()
            login = {"tenant": person.tenant, "email": person.email, "password": PASSWORD}
            _take(browser.post("/login", data=login))
            self._browsers[person.email] = browser
        _take(browser.post(path, data=form))

    @property
    def _app(self) -> Flask:
        app, _ = _make_app()
        app.extensions["calsync_tools"] = self.office.tools
        return app


def _take(answer: TestResponse) -> TestResponse:
    if answer.status_code == 503:
        raise StorageUnavailable("The page says so.")
    if answer.status_code >= 400:
        raise UserError(f"{answer.status_code}")
    return answer


@cache
def _make_app() -> tuple[Flask, "tempfile.TemporaryDirectory[str]"]:
    """Return one application for all histories of this process, and its folder."""
    folder = tempfile.TemporaryDirectory()
    app = create_app(make_settings("sqlite:///:memory:", Path(folder.name)))
    # The forms' own token is not what is simulated.
    app.config["WTF_CSRF_ENABLED"] = False
    return app, folder
