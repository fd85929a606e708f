"""Databases that tell how they would answer a question."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.db.plans import Explainer
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def explainers(
    sqlite_template: Path, postgres: PostgresServer
) -> Iterator[Callable[[str], Explainer]]:
    """Give a function that returns the one of a kind of database; nothing is changed there."""
    with ExitStack() as stack:

        @cache
        def make(kind: str) -> Explainer:
            if kind == "sqlite":
                made = Explainer(f"sqlite:///{sqlite_template}")
            else:
                made = Explainer(stack.enter_context(postgres.copy_of("template")))
            stack.callback(made.engine.dispose)
            return made

        yield make


@pytest.fixture(params=["sqlite", "postgresql"])
def explainer(request: pytest.FixtureRequest, explainers: Callable[[str], Explainer]) -> Explainer:
    return explainers(request.param)
