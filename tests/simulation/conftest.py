"""What the tests of the simulation can ask for."""

from collections.abc import Callable, Iterator

import pytest

from tests.sandbox.callers import Hook
from tests.sandbox_server import DEFAULT_SETTINGS
from tests.simulation.sandbox_stage import SandboxStage
from tests.simulation.stages import ProviderStage, Stage

MakeStage = Callable[..., Stage]


@pytest.fixture(params=["provider", "sandbox"])
def make_stage(request: pytest.FixtureRequest) -> Iterator[MakeStage]:
    """Return a function that sets the stage, once with each Cronofy: page_size, lag."""
    if request.param == "provider":
        yield ProviderStage
        return
    sandbox = request.getfixturevalue("running_sandbox")
    with Hook() as hook:
        yield lambda **settings: SandboxStage(sandbox, hook, **settings)
    sandbox.control("PATCH", "/settings", DEFAULT_SETTINGS)
    # Nobody is granted anything any more, so no channel waits for a hook that is gone.
    sandbox.fault("token_revoked")
    sandbox.control("DELETE", "/faults")


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """Return the stage as it is by itself."""
    return make_stage()
