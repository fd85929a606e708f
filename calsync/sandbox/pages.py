"""Reads that are longer than a page: what they found, kept until fetched or expired."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from calsync.sandbox import ids

#: The oldest reads are forgotten beyond this many.
MOST_READS = 2_000


@dataclass(frozen=True)
class Read:
    """The rows that one read found (a snapshot), and how its pages are to be shown."""

    sub: str
    kind: str
    row_ids: list[int]
    page_size: int
    is_localized: bool
    with_google_ids: bool
    begun_at: float

    @property
    def total(self) -> int:
        """The number of pages; a read that found nothing has one."""
        return max(1, -(-len(self.row_ids) // self.page_size))

    def rows_of_page(self, number: int) -> list[int]:
        """Return the rows of a page; the first is number 1."""
        return self.row_ids[(number - 1) * self.page_size : number * self.page_size]


@dataclass
class Pages:
    """The unfinished reads of a sandbox, by the opaque part of their page URLs."""

    _reads: OrderedDict[str, Read] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, read: Read) -> str:
        """Remember the read and return its key."""
        key = ids.new_hex(16)
        with self._lock:
            self._reads[key] = read
            while len(self._reads) > MOST_READS:
                self._reads.popitem(last=False)
        return key

    def find(self, token: str, sub: str, lifetime: float) -> tuple[str, Read, int] | None:
        """Return key, read and page number of a token, or None if it is not known any more."""
        key, number = token[:16], token[16:]
        with self._lock:
            read = self._reads.get(key)
        if read is None or read.sub != sub or time.monotonic() - read.begun_at >= lifetime:
            return None
        try:
            page = int(number, 16)
        except ValueError:
            return None
        return (key, read, page) if 1 <= page <= read.total else None

    def clear(self) -> None:
        """Let every page URL expire."""
        with self._lock:
            self._reads.clear()


def write_token(key: str, number: int) -> str:
    """Return the opaque part of the URL of a page."""
    return f"{key}{number:04x}"
