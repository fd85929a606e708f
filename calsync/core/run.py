"""Runs: what began a sync, how it stands, and what each entry of its log says."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from calsync.core.link import Side


class Trigger(StrEnum):
    """What began a sync."""

    MANUAL = "manual"
    #: A change on My Calendar, or one that Cronofy told of.
    REAL_TIME_OUT = "real_time_out"
    REAL_TIME_IN = "real_time_in"
    SCHEDULED = "scheduled"


class RunState(StrEnum):
    """How a sync stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    #: It ended before its end; what is left is tried again.
    STOPPED = "stopped"


#: Why a run stopped that the user has cancelled, as its row has it.
CANCELLED = "cancelled"


class Result(StrEnum):
    """What became of one thing that a sync had to do with."""

    DONE = "done"
    DECLINED = "declined"
    HELD = "held"
    CONFLICT = "conflict"
    FAILED = "failed"


class Outcome(StrEnum):
    """What became of one thing, as a person would say: what was done, or that it was not."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    RESTORED = "restored"
    LINKED = "linked"
    SKIPPED = "declined"
    FAILED = "failed"
    HELD = "held"
    CONFLICT = "conflict"


#: The actions of what was done.
DONE_AS = {
    Outcome.CREATED: "create",
    Outcome.UPDATED: "update",
    Outcome.DELETED: "delete",
    Outcome.RESTORED: "restore",
    Outcome.LINKED: "link",
}


def count_name(side: Side, action: str, result: Result) -> str:
    """Return the name under which a run counts such a thing."""
    return f"{side.value}_{action}_{result.value}"


def find_times(
    side: Side, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Mapping[str, str] | None:
    """Return when something takes place that a log tells of: as it is after it, else as it was.

    ``before`` and ``after`` are both sides as the log has them; None where it has no times.
    """
    sides = ("mine", "theirs") if side is Side.IN else ("theirs", "mine")
    for record in (after, before):
        for name in sides:
            content = record.get(name) or {}
            if content.get("times"):
                times: Mapping[str, str] = content["times"]
                return times
    return None
