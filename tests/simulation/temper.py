"""What Cronofy's documentation leaves open, chosen once for a run.

The engine has to be right under the worst answer to each of these, so each seed draws its
own. The defaults are the kindest ones, and those that the sandbox shows.
"""

import html
import random
import re
from dataclasses import dataclass, field
from typing import Any

_BLOCK = re.compile(r"</?(?:p|br|div|li|ul|ol|tr|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Losses:
    """What a calendar service cannot keep of what is written there."""

    title_length: int = 1024
    text_length: int = 4096
    #: Times are kept to the minute.
    seconds: bool = False
    #: Texts are kept as HTML and read back as text: tags and runs of blanks go, blocks are
    #: lines. Titles stay as they are, but for runs of blanks.
    html: bool = False
    #: No zone is kept; localized times are in Etc/UTC.
    zones: bool = False

    def lose(self, content: dict[str, Any], *, cuts: bool = True) -> dict[str, Any]:
        """Return what is kept of a content; a second time changes nothing more.

        ``cuts`` is False for what the owner writes: the lengths are those of the API.
        """
        kept = dict(content)
        if "summary" in kept:
            title = " ".join(kept["summary"].split()) if self.html else kept["summary"]
            kept["summary"] = title[: self.title_length] if cuts else title
        if "description" in kept:
            text = _read_html(kept["description"]) if self.html else kept["description"]
            text = text[: self.text_length] if cuts else text
            kept["description"] = _read_html(text) if self.html else text
        return kept

    def lose_of_second(self, second: int) -> int:
        """Return what is kept of a time."""
        return second - second % 60 if self.seconds else second


@dataclass(frozen=True, slots=True)
class Temper:
    """How this Cronofy behaves where it may choose; durations in seconds, shares from 0 to 1."""

    #: Shares of the accepted writes that are applied late, much later, or never.
    lagging: float = 0.0
    late: float = 0.0
    never: float = 0.0
    longest_lag: float = 20.0
    latest: float = 7200.0
    #: Whether two writes to one event are applied in the order in which they came.
    keeps_order: bool = True
    #: Whether ``updated`` moves when a write of the application lands.
    own_writes_move_updated: bool = True
    #: Whether a write without a field leaves it as it is, instead of emptying it.
    keeps_omitted: bool = True
    page_size: int = 100
    page_lifetime: float = 600.0
    #: Whether answers tell the time in a ``Date`` header; something on the way may take it off.
    dates_answers: bool = True
    #: By what a read is sorted: start, number, or newest first.
    order: str = "start"
    #: Whether a read with ``include_managed`` and without a window shows all managed events.
    managed_escape: bool = True
    token_lifetime: int = 3600
    #: Whether an access token dies when its grant is refreshed.
    refresh_ends_access: bool = False
    #: Whether the events of a calendar that was deleted are shown as deleted.
    deleted_calendar_shows_tombstones: bool = False
    #: How many of four events are shown before the first pull is over.
    shown_before_initial_sync: int = 0
    longest_notice: float = 0.0
    coalesces: bool = False
    duplicated: float = 0.0
    dropped: float = 0.0
    #: Whether each entry of a batch counts against the rate limit.
    batch_counts_entries: bool = False
    losses: Losses = field(default_factory=Losses)


def draw_temper(stream: random.Random) -> Temper:
    """Return a temper as a seed has it: most seeds are kind in most things."""
    chance = stream.random
    return Temper(
        lagging=stream.choice([0.0, 0.3, 0.9]),
        late=stream.choice([0.0, 0.0, 0.02]),
        never=stream.choice([0.0, 0.0, 0.03, 0.1]),
        keeps_order=chance() < 0.6,
        own_writes_move_updated=chance() < 0.7,
        keeps_omitted=chance() < 0.9,
        page_size=stream.choice([1, 3, 50, 100]),
        dates_answers=chance() < 0.95,
        order=stream.choice(["start", "number", "newest"]),
        managed_escape=chance() < 0.8,
        token_lifetime=stream.choice([600, 1800, 3600, 10_800]),
        refresh_ends_access=chance() < 0.5,
        deleted_calendar_shows_tombstones=chance() < 0.4,
        shown_before_initial_sync=stream.randrange(4),
        longest_notice=stream.choice([0.0, 2.0, 60.0]),
        coalesces=chance() < 0.5,
        duplicated=stream.choice([0.0, 0.1, 0.5]),
        dropped=stream.choice([0.0, 0.1, 0.5]),
        batch_counts_entries=chance() < 0.3,
        losses=_draw_losses(stream),
    )


def _draw_losses(stream: random.Random) -> Losses:
    chance = stream.random
    return Losses(
        title_length=stream.choice([1024, 1024, 255]),
        text_length=stream.choice([4096, 4096, 1000]),
        seconds=chance() < 0.3,
        html=chance() < 0.3,
        zones=chance() < 0.3,
    )


def _read_html(text: str) -> str:
    """Return the text that is left of HTML, read until nothing more is lost."""
    while True:
        plain = (
            html.unescape(_TAG.sub("", _BLOCK.sub("\n", text)))
            .replace("\r\n", "\n")
            .replace("\r", "\n")
        )
        lines = (_BLANKS.sub(" ", line).strip() for line in plain.split("\n"))
        plain = "\n".join(line for line in lines if line)
        if plain == text:
            return plain
        text = plain
