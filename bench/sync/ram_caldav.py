"""A CalDAV collection in memory, so that vdirsyncer's own cost shows, and no server's.

    python -m bench.sync.ram_caldav

Prints its port. Knows what vdirsyncer asks for, and nothing else.
"""

import re
import sys
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote
from xml.sax.saxutils import escape

from bench.sync.fake_cronofy import Server

COLLECTION = "/bench/cal/"
_OPENING = (
    '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
)
_HREF = re.compile(r"<(?:\w+:)?href[^>]*>([^<]+)<")

#: Etag and text of each item, by its path.
ITEMS: dict[str, tuple[str, str]] = {}


class Collection(BaseHTTPRequestHandler):
    """Answers one connection after another call of it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PROPFIND(self) -> None:
        """List the collection, or say what it is."""
        self._read()
        parts = [_describe_collection()]
        if self.headers.get("Depth", "0") != "0":
            parts += [_describe(path, has_text=False) for path in ITEMS]
        self._answer_multi(parts)

    def do_REPORT(self) -> None:
        """Return the items that are named, or all of them."""
        asked = self._read()
        has_text = "calendar-data" in asked
        names = [unquote(href) for href in _HREF.findall(asked)]
        wanted = names if "calendar-multiget" in asked else list(ITEMS)
        self._answer_multi([_describe(path, has_text=has_text) for path in wanted if path in ITEMS])

    def do_PUT(self) -> None:
        """Make an item or change it, if it is as the caller thinks."""
        text, old = self._read(), ITEMS.get(self.path)
        is_other = "If-Match" in self.headers and (not old or old[0] != self.headers["If-Match"])
        if is_other or (old and self.headers.get("If-None-Match") == "*"):
            self._answer(412)
            return
        ITEMS[self.path] = f'"{hash(text):x}"', text
        self._answer(204 if old else 201, {"ETag": ITEMS[self.path][0]})

    def do_GET(self) -> None:
        """Return the text of an item."""
        item = ITEMS.get(self.path)
        self._answer(200, {"ETag": item[0]}, item[1]) if item else self._answer(404)

    def _read(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def _answer_multi(self, parts: list[str]) -> None:
        kind = {"Content-Type": "application/xml; charset=utf-8", "DAV": "1, 3, calendar-access"}
        self._answer(207, kind, f"{_OPENING}{''.join(parts)}</D:multistatus>")

    def _answer(self, status: int, headers: dict[str, str] | None = None, text: str = "") -> None:
        content = text.encode()
        given = {**(headers or {}), "Content-Length": str(len(content))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.wfile.write(f"HTTP/1.1 {status} -\r\n{lines}\r\n".encode() + content)


def _describe_collection() -> str:
    kind = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
    return _respond(COLLECTION, f"{kind}<D:displayname>cal</D:displayname>")


def _describe(path: str, *, has_text: bool) -> str:
    etag, text = ITEMS[path]
    shown = f"<C:calendar-data>{escape(text)}</C:calendar-data>" if has_text else ""
    kind = "<D:getcontenttype>text/calendar; component=VEVENT</D:getcontenttype>"
    return _respond(path, f"<D:getetag>{etag}</D:getetag>{kind}<D:resourcetype/>{shown}")


def _respond(path: str, properties: str) -> str:
    return (
        f"<D:response><D:href>{path}</D:href><D:propstat><D:prop>{properties}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Collection)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
