"""What is counted of syncs, for the metrics."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from calsync.metrics import CONFLICTS, GUARDS, LAG, PASS_SECONDS, PASSES, REASONS

#: A sync that found nothing to do, and one that another worker had overtaken.
QUIET, OVERTAKEN = "quiet", "overtaken"

#: Which side counts, by the reason that the log has of a part that both had changed.
_WINNERS = {"replaced_there": "here", "replaced_here": "there", "conflict": "asked"}
_GUARDS = ("brake", "absence")


def count_pass(result: str, took: timedelta, reasons: Mapping[str, int]) -> None:
    """Count a sync that has ended and, by their reasons, what it logged as not done or lost."""
    PASSES.labels(result).inc()
    PASS_SECONDS.observe(took.total_seconds())
    for reason, count in reasons.items():
        REASONS.labels(reason).inc(count)
        if reason in _WINNERS:
            CONFLICTS.labels(_WINNERS[reason]).inc(count)
        if reason in _GUARDS:
            GUARDS.labels(reason).inc()


def note_lag(edited_at: datetime | None, now: datetime) -> None:
    """Count how long an edit took to get to the other side, where it is known when it was made."""
    if edited_at is not None:
        LAG.observe(max(0.0, (now - edited_at).total_seconds()))
