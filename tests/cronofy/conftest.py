"""What the tests of the client can ask for."""

import pytest

from tests.cronofy.stage import Stage


@pytest.fixture
def stage() -> Stage:
    """A client whose clock jumps and whose network is mocked."""
    return Stage()
