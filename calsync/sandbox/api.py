"""What all endpoints of the imitated API share: bodies, bearers, answers, refusals."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from calsync.sandbox import grants, screens
from calsync.sandbox.breakage import API_PATHS
from calsync.sandbox.errors import ApiError, unprocessable
from calsync.sandbox.store import Transaction
from calsync.sandbox.world import get_world

JSON = "application/json; charset=utf-8"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


def read_body() -> dict[str, Any]:
    """Return the request's JSON or form body; no body is an empty one.

    Raises the 422 for what is not a JSON object of well-formed text.
    """
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return _flatten(request.form.to_dict(flat=False))
    raw = request.get_data()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
        # Lone surrogates and infinities can be read but never be written again.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise unprocessable("body", "invalid_json", "is not JSON") from error
    if not isinstance(body, dict):
        raise unprocessable("body", "invalid", "must be a JSON object")
    return body


def read_query() -> dict[str, Any]:
    """Return the query's parameters; those that repeat or end in ``[]`` are lists."""
    return _flatten(request.args.to_dict(flat=False))


def parse_boolean(values: Mapping[str, Any], name: str) -> bool:
    """Return a parameter in any of the spellings that Cronofy's own SDKs send."""
    given = values.get(name, False)
    if isinstance(given, bool):
        return given
    if not isinstance(given, str) or given.lower() not in _BOOLEANS:
        raise unprocessable(name, "must_be_boolean", "must be a Boolean")
    return _BOOLEANS[given.lower()]


def require_text(body: Mapping[str, Any], name: str, longest: int = 1_024) -> str:
    """Return a String that has to be there, or raise the 422."""
    given = body.get(name)
    if given is None or given == "":
        raise unprocessable(name, "required", "is missing")
    if not isinstance(given, str):
        raise unprocessable(name, "must_be_string", "must be a String")
    if len(given) > longest:
        raise unprocessable(name, "too_long", f"must have {longest} characters at most")
    return given


def require_access(tx: Transaction, scope: str | None = None) -> grants.Access:
    """Return what the request's bearer stands for, or raise 401 or 403."""
    access = grants.find_access(tx, read_bearer())
    if access is None:
        raise ApiError(401, {"message": "The access token is unknown, expired or revoked"})
    if scope is not None:
        access.require(scope)
    return access


def read_bearer() -> str:
    """Return the bearer of the request, or nothing."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def answer(body: object, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(json.dumps(body), status, content_type=JSON)


def accepted() -> Response:
    """Return the 202 without a body that writes are answered with."""
    return Response(status=202)


def register_rules(app: Flask) -> None:
    """Give the app the rate limit, and the API's words for every refusal."""

    @app.before_request
    def limit() -> Response | None:
        if not request.path.startswith(API_PATHS):
            return None
        world = get_world()
        if world.store.settings.rate_limit and not world.rate_limit.admit():
            return answer({"message": "The rate limit of the application is used up"}, 429)
        return None

    @app.after_request
    def tell_time(answer: Response) -> Response:
        # The server would put the machine's time there, however far the clock was moved.
        if request.path.startswith(API_PATHS):
            answer.headers["Date"] = http_date(get_world().store.now())
        return answer

    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return Response(status=error.status) if error.body is None else _refusal(error)

    @app.errorhandler(HTTPException)
    def refuse_in_json(error: HTTPException) -> Response:
        if not request.path.startswith((*API_PATHS, "/_control/")):
            return screens.show_http_error(error)
        return answer({"message": error.description}, error.code or 500)


def _refusal(error: ApiError) -> Response:
    return answer(error.body, error.status)


def _flatten(values: Mapping[str, list[str]]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, given in values.items():
        if name.endswith("[]") or name == "calendar_ids":
            flat.setdefault(name.removesuffix("[]"), []).extend(given)
        else:
            flat[name] = given[-1]
    return flat
