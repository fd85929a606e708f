"""Where Cronofy tells us to look at a linked calendar.

Anybody may ask here, so nothing is looked up and nothing written before the signature is
found to be Cronofy's. Answers are words alone: no page, no cookie.
"""

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from calsync.cronofy.notifications import (
    SIGNATURE_HEADER,
    NotificationKind,
    is_genuine,
    read_notification,
)
from calsync.errors import StorageUnavailable, UnreadableAnswer
from calsync.logs import Log
from calsync.metrics import WEBHOOK_SECONDS, WEBHOOKS
from calsync.services.notifications import take_notification
from calsync.web.current import settings, tools

LARGEST_BODY = 64 * 1024
#: What a type is called of which nobody knows that Cronofy sent it.
_UNPROVEN = "unproven"

bp = Blueprint("hooks", __name__)
log = Log("calsync.hooks")


@bp.url_value_preprocessor
def bound_body(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Refuse a large body before anybody reads it."""
    request.max_content_length = LARGEST_BODY


@bp.post("/hooks/cronofy/<token>")
def receive(token: str) -> Response:
    """Take a notification: 200 once what it asks for is noted, or is nothing to us."""
    if request.mimetype != "application/json":
        return _answer(415, _UNPROVEN, "not json")
    body = request.get_data(cache=False)
    signature = request.headers.get(SIGNATURE_HEADER)
    if not is_genuine(signature, body, settings().cronofy.active_secrets):
        return _answer(401, _UNPROVEN, "forged")
    try:
        notification = read_notification(body)
    except UnreadableAnswer as error:
        # Sent again it would read no better, and refused for a day the channel would go.
        log.warning("notification unreadable", reason=str(error))
        return _answer(200, NotificationKind.OTHER, "unreadable")
    with WEBHOOK_SECONDS.time():
        taken = take_notification(tools(), token, notification)
    return _answer(200, notification.kind, taken.value)


@bp.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Response:
    """Answer what is too large or malformed."""
    return _answer(error.code or 500, _UNPROVEN, "refused")


@bp.errorhandler(StorageUnavailable)
def ask_again(_error: StorageUnavailable) -> Response:
    """Have Cronofy send it again: it does for a day."""
    log.failure("database unavailable", route=str(request.url_rule or ""))
    answer = _answer(503, _UNPROVEN, "failed")
    answer.headers["Retry-After"] = "60"
    return answer


def _answer(status: int, kind: str, result: str) -> Response:
    WEBHOOKS.labels(str(kind), result).inc()
    return Response(f"{result}\n", status, mimetype="text/plain")
