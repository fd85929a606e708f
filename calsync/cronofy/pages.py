"""Reads that come in pages, followed to their end and never to a stranger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from calsync.cronofy import wire
from calsync.cronofy.calls import Call, Caller
from calsync.cronofy.transport import Answer
from calsync.cronofy.wire_events import PageOf, read_page
from calsync.errors import IncompleteRead, NotFound, PageExpired, UnreadableAnswer, UntrustedAnswer

#: More pages than any calendar has: whoever sends them goes round in circles.
MOST_PAGES = 10_000

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The body of one page, and when it was put together by Cronofy's own clock."""

    body: Mapping[str, Any] = field(repr=False)
    answered_at: datetime | None


def follow(caller: Caller, first: Call) -> Iterator[Fetched]:
    """Yield all pages of a read, the first one first.

    Raises rather than ending early: to whoever plans, a short read would look like a full
    one. PageExpired where a further page is no longer known (404), IncompleteRead where
    the last page is not the one that the count promised, UntrustedAnswer where the next
    page is not on the configured host.
    """
    seen = {first.path}
    page = _read(caller.make(first))
    yield page
    while path := _next_path(caller.api_url, read_page(page.body)):
        if path in seen or len(seen) >= MOST_PAGES:
            raise UnreadableAnswer(f"{first.name}: the pages go round in circles.")
        seen.add(path)
        page = _fetch(caller, Call(first.name, "GET", path))
        yield page


def local_path(api_url: str, address: str) -> str:
    """Return the path and query of an address on the configured host.

    The path is all that is taken from Cronofy: the call is put together anew with our own
    host, so that no way of reading an address can lead elsewhere. UntrustedAnswer for
    another scheme, host or port, for a user in the address, and for odd characters.
    """
    found, own = _split(address), _split(api_url)
    if found is None or own is None or _origin(found) != _origin(own):
        raise UntrustedAnswer("The next page is not on Cronofy's host; it was not fetched.")
    base = own.path.rstrip("/")
    if not found.path.startswith(f"{base}/v1/") or "/." in unquote(found.path):
        raise UntrustedAnswer("The next page is not a page of the API; it was not fetched.")
    path = found.path.removeprefix(base)
    return f"{path}?{found.query}" if found.query else path


def _fetch(caller: Caller, call: Call) -> Fetched:
    try:
        answer = caller.make(call)
    except NotFound:
        answer = None
    if answer is None:
        raise PageExpired(f"{call.name}: the page is no longer known; read again.")
    return _read(answer)


def _read(answer: Answer) -> Fetched:
    return Fetched(wire.parse(answer.body), _find_date(answer.headers))


def _find_date(headers: Mapping[str, str]) -> datetime | None:
    """Return what the ``Date`` header says, which every web server sends (RFC 9110, 6.6.1)."""
    told = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _next_path(api_url: str, page: PageOf) -> str | None:
    if page.next_page:
        return local_path(api_url, page.next_page)
    if page.current is not None and page.total is not None and page.current < page.total:
        raise IncompleteRead(f"The read ended at page {page.current} of {page.total}.")
    return None


def _split(address: str) -> SplitResult | None:
    """Take an address apart; None for what different readers would read differently."""
    if "\\" in address or "#" in address or not address.isascii() or not address.isprintable():
        return None
    if " " in address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and port != 0 and "@" not in parts.netloc else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
