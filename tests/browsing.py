"""Doing in a test client what a browser does with forms."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import Person

#: Logs a person in and returns their browser.
LogIn = Callable[[Person], FlaskClient]
#: What htmx says of itself when it asks.
HTMX = {"HX-Request": "true"}
TOKEN = re.compile(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"')


def form_token(client: FlaskClient) -> str:
    """Return the token that the product's pages hold for this browser."""
    page = client.get("/login")
    if page.status_code == 302:
        page = client.get("/account")
    found = TOKEN.search(page.text)
    assert found, "The page has no form token."
    return found.group(1)


def post(
    client: FlaskClient,
    url: str,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """Send a form as a browser does that has the page with it."""
    filled = {"csrf_token": form_token(client), **(form or {})}
    return client.post(url, data=filled, headers=headers)
