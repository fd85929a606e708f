"""The services alone, where a test asks for no page."""

from collections.abc import Iterator

import pytest

from calsync.app import create_pageless_app, tools_of
from calsync.clock import Clock
from calsync.config import Settings
from calsync.services.tools import Tools
from tests.quick import share_statements


@pytest.fixture
def tools(request: pytest.FixtureRequest, settings: Settings, clock: Clock) -> Iterator[Tools]:
    """Return the tools that the product's services work with."""
    if "app" in request.fixturenames:
        yield tools_of(request.getfixturevalue("app"))
        return
    made = tools_of(create_pageless_app(settings, clock))
    share_statements(made.db.engine)
    yield made
    made.db.engine.dispose()
