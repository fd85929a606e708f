"""What the pages for people share: the store, messages, refusals, safety headers."""

from flask import Blueprint, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from calsync.sandbox.errors import ApiError
from calsync.sandbox.store import Store
from calsync.sandbox.world import get_world

#: No form-action: the consent form's answer leads to the application, on another origin.
POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"


def protect(bp: Blueprint) -> None:
    """Give the blueprint's pages their headers, and its refusals a page to read."""
    bp.after_request(add_headers)
    bp.register_error_handler(ApiError, show_refusal)


def add_headers(response: Response) -> Response:
    """Forbid foreign and inline content, framing, sniffing, and keeping in caches."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def show_refusal(refusal: ApiError) -> tuple[str, int]:
    """Say to a person what the API says to a program."""
    if refusal.status == 404:
        return show_message("Nothing is here", "It was deleted, or never was.", status=404)
    why = str((refusal.body or {}).get("message", "The sandbox does not allow that now."))
    return show_message("That did not work", why, status=refusal.status)


def show_http_error(error: HTTPException) -> Response:
    """Return the page for a wrong address, a wrong method, a body that is too large."""
    heading = "Nothing is here" if error.code == 404 else "That did not work"
    page, status = show_message(heading, error.description or "", status=error.code or 500)
    return add_headers(make_response(page, status))


def show_message(heading: str, *sentences: str, status: int = 200) -> tuple[str, int]:
    """Return a page that only says something."""
    page = render_template("sandbox/message.html", heading=heading, sentences=sentences)
    return page, status


def get_store() -> Store:
    """Return the store of the sandbox that serves this request."""
    return get_world().store
