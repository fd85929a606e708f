"""Trying again what must not be lost while the database is busy."""

from collections.abc import Callable
from typing import TypeVar

from calsync.clock import Clock
from calsync.errors import StorageUnavailable

_TRIES = 5
_FIRST_PAUSE_SECONDS = 0.2

Result = TypeVar("Result")


def keep_trying(clock: Clock, store: Callable[[], Result]) -> Result:
    """Return what ``store`` returns, trying up to five times within some seconds.

    Raises StorageUnavailable where the database does not come back.
    """
    for attempt in range(_TRIES - 1):
        try:
            return store()
        except StorageUnavailable:
            clock.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
    return store()
