"""What nobody can decide from outside: counted and printed, never silent."""

from enum import StrEnum


class Limit(StrEnum):
    """Each with the words in which docs/simulation.md lists it."""

    OVER_UNREAD = "our write landed over an edit that no read had shown"
    OVER_LATER = "our write landed over an edit that was made after it"
    REPLACED_UNREAD = "we put another copy for one that was edited unread"
    DELETED_WHILE_QUEUED = "the owner deleted it while our write was queued"
    TWICE = "one of two calls of the same write landed after a later write"
    STALLED = "a process that had stalled sent what was decided before"
    UNANSWERED = "a write of which no answer came and that no read showed in time"
    TOUCHED = "an event was touched, and looked as before a write that had not landed"
    NEVER_CAME = "it was edited there while our write was queued that never landed"
    PRIVATE = "it was made public there before a read showed it as private"
    LIE_DELETED = "Cronofy said of an event that it was deleted, and it was not"
    LIE_HIDDEN = "Cronofy hid an event that was there, and no sweep came"
    OUT_OF_SIGHT = "it was changed there, and left Cronofy's window before it could be read"
    REWOUND = "the database was put back, and with it what people had done since"
    TOO_LATE = "a write lands so late that nothing is idle"
