"""Switches that make the sandbox misbehave, each for some calls and then no more."""

import fnmatch
import threading
from dataclasses import dataclass, field
from typing import Any

#: What each fault does, in the words of the dashboard.
KINDS = {
    "rate_limited": "Answer 429; retry_after adds the header",
    "server_error": "Answer 5xx without doing anything; status says which",
    "unauthorised": "Answer 401 as if the token were unknown",
    "invalid_grant": "Refuse a token request with 400 invalid_grant",
    "slow": "Do everything, after so many seconds",
    "timeout_before": "Do nothing and stay silent for so many seconds",
    "timeout_after": "Do everything, then stay silent for so many seconds",
    "reset_before": "Do nothing and reset the connection",
    "reset_after": "Do everything and reset the connection in the middle of the answer",
    "empty_read": "Answer a read of events with 200 and no events",
    "truncated_paging": "Leave out next_page although more pages follow",
    "foreign_next_page": "Let next_page point to another host",
    "invalid_json": "Do everything and answer with broken JSON",
    "altered_answer": "Do everything; merge answer into the answer, and event into its events",
    "html_error": "Answer with an HTML page; status says which (502)",
    "notification_duplicate": "Deliver a notification twice",
    "notification_late": "Deliver a notification so many seconds late",
    "notification_dropped": "Never deliver a notification",
    "token_revoked": "End the authorisations of sub (or of everybody), now",
    "profile_disconnected": "Disconnect profile_id, now",
    "calendar_deleted": "Delete calendar_id, now",
    "calendar_readonly": "Make calendar_id read-only, now",
    "clock_shift": "Move the clock by so many seconds, now",
}
#: Deeds rather than switches: they are done when they are asked for.
DEEDS = {
    "token_revoked",
    "profile_disconnected",
    "calendar_deleted",
    "calendar_readonly",
    "clock_shift",
}
_DEFAULT_PATHS = {
    "empty_read": "/v1/events",
    "truncated_paging": "/v1/events",
    "foreign_next_page": "/v1/events",
    "invalid_grant": "/oauth/token",
}


@dataclass
class Fault:
    """One switch: its kind, the calls it is for, and how often it has struck."""

    number: int
    kind: str
    #: How often it will still strike; None is without end.
    times: int | None
    #: A beginning of paths, or a pattern with ``*``; empty is every path.
    path: str
    method: str
    options: dict[str, Any]
    fired: int = 0

    def seconds(self, default: float) -> float:
        """Return its ``seconds``."""
        return float(self.options.get("seconds", default))

    def describe(self) -> dict[str, Any]:
        """Return the switch as the control endpoints show it."""
        return {
            "id": self.number,
            "fault": self.kind,
            "times": self.times,
            "path": self.path,
            "method": self.method,
            **self.options,
            "fired": self.fired,
        }

    def matches(self, method: str, path: str) -> bool:
        """Tell whether it is for this call."""
        if self.method and self.method != method:
            return False
        return path.startswith(self.path) or fnmatch.fnmatchcase(path, self.path)


@dataclass
class Faults:
    """All switches of a sandbox, the spent ones too."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _released: threading.Event = field(default_factory=threading.Event)

    def add(
        self,
        kind: str,
        *,
        times: int | None = 1,
        path: str = "",
        method: str = "",
        options: dict[str, Any] | None = None,
    ) -> Fault:
        """Turn a switch on: ``kind`` is one of KINDS, ``options`` are its own."""
        with self._lock:
            number = len(self._faults) + 1
            path = path or _DEFAULT_PATHS.get(kind, "")
            fault = Fault(number, kind, times, path, method.upper(), options or {})
            self._faults.append(fault)
            return fault

    def take(self, kinds: set[str], method: str, path: str) -> Fault | None:
        """Return the first switch of these kinds that is for the call, and count it."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                is_live = fault.times is None or fault.times > 0
                if is_live and fault.kind in kinds and fault.matches(method, path):
                    self._count(fault, 1)
                    return fault
        return None

    def give_back(self, fault: Fault) -> None:
        """Undo a take: there was nothing to spoil."""
        with self._lock:
            self._count(fault, -1)

    def list(self) -> list[dict[str, Any]]:
        """Return every switch that was turned on since the last clearing."""
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def drop(self, kind: str) -> None:
        """Turn the switches of one kind off; what they did stays counted."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == kind:
                    fault.times = 0

    def clear(self) -> None:
        """Turn everything off and release the calls that are being kept waiting."""
        with self._lock:
            self._faults.clear()
            self._released.set()
            self._released = threading.Event()

    def wait(self, seconds: float) -> None:
        """Keep the caller waiting, at most until the switches are cleared."""
        self._released.wait(seconds)

    def _count(self, fault: Fault, step: int) -> None:
        fault.fired += step
        if fault.times is not None:
            fault.times -= step
