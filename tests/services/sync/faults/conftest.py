"""Somebody who sees what a fault does to the figures, the log lines and the listing."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from calsync.services.health import measure
from tests.services.sync.office import Office
from tests.witness import Witness, read_status, watching

Status = Callable[[], str]


@pytest.fixture
def witness(office: Office) -> Iterator[Witness]:
    """Give who sees all that happens once Dana's integration stands."""
    measure(office.tools)
    with watching() as witness:
        yield witness


@pytest.fixture
def status(app: Flask, office: Office) -> Status:
    """Return a function that says how the listing tells of the integration; empty if all is well.

    It brings the figures that are counted in the database up to date besides.
    """

    def say() -> str:
        measure(office.tools)
        return read_status(app, office.tools, office.person, office.integration_id)

    return say
