"""Error pages, in the product's look and in plain words."""

from flask import Flask, Response, g, render_template, request
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Conflict, Forbidden, HTTPException, NotFound, SecurityError

from calsync.errors import NotAllowed, NotThere, StaleVersion, StorageUnavailable
from calsync.logs import Log, current_request
from calsync.web.i18n import _

log = Log("calsync.web")


def register_errors(app: Flask) -> None:
    """Answer every error with a page, or with its words alone where a fragment was asked for."""
    app.register_error_handler(HTTPException, show_error)
    app.register_error_handler(CSRFError, show_expired_form)
    app.register_error_handler(StorageUnavailable, show_storage_error)
    app.register_error_handler(SecurityError, show_wrong_host)
    app.register_error_handler(NotThere, lambda _error: show_error(NotFound()))
    app.register_error_handler(NotAllowed, lambda _error: show_error(Forbidden()))
    app.register_error_handler(StaleVersion, lambda _error: show_error(Conflict()))


def show_error(error: HTTPException) -> tuple[str, int, list[tuple[str, str]]]:
    """Answer an error that HTTP has a number for, keeping the headers that belong to it."""
    status = error.code or 500
    if status >= 500:
        _forget_who_asks()
    title, text = _words(status)
    headers = [
        (name, value)
        for name, value in error.get_headers()
        if name.lower() in ("allow", "retry-after")
    ]
    return _page(status, title, text), status, headers


def show_expired_form(_error: CSRFError) -> tuple[str, int]:
    """Answer a form whose token is missing, false or older than the login."""
    title = _("This form is out of date")
    text = _("Nothing was changed. Go back, load the page again and send the form once more.")
    return _page(400, title, text), 400


def show_storage_error(_error: StorageUnavailable) -> tuple[str, int, list[tuple[str, str]]]:
    """Answer while the database is busy, full or gone."""
    _forget_who_asks()
    log.failure("database unavailable", route=str(request.url_rule or ""))
    title = _("The database is busy")
    text = _("Nothing was changed. Try again in a minute.")
    return _page(503, title, text), 503, [("Retry-After", "60")]


def show_wrong_host(_error: SecurityError) -> Response:
    """Answer a request for a host name that is not ours, in words alone: no page has an address."""
    words = "This server does not answer to that host name.\n"
    return Response(words, status=400, mimetype="text/plain")


def _forget_who_asks() -> None:
    # The page's language and its head ask the database who that is, which may be what is broken.
    g._login_user = AnonymousUserMixin()


def _page(status: int, title: str, text: str) -> str:
    return render_template(
        "errors/error.html",
        status=status,
        title=title,
        text=text,
        request_id=current_request.get(),
    )


def _words(status: int) -> tuple[str, str]:
    """Return a heading and what to do about it."""
    words = {
        400: (
            _("We did not understand that"),
            _("Something in the request was not as it should be. Go back and try again."),
        ),
        403: (
            _("You may not do that"),
            _("If you think you should be able to, ask your administrator."),
        ),
        404: (
            _("There is nothing here"),
            _("It may have been deleted, or the address has a mistake in it."),
        ),
        405: (
            _("That does not work here"),
            _("Go back and use the buttons on the page."),
        ),
        409: (
            _("Somebody else was faster"),
            _(
                "It was changed since you opened the page, so nothing of yours was saved. Go back, "
                "load the page again and look before you repeat it."
            ),
        ),
        413: (
            _("That is too large"),
            _("Nothing was saved. Send less at a time."),
        ),
        422: (
            _("There is a problem"),
            _("Nothing was saved. Go back, check what you entered and send it again."),
        ),
        429: (
            _("Too many attempts"),
            _("Wait a few minutes, then try again."),
        ),
    }
    crash = (
        _("Something went wrong on our side"),
        _(
            "Nothing you entered is at fault. Try again, and if it happens again tell your "
            "administrator."
        ),
    )
    return words.get(status, crash if status >= 500 else words[400])
