"""The hands of all people of a history: what a step of a plan does, by its name."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from calsync.errors import CalsyncError
from tests.simulation.circumstances import Circumstances
from tests.simulation.here import Here
from tests.simulation.programs import Programs
from tests.simulation.there import There


@dataclass
class Hands(Here, There, Programs, Circumstances):
    """Does a plan's steps, each by its name."""

    def act(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Do a step; where what it is about is gone meanwhile, nothing."""
        with suppress(CalsyncError):
            getattr(self, name)(*arguments)
