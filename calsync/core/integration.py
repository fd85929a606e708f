"""Integrations: why one stands still, and when it is looked at next."""

from datetime import timedelta
from enum import StrEnum

#: How often the linked calendar is asked until its notifications are proven to come.
POLL_EVERY = timedelta(minutes=5)
#: And at most while they are, if nothing changes.
LONGEST_POLL = timedelta(hours=24)
#: A complete read heals what changes alone cannot (SYNC.md 14, 5).
SWEEP_EVERY = timedelta(hours=24)
#: Two runs of one integration are this far apart, however often it is woken.
SHORTEST_POLL = timedelta(seconds=5)


class Stop(StrEnum):
    """Why nothing flows although the integration is active."""

    NOT_CONNECTED = "not_connected"
    CALENDAR_GONE = "calendar_gone"
    PERMISSION_MISSING = "permission_missing"
    #: Cronofy reads the mailbox for the first time.
    BEING_READ = "being_read"


def next_poll(present: timedelta, *, has_changed: bool, is_channel_proven: bool) -> timedelta:
    """Return how long to wait before the linked calendar is asked again unasked.

    Longer each time that nothing had changed, while notifications are known to come; as
    short as ever once something had.
    """
    if has_changed or not is_channel_proven:
        return POLL_EVERY
    return min(max(present, POLL_EVERY) * 3 / 2, LONGEST_POLL)
