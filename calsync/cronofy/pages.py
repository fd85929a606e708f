"""Reads that come in pages, followed to their end and never to a stranger."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from calsync.cronofy import wire
from calsync.cronofy.calls import Call, Caller
from calsync.cronofy.wire_events import PageOf, read_page
from calsync.errors import IncompleteRead, NotFound, PageExpired, UnreadableAnswer, UntrustedAnswer

#: More pages than any calendar has: whoever sends them goes round in circles.
MOST_PAGES = 10_000

_PORTS = {"http": 80, "https": 443}


def follow(caller: Caller, first: Call) -> Iterator[Mapping[str, Any]]:
    """Yield the bodies of all pages of a read, the first one first.

    Raises rather than ending early: to whoever plans, a short read would look like a full
    one. PageExpired where a further page is no longer known (404), IncompleteRead where
    the last page is not the one that the count promised, UntrustedAnswer where the next
    page is not on the configured host.
    """
    seen = {first.path}
    answer = wire.parse(caller.make(first).body)
    yield answer
    while path := _next_path(caller.api_url, read_page(answer)):
        if path in seen or len(seen) >= MOST_PAGES:
            raise UnreadableAnswer(f"{first.name}: the pages go round in circles.")
        seen.add(path)
        answer = _fetch(caller, Call(first.name, "GET", path))
        yield answer


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


def _fetch(caller: Caller, call: Call) -> Mapping[str, Any]:
    try:
        body = caller.make(call).body
    except NotFound:
        body = None
    if body is None:
        raise PageExpired(f"{call.name}: the page is no longer known; read again.")
    return wire.parse(body)


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
