"""What a sync asks of Cronofy: the client itself, or what was read of it before."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from calsync.cronofy.batch import Write, Written
from calsync.cronofy.client import Page
from calsync.cronofy.queries import EventQuery


class LinkedCalendars(Protocol):
    """The calendars of one linked account, as ``CronofyClient`` offers them."""

    def read_events(self, query: EventQuery) -> Iterator[Page]:
        """Yield the events that match, page by page."""

    def batch(self, writes: Sequence[Write]) -> tuple[Written, ...]:
        """Make up to 50 writes, and return what became of each."""
