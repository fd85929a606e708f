"""Figures with their limits, and the table of them."""

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.results import keep


class Bound(StrEnum):
    """What a limit is to its figure."""

    MOST = "at most"
    LEAST = "at least"
    EXACTLY = "exactly"


@dataclass(frozen=True)
class Figure:
    """What was measured, and what it may be; without a limit it is only told.

    ``value`` is None where it could not be measured here, and ``why`` says what was missing.
    """

    id: str
    what: str
    value: float | None
    limit: float | None = None
    bound: Bound = Bound.MOST
    why: str = ""

    @property
    def is_broken(self) -> bool:
        """Tell whether the figure is over its limit."""
        if self.value is None or self.limit is None:
            return False
        match self.bound:
            case Bound.MOST:
                return self.value > self.limit
            case Bound.LEAST:
                return self.value < self.limit
            case Bound.EXACTLY:
                return self.value != self.limit

    @property
    def line(self) -> str:
        """Give the figure as a line of a table."""
        value = f"skipped: {self.why}" if self.value is None else f"{self.value:,.4g}"
        limit = "" if self.limit is None else f"{self.bound} {self.limit:g}"
        mark = "BROKEN" if self.is_broken else ""
        return f"{self.id:5}{self.what:62}{value:>14}  {limit:14}{mark}".rstrip()


def median_ratio(ours: Iterable[float], theirs: Iterable[float]) -> float:
    """Return the median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def report(name: str, head: Mapping[str, Any], figures: Sequence[Figure], raw: Any = None) -> int:
    """Print a table, keep the figures, and return 1 where any limit is broken, else 0."""
    broken = [figure.line for figure in figures if figure.is_broken]
    told = [
        {"id": f.id, "what": f.what, "value": f.value, "limit": f.limit, "bound": f.bound.value}
        | ({"skipped": f.why} if f.value is None else {})
        for f in figures
    ]
    path = keep(name, {**head, "figures": told, "raw": raw}, broken)
    lines = [name, *(figure.line for figure in figures), f"kept in {path}"]
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.flush()
    return 1 if broken else 0
