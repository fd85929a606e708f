"""What is written on the tape of a history: commits, calls, deeds and landings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.simulation.snapshots import Shown
from tests.simulation.writing import Landed

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after a commit; None where it was not there."""

    table: str
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """Give the row as it is, or as it was where it is gone."""
        found = self.after or self.before
        assert found is not None
        return found

    def has_changed(self, name: str) -> bool:
        """Tell whether a column has another value now."""
        before = self.before[name] if self.before else None
        return bool(before != (self.after[name] if self.after else None))


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction changed.

    ``fences`` are those of all syncs, by integration, and ``claimed`` those by which the
    worker that committed came to work.
    """

    at: datetime
    changes: tuple[Change, ...]
    fences: Mapping[str, int] = field(default_factory=dict)
    claimed: Mapping[str, int] = field(default_factory=dict)

    def of(self, table: str) -> list[Change]:
        """Return the changes of one table."""
        return [change for change in self.changes if change.table == table]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the product's; ``at`` is in Cronofy's seconds, ``reply`` None if unread."""

    at: float
    method: str
    path: str
    query: Mapping[str, list[str]]
    sub: str
    body: Any
    status: int
    reply: Any
    fault: str
    #: The numbers of the writes that were accepted.
    accepted: tuple[int, ...] = ()
    #: How many records there were when Cronofy answered; others may have come before it arrived.
    answered_after: int = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """Give the events that the answer showed."""
        found = self.reply.get("events") if isinstance(self.reply, dict) else None
        shown = found if isinstance(found, list) else []
        return [each for each in shown if isinstance(each, dict)]

    @property
    def written(self) -> list[dict[str, Any]]:
        """Give what was sent of each event that was to be written."""
        if self.path != "/v1/batch" or not isinstance(self.body, dict):
            return []
        return [each.get("data") or {} for each in self.body.get("batch") or ()]


@dataclass(frozen=True, slots=True)
class Deed:
    """What the owner of the mailbox did to one event."""

    at: float
    before: Shown | None
    after: Shown

    @property
    def uid(self) -> str:
        """Give the event's uid."""
        return self.after.uid


@dataclass(frozen=True, slots=True)
class Landing:
    """An accepted write of ours that was applied, and the event before and after."""

    at: float
    landed: Landed
    before: Shown | None
    after: Shown | None


Record = Commit | Call | Deed | Landing
