"""What htmx asks for instead of the browser, and how it is answered."""

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse


def is_from_htmx() -> bool:
    """Tell whether htmx asks, and not the browser itself."""
    return bool(request.headers.get("HX-Request"))


def wants_part() -> bool:
    """Tell whether only the part of a page is asked for that htmx puts in place."""
    # Going back in the browser's history, htmx puts a whole page in place.
    return is_from_htmx() and not request.headers.get("HX-History-Restore-Request")


def lead_to(url: str) -> AnyResponse:
    """Return the answer to a form after which another page is shown."""
    if is_from_htmx():
        return AnyResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url, 303)
