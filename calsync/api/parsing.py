"""Reading requests: JSON of exactly the form that was described, or a clear refusal."""

from collections.abc import Iterator
from typing import Any, NoReturn, cast

from flask import Request, json
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.routing import PathConverter

from calsync.api.problems import DETAILS, FieldError, Problem

LONGEST_EXTERNAL_ID = 200


class Strict(Schema):
    """A schema that knows its fields and no others."""

    error_messages = {"unknown": "unknown_field", "type": "wrong_type"}  # noqa: RUF012

    class Meta:
        unknown = RAISE


class StrictParser(FlaskParser):
    """Reads JSON bodies and queries, and answers with problem documents."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}  # noqa: RUF012

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - webargs' form
        if req.mimetype != "application/json":
            raise Problem(415, "Send JSON, with Content-Type: application/json.")
        try:
            body = json.loads(req.get_data(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise Problem(400, "The body is no JSON.") from None
        errors = [FieldError(place, "not_text") for place in _find_odd_texts(body)]
        if errors:
            raise Problem(422, "Nothing was saved.", errors=errors)
        return body

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        errors = [
            FieldError(("?" if location == "query" else "/") + "/".join(path), code)
            for location, messages in cast("dict[str, Any]", error.messages).items()
            for path, code in _flatten(messages, ())
        ]
        # What is wrong with the whole body is said of the body.
        errors = [
            FieldError("" if each.field in ("/_schema", "?_schema") else each.field, each.code)
            for each in errors
        ]
        raise Problem(422, "Nothing was saved.", errors=errors)


class AnyPath(PathConverter):
    """The rest of an address, whatever it is: ids of other software have slashes, too."""

    regex = ".+?"
    part_isolating = False


class JsonBlueprint(Blueprint):
    """A blueprint that reads requests so."""

    ARGUMENTS_PARSER = StrictParser()


def known_as(values: dict[str, Any], external_id: str) -> None:
    """Put the external id of an address among the values of the body.

    Raises a problem where it cannot be one, or the body names another.
    """
    if len(external_id) > LONGEST_EXTERNAL_ID:
        raise Problem(422, errors=[FieldError("/external_id", "too_long")])
    if values.setdefault("external_id", external_id) != external_id:
        raise Problem(422, errors=[FieldError("/external_id", "mismatch")])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and the infinities are no JSON


def _find_odd_texts(body: object) -> Iterator[str]:
    """Yield where a text has what no database takes: NUL, or half of a pair of surrogates."""
    places = [("", body)]
    while places:
        place, value = places.pop()
        if isinstance(value, dict):
            for name, each in value.items():
                if _is_odd(name):
                    yield place
                else:
                    places.append((f"{place}/{_escape(name)}", each))
        elif isinstance(value, list):
            places += [(f"{place}/{number}", each) for number, each in enumerate(value)]
        elif isinstance(value, str) and _is_odd(value):
            yield place


def _is_odd(text: str) -> bool:
    return "\0" in text or any("\ud800" <= each <= "\udfff" for each in text)


def _flatten(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, dict):
        for name, each in messages.items():
            yield from _flatten(each, (*path, _escape(str(name))))
    else:
        for code in dict.fromkeys(messages):
            yield path, code if code in DETAILS else "invalid"


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
