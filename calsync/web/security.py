"""What every answer says to the browser about safety, and which requests are turned away."""

from collections.abc import Iterator

from flask import Flask, Response, abort, request
from werkzeug.datastructures import MultiDict

from calsync.config import Settings

_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Bootstrap's style sheet carries small images in data: addresses.
        "img-src 'self' data:",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def register_security(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer, errors and fragments included."""

    @app.before_request
    def refuse_foreign_changes() -> None:
        # A second net beneath the CSRF token. Browsers that send no such header
        # have only the first.
        if request.method not in _SAFE_METHODS and is_from_elsewhere():
            abort(403)

    @app.before_request
    def refuse_nul() -> None:
        # PostgreSQL stores no NUL, and no keyboard types one.
        try:
            texts = [*map(str, (request.view_args or {}).values()), *_values(request.args)]
        except UnicodeDecodeError:
            abort(400)
        if any("\0" in text for text in (*texts, *_values(request.form))):
            abort(400)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = _CONTENT_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if "max-age" not in headers.get("Cache-Control", ""):
            headers["Cache-Control"] = "no-store"
            headers.add("Vary", "HX-Request")
        return response


def _values(parameters: MultiDict[str, str]) -> Iterator[str]:
    for name, value in parameters.items(multi=True):
        yield name
        yield value


def is_from_elsewhere() -> bool:
    """Whether the browser says that another site made it ask."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
