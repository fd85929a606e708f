"""What tests of the API can ask for: programs with a token of each person's."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calsync.services.api_tokens import create_token
from calsync.services.tools import Tools
from tests.cast import Person

API = "/api/v1"


class Program:
    """Software that uses the API with a token."""

    def __init__(self, client: FlaskClient, secret: str | None) -> None:
        self.client = client
        self.secret = secret

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request, with the underscores of ``headers`` as hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret is not None:
            sent["Authorization"] = f"Bearer {self.secret}"
        url = path if path.startswith("/api") else API + path
        return self.client.open(url, method=method, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.call("DELETE", path, **headers)

    def add(self, **values: Any) -> dict[str, Any]:
        """Make an appointment, unless ``values`` say otherwise, and return it."""
        answer = self.post("/items", appointment(**values))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made


def appointment(**values: Any) -> dict[str, Any]:
    return {
        "kind": "appointment",
        "subject": "Server room",
        "start": "2026-03-03T10:00:00Z",
        "end": "2026-03-03T11:00:00Z",
        **values,
    }


@pytest.fixture
def program(app: Flask, tools: Tools) -> Callable[[Person], Program]:
    """Return a function that gives a person's program its token."""

    def make(person: Person) -> Program:
        return Program(app.test_client(), create_token(tools, person.who, "PSA"))

    return make


@pytest.fixture
def psa(program: Callable[[Person], Program], dana: Person) -> Program:
    """Return a program that may do what Dana may do."""
    return program(dana)


@pytest.fixture
def nobody(app: Flask) -> Program:
    """Return a program without a token."""
    return Program(app.test_client(), None)
