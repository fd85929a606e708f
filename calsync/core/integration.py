"""Integrations: why one stands still, what can be asked of it, and when it is looked at next."""

from datetime import datetime, timedelta
from enum import StrEnum

#: How often the linked calendar is asked until its notifications are proven to come.
POLL_EVERY = timedelta(minutes=5)
#: And at most while they are, if nothing changes.
LONGEST_POLL = timedelta(hours=24)
#: A complete read heals what changes alone cannot.
SWEEP_EVERY = timedelta(hours=24)
#: Changes of the last seconds are read again: Cronofy's times are whole seconds, and what
#: was written while a page was put together may stand before it (docs/sync.md 14.6).
OVERLAP = timedelta(seconds=5)
#: Two runs of one integration are this far apart, however often it is woken.
SHORTEST_POLL = timedelta(seconds=5)
#: Work begins this long after Active was switched, so that whoever flips it to and fro
#: asks Cronofy once and not each time.
SWITCH_DELAY = timedelta(seconds=5)


class Stop(StrEnum):
    """Why nothing flows although the integration is active."""

    NOT_CONNECTED = "not_connected"
    CALENDAR_GONE = "calendar_gone"
    PERMISSION_MISSING = "permission_missing"
    #: Cronofy reads the mailbox for the first time.
    BEING_READ = "being_read"


class Caution(StrEnum):
    """What does not flow although the integration works, until the user says otherwise."""

    #: A change of an event of the user's own altered more of it than was sent (docs/sync.md 7).
    ALTERED = "altered"


class Refusal(StrEnum):
    """Why what a user asks of an integration cannot be done as things are."""

    ALREADY_LINKED = "already_linked"
    CALENDAR_GONE = "calendar_gone"
    READ_ONLY = "read_only"
    NOT_CONNECTED = "not_connected"
    NOT_ACTIVE = "not_active"
    #: Cronofy has not read the mailbox for the first time yet.
    BEING_READ = "being_read"
    #: The options let nothing flow, or ask to send without any kind to be sent.
    NOTHING_FLOWS = "nothing_flows"
    NOTHING_TO_SEND = "nothing_to_send"
    #: Another number of copies would go than the page has shown.
    NUMBER_CHANGED = "number_changed"
    #: Another window answered something else, or saved other settings, than the page has shown.
    ANSWERS_CHANGED = "answers_changed"
    SETTINGS_CHANGED = "settings_changed"


class Copies(StrEnum):
    """What becomes of our copies in a calendar that they are not sent to any more."""

    STAY = "stay"
    GO = "go"


class Meanwhile(StrEnum):
    """What becomes of what happened on both sides while nothing flowed (docs/sync.md 5)."""

    #: Both sides as they are count as agreed.
    AGREED = "agreed"
    #: It flows now, as the user has confirmed.
    FLOWS = "flows"


#: After an absence longer than this, removals are held (docs/sync.md 12).
LONG_ABSENCE = timedelta(hours=24)


def next_poll(present: timedelta, *, has_changed: bool, is_channel_proven: bool) -> timedelta:
    """Return how long to wait before the linked calendar is asked again unasked.

    Longer each time that nothing had changed, while notifications are known to come; as
    short as ever once something had.
    """
    if has_changed or not is_channel_proven:
        return POLL_EVERY
    return min(max(present, POLL_EVERY) * 3 / 2, LONGEST_POLL)


def move_cursor(cursor: datetime | None, read_at: datetime, *, is_empty: bool) -> datetime:
    """Return up to when everything was applied by a read that was answered at ``read_at``.

    An answer that shows nothing may be wrong, and would hide a change for ever: it moves the
    cursor by no more than what is read again.
    """
    if cursor is None:
        return read_at
    return max(cursor, min(read_at, cursor + OVERLAP) if is_empty else read_at)


#: Stops that asking again cannot end.
_REFUSALS = {
    Stop.NOT_CONNECTED: Refusal.NOT_CONNECTED,
    Stop.CALENDAR_GONE: Refusal.CALENDAR_GONE,
}


def find_refusal(stop: Stop | None, *, is_active: bool, is_connected: bool) -> Refusal | None:
    """Return why an integration that stands so cannot be synced now, None where it can."""
    if not is_active:
        return Refusal.NOT_ACTIVE
    if stop in _REFUSALS:
        return _REFUSALS[stop]
    return None if is_connected else Refusal.NOT_CONNECTED
