"""Answers to requests that make something, given again where the request comes twice."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, json, request, url_for

from calsync.api.access import tools, who
from calsync.api.conditions import with_tag
from calsync.api.problems import Problem
from calsync.services.idempotency import answer_once
from calsync.services.tools import Tools

_LONGEST_KEY = 255


def make_once(endpoint: str, make: Callable[[Tools], dict[str, Any]], **place: str) -> Response:
    """Return 201 with what ``make`` has made, and where it is.

    With an ``Idempotency-Key`` it is made once, and the same answer is given
    again for a day. ``endpoint`` is where it can be read, under the id that
    ``place`` has the name for.
    """
    response, made = _do_once(201, make)
    response.headers["Location"] = url_for(
        endpoint, **{parameter: made[name] for parameter, name in place.items()}
    )
    return response


def change_once(change: Callable[[Tools], dict[str, Any]]) -> Response:
    """Return 200 with what ``change`` has changed; with an ``Idempotency-Key``, once."""
    return _do_once(200, change)[0]


def _do_once(status: int, do: Callable[[Tools], dict[str, Any]]) -> tuple[Response, dict[str, Any]]:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        body = json.dumps(do(tools()))
    else:
        if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
            raise Problem(400, f"An Idempotency-Key has 1 to {_LONGEST_KEY} characters.")

        def act(joined: Tools) -> tuple[int, str]:
            return status, json.dumps(do(joined))

        _, body = answer_once(tools(), who(), key, _fingerprint(), act)
    made = json.loads(body)
    response = Response(body, status, content_type="application/json")
    return with_tag(response, made["version"]) if "version" in made else response, made


def _fingerprint() -> str:
    place = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(place + request.get_data()).hexdigest()
