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


def count_name(side: Side, action: str, result: Result) -> str:
    """Return the name under which a run counts such a thing."""
    return f"{side.value}_{action}_{result.value}"
