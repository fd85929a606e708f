"""The description of the API (OpenAPI 3.1), and the page that shows it to people."""

from collections.abc import Iterable
from copy import deepcopy
from threading import Lock
from typing import Any, cast

from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, current_app, jsonify, render_template
from flask_smorest import Api, Blueprint

from calsync.api.problems import MEDIA_TYPE
from calsync.api.schemas import Problem

bp = PlainBlueprint("api_description", __name__, url_prefix="/api/v1")
_INTRODUCTION = (
    "Send a token as Authorization: Bearer …; it may do what its user may do. Whatever is wrong "
    "is said by a problem document (RFC 9457), with a code for each field. Answers have an ETag: "
    "send it as If-Match, and a change is refused (412) where somebody else was faster."
)
_CONDITION = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "Refuse (412) unless the ETag is this one still.",
    "schema": {"type": "string"},
}
_ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same body, nothing more is made.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_VERSIONED = ("/Client", "/Contact", "/Item", "/Occurrence", "/Ticket")
_TAG = {"ETag": {"description": "The version.", "schema": {"type": "string"}}}


class DescribedApi(Api):
    """flask-smorest's description of blueprints, and nothing else of it."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def describe_blueprint(self, blueprint: Blueprint) -> None:
        """Describe a blueprint that the application has."""
        blueprint.register_views_in_doc(
            self, self._app, self.spec, name=blueprint.name, parameters=None
        )
        self.spec.tag({"name": blueprint.name, "description": blueprint.description})

    def _register_error_handlers(self) -> None:
        """Leave errors to the one handler that the product has."""

    def _register_doc_blueprint(self) -> None:
        """Leave the pages to ours."""


class Description:
    """What the API is, written once somebody asks: that takes longer than all else at the start."""

    def __init__(self, app: Flask, blueprints: Iterable[Blueprint]) -> None:
        self._app = app
        self._blueprints = tuple(blueprints)
        self._lock = Lock()
        self._written: dict[str, Any] | None = None

    def read(self) -> dict[str, Any]:
        """Return the description as OpenAPI 3.1 has it; it is not to be changed."""
        with self._lock:
            if self._written is None:
                self._written = self._write()
            return self._written

    def _write(self) -> dict[str, Any]:
        api = _make_api(self._app)
        for blueprint in self._blueprints:
            api.describe_blueprint(blueprint)
        # What it refers to twice is one object there, and is completed in each place.
        described: dict[str, Any] = deepcopy(api.spec.to_dict())
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                if isinstance(operation, dict):
                    _complete(method, path, operation)
        return described


def _make_api(app: Flask) -> DescribedApi:
    api = DescribedApi(
        app,
        spec_kwargs={
            "title": "calsync",
            "version": "1",
            "openapi_version": "3.1.0",
            "info": {"description": _INTRODUCTION},
            "security": [{"token": []}],
        },
    )
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.components.schema("Problem", schema=Problem)
    return api


@bp.get("/openapi.json")
def specification() -> Response:
    """Give the description to programs."""
    return jsonify(_read())


@bp.get("/docs")
def reference() -> str:
    """Show the description to people."""
    described = _read()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    ]
    return render_template(
        "api/reference.html",
        info=described["info"],
        operations=operations,
        schemas=described["components"]["schemas"],
    )


def _read() -> dict[str, Any]:
    return cast("Description", current_app.extensions["calsync_api"]).read()


def _complete(method: str, path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    wrong = {"description": "What is wrong.", "content": {MEDIA_TYPE: problem}}
    for status in [status for status in responses if str(status) == "422"]:
        del responses[status]
    for status in ("400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503"):
        responses[status] = wrong
    operation["parameters"] = [*operation.get("parameters", []), *_headers(method, path)]
    for status, response in responses.items():
        if str(status) in ("200", "201") and _has_version(response):
            response["headers"] = _TAG


def _headers(method: str, path: str) -> list[dict[str, Any]]:
    """Return the headers that a request of this kind may have."""
    if method == "get":
        return []
    # Of syncs that wait there is one, however often it is asked for.
    if path.endswith("/sync"):
        return []
    makes_something = method == "post" and not path.endswith("/restore")
    if makes_something:
        return [_ONCE]
    # A series that is split makes an item.
    return [_CONDITION, _ONCE] if path.endswith("/{key}") and method == "patch" else [_CONDITION]


def _has_version(response: dict[str, Any]) -> bool:
    content = response.get("content", {}).get("application/json", {})
    return bool(content.get("schema", {}).get("$ref", "").endswith(_VERSIONED))
