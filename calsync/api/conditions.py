"""ETags: reading what has not changed, and changing only what one has read."""

from collections.abc import Callable

from flask import Response, request

from calsync.core.whole_number import read_whole_number

#: No version: a condition that nothing fulfils.
_NEVER = -1


def expected_version(find_version: Callable[[], int]) -> int | None:
    """Return the version that ``If-Match`` names; None where any will do.

    ``find_version`` tells the present one, for a header that names several.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    # Only strong tags count here; a header of another form names none.
    tags = {tag for tag in request.if_match.as_set() if tag}
    if len(tags) == 1:
        [tag] = tags
        version = read_whole_number(tag)
        return _NEVER if version is None else version
    present = find_version()
    return present if str(present) in tags else _NEVER


def with_tag(response: Response, version: int) -> Response:
    """Return the answer with its ETag, or 304 where whoever asks has that version already."""
    response.set_etag(str(version))
    if request.method in ("GET", "HEAD"):
        response.make_conditional(request)
    return response
