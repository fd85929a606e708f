"""Runs: what began a sync, how it stands, and what each entry of its log says."""

from enum import StrEnum

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
