"""Problem documents (RFC 9457): the one form in which the API says that something is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException

from calsync.core.item import UnfitItem
from calsync.errors import (
    AlreadyThere,
    InUse,
    NotAllowed,
    NotPossible,
    NotThere,
    StaleVersion,
    StorageUnavailable,
)
from calsync.logs import Log, current_request
from calsync.services.idempotency import KeyReused

log = Log("calsync.api")

PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
#: What a person who reads the answer of their program learns from a code.
DETAILS = {
    "missing": "This is required.",
    "null": "This cannot be null.",
    "wrong_type": "This is of the wrong type or form.",
    "unknown_field": "There is no such field here.",
    "unknown_choice": "This is none of the values that are possible.",
    "unknown": "There is none with this id, or none that can be used here.",
    "too_long": "This is too long.",
    "out_of_range": "This is outside of the range that is possible.",
    "too_far": "The end is more than a year after the start.",
    "before_start": "The end is before the start; of all-day items it is the day after the last.",
    "no_offset": "A time needs its offset from UTC, such as 2026-03-02T09:00:00Z.",
    "whole_seconds": "Times are in whole seconds.",
    "not_a_date": "An all-day item starts and ends with dates such as 2026-03-02.",
    "not_a_time": "An item that is not all day starts and ends with times, not dates.",
    "not_of_this_kind": "Items of this kind have no such field.",
    "fixed": "The kind of an item never changes.",
    "not_text": "This holds characters that no text has.",
    "mismatch": "This is not the id that stands in the address.",
    "malformed": "This is no RRULE value.",
    "unsupported": "The rule has a part that is not supported.",
    "combination": "The parts of the rule do not go together.",
    "until_before_start": "The rule ends before the first occurrence.",
    "never_occurs": "The rule has no occurrence.",
    "too_many": "The rule has too many occurrences.",
    "unknown_zone": "There is no time zone of this name.",
    "taken": "Something else has this id already.",
    "unreadable": "This holds characters that no text has.",
    "of_whole_series": "This cannot be changed for one occurrence alone.",
    "empty": "Nothing would be left of the series.",
    "unknown_occurrence": "There is no such occurrence any more.",
    "other_client": "This contact is at another client.",
    "number_changed": "There is another number of them by now.",
    "not_active": "The sync is not active.",
    "not_connected": "The account is not connected.",
    "calendar_gone": "The linked calendar was deleted.",
    "invalid": "This is not valid.",
}
#: Fields that the API calls otherwise than the product does.
_NAMES = {
    "is_private": "private",
    "is_busy": "busy",
    "client_id": "client",
    "contact_id": "contact",
    "ticket_id": "ticket",
    "times": "start",
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: a JSON pointer into the body, or ``?name`` of the query."""

    field: str
    code: str


class Problem(Exception):
    """A request is answered with a problem document."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = tuple(headers)


def register_problems(app: Flask) -> None:
    """Answer every error below ``/api/`` with a problem document, and others as before."""
    for by_class in app.error_handler_spec[None].values():
        for kind, show_page in by_class.items():
            by_class[kind] = _for_programs_first(show_page)


def show_problem(error: Exception) -> Response:
    """Return the problem document for any error; headers such as ``Allow`` are kept."""
    problem = _translate(error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(problem.status),
        "status": problem.status,
        "request_id": current_request.get(),
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = [
            {"field": each.field, "code": each.code, "detail": DETAILS[each.code]}
            for each in problem.errors
        ]
    headers = [*problem.headers]
    return Response(json.dumps(body), problem.status, headers, content_type=MEDIA_TYPE)


def _for_programs_first(show_page: Callable[..., Any]) -> Callable[..., Any]:
    def show(error: Exception) -> Any:
        return show_problem(error) if request.path.startswith(PREFIX) else show_page(error)

    return show


_ANSWERS: dict[type[Exception], tuple[int, str]] = {
    NotThere: (404, ""),
    NotAllowed: (403, "You may see it, and not do this with it."),
    InUse: (409, "Something else needs it: open service calls, tickets or items."),
    StaleVersion: (412, "It was changed since. Read it again."),
    KeyReused: (422, "The Idempotency-Key was sent before with another request."),
}


def _translate(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case AlreadyThere():
            text = "There is one with this external id or name already."
            return Problem(409, text, errors=_list_errors(error))
        case UnfitItem():
            return Problem(422, "Nothing was saved.", errors=_list_errors(error))
        case NotPossible():
            text = "It cannot be synced as things are."
            return Problem(409, text, errors=[FieldError("", error.reason)])
        case NotThere() | NotAllowed() | InUse() | StaleVersion() | KeyReused():
            return Problem(*_ANSWERS[type(error)])
        case StorageUnavailable():
            log.failure("database unavailable", route=str(request.url_rule or ""))
            detail = "The database is busy. Nothing was changed."
            return Problem(503, detail, headers=[("Retry-After", "60")])
        case HTTPException():
            return _translate_http(error)
    raise error


def _list_errors(error: Exception) -> list[FieldError]:
    if not isinstance(error, UnfitItem):
        return []
    return [
        FieldError(
            "/" + _NAMES.get(fault.field, fault.field),
            fault.code if fault.code in DETAILS else "invalid",
        )
        for fault in error.faults
    ]


def _translate_http(error: HTTPException) -> Problem:
    headers = [
        (name, value)
        for name, value in error.get_headers()
        if name.lower() in ("allow", "retry-after", "www-authenticate")
    ]
    return Problem(error.code or 500, headers=headers)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
