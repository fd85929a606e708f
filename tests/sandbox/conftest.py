"""The sandbox's tests share one running sandbox per worker, reset before each test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.callers import Caller, Hook
from tests.sandbox_server import RunningSandbox


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    """One sandbox for all tests of a worker."""
    with RunningSandbox() as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    """A sandbox as fresh as on its first day."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def dana(sandbox: RunningSandbox) -> Caller:
    """An application that Dana authorised for her Google mailbox."""
    return Caller(sandbox, sandbox.authorise())


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver of notifications on this machine."""
    with Hook() as receiver:
        yield receiver
