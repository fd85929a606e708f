"""A browser for the tests of pages."""

import pytest
from flask.testing import FlaskClient

from tests.browsing import LogIn
from tests.cast import Person


@pytest.fixture
def browser(dana: Person, logged_in: LogIn) -> FlaskClient:
    """Return Dana's browser, logged in."""
    return logged_in(dana)
