"""Changes that are tried again where somebody else was faster."""

from collections.abc import Callable

from flask import Response, request

from calsync.api.problems import Problem
from calsync.errors import StaleVersion

_TRIES = 5


def retried(change: Callable[[], Response]) -> Response:
    """Try again where somebody changed the row between our reading and our writing.

    Whoever named a version meant that one: then it is their turn.
    """
    for _ in range(_TRIES):
        try:
            return change()
        except StaleVersion:
            if "If-Match" in request.headers:
                raise
    raise Problem(409, "It is being changed by others at the moment. Try again.")
