"""What can go wrong at a boundary: a call to Cronofy, or a commit.

Boundaries are numbered as they are crossed. A plan says what goes wrong at which of them,
from a seeded stream or from a map; what struck can be written down as JSON and replayed.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Crash(BaseException):
    """The process ends here: no ``except Exception`` holds it up."""


class FaultKind(StrEnum):
    """What goes wrong; *before* means that nothing was done, *after* that everything was."""

    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    NO_CONNECTION = "no_connection"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_AFTER = "server_error_after"
    RATE_LIMITED = "rate_limited"
    UNAUTHORISED = "unauthorised"
    INVALID_JSON = "invalid_json"
    HTML_PAGE = "html_page"
    MISSING_FIELDS = "missing_fields"
    UNKNOWN_FIELDS = "unknown_fields"
    WRONG_TYPES = "wrong_types"
    EMPTY_LIST = "empty_list"
    ALL_DELETED = "all_deleted"
    TRUNCATED = "truncated"
    PAGE_LOST = "page_lost"
    PAGES_OVERLAP = "pages_overlap"
    PAGES_SHUFFLED = "pages_shuffled"
    FOREIGN_NEXT_PAGE = "foreign_next_page"


K = FaultKind
#: Possible at every call.
ANYWHERE = (
    K.CRASH_BEFORE,
    K.CRASH_AFTER,
    K.TIMEOUT_BEFORE,
    K.TIMEOUT_AFTER,
    K.RESET_BEFORE,
    K.RESET_AFTER,
    K.NO_CONNECTION,
    K.SERVER_ERROR,
    K.SERVER_ERROR_AFTER,
    K.RATE_LIMITED,
    K.HTML_PAGE,
)
#: Possible where the answer has a body; writes of events have none.
WITH_BODY = (K.INVALID_JSON, K.MISSING_FIELDS, K.UNKNOWN_FIELDS, K.WRONG_TYPES)
#: Possible where the answer is a page of events.
ON_PAGES = (K.EMPTY_LIST, K.ALL_DELETED, K.TRUNCATED, K.FOREIGN_NEXT_PAGE)
#: Possible where the answer is the first page of a read.
ON_FIRST_PAGES = (K.PAGES_OVERLAP, K.PAGES_SHUFFLED)
AT_COMMITS = (K.CRASH_BEFORE, K.CRASH_AFTER, K.TIMEOUT_BEFORE, K.TIMEOUT_AFTER)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; ``pick`` from 0 up to 1 chooses among its forms."""

    kind: FaultKind
    pick: float = 0.0

    def choose(self, forms: Sequence[Any]) -> Any:
        """Return one of several forms."""
        return forms[int(self.pick * len(forms))]


def possible_at(method: str, path: str) -> tuple[FaultKind, ...]:
    """Return what can go wrong at a call."""
    if path.startswith("/oauth/"):
        return (*ANYWHERE, K.INVALID_JSON)
    kinds = (*ANYWHERE, K.UNAUTHORISED)
    if path.startswith("/v1/events/pages/"):
        return (*kinds, *WITH_BODY, *ON_PAGES, K.PAGE_LOST)
    if method == "GET" and path == "/v1/events":
        return (*kinds, *WITH_BODY, *ON_PAGES, *ON_FIRST_PAGES)
    is_silent = method == "DELETE" or path.endswith(("/events", "/revoke", "_status"))
    return kinds if is_silent else (*kinds, *WITH_BODY)


class FaultPlan:
    """What goes wrong at which boundary.

    ``faults`` maps numbers to faults. With a ``stream`` and a ``rate``, every other
    boundary may be struck too, by one of ``kinds``. Boundaries that are not calls are
    crossed with ``cross``.
    """

    def __init__(
        self,
        faults: Mapping[int, Fault] | None = None,
        *,
        stream: random.Random | None = None,
        rate: float = 0.0,
        kinds: Sequence[FaultKind] = tuple(FaultKind),
    ) -> None:
        self.number = 0
        self.fired: dict[int, Fault] = {}
        self.off = False
        self._faults = dict(faults or {})
        self._stream = stream
        self._rate = rate
        self._kinds = frozenset(kinds)

    def take(self, method: str, path: str) -> Fault | None:
        """Cross the boundary of a call and return what goes wrong there."""
        return self._take(None if not self._strikes() else possible_at(method, path))

    def cross(self, possible: Sequence[FaultKind] = AT_COMMITS) -> Fault | None:
        """Cross another boundary, such as a commit, and return what goes wrong there."""
        return self._take(possible if self._strikes() else None)

    def strike(self, number: int, fault: Fault) -> None:
        """Let something go wrong at a boundary to come."""
        self._faults[number] = fault

    def give_back(self, number: int) -> None:
        """Take back a strike: there was nothing to spoil."""
        self.fired.pop(number, None)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return what struck so far, for ``read_plan``."""
        return {str(number): asdict(fault) for number, fault in self.fired.items()}

    def _strikes(self) -> bool:
        """Number the next boundary and tell whether the stream or the map wants it struck."""
        self.number += 1
        drawn = self._stream is not None and self._stream.random() < self._rate
        return drawn or self.number in self._faults

    def _take(self, possible: Sequence[FaultKind] | None) -> Fault | None:
        if possible is None or self.off:
            return None
        fault = self._faults.get(self.number)
        if fault is None and self._stream is not None:
            kinds = [kind for kind in possible if kind in self._kinds]
            if kinds:
                fault = Fault(self._stream.choice(kinds), self._stream.random())
        if fault is None or fault.kind not in possible:
            return None
        self.fired[self.number] = fault
        return fault


def read_plan(written: Mapping[str, Mapping[str, Any]]) -> FaultPlan:
    """Return the plan that strikes as ``to_json`` wrote down."""
    return FaultPlan(
        {
            int(number): Fault(FaultKind(fault["kind"]), float(fault["pick"]))
            for number, fault in written.items()
        }
    )
