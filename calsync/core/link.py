"""Links: an entry tied to an event, what both sides last agreed on, and what is in flight.

The shadow has two contents, for the sides may differ where a field is not accepted or a
change was kept out: ``here`` is what the entry showed and ``there`` what the event showed
when the two were last in step. A side was edited where it differs from its own shadow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from calsync.core.content import ALL_PARTS, Content, Part, Parts, find_differing


class Origin(StrEnum):
    """Whose event it is."""

    #: A copy that we made of an entry: it has our ``event_id``.
    SENT = "sent"
    #: The user's own, which we brought in.
    BROUGHT = "brought"


class LinkState(StrEnum):
    """Whether anything flows over a link, and if not, why (docs/sync.md 5)."""

    LIVE = "live"
    PARKED = "parked"
    REMOVED_THERE = "removed_there"
    DELETED_HERE = "deleted_here"
    TOMBSTONE = "tombstone"
    UNDONE = "undone"
    HELD = "held"
    NOT_FOUND = "not_found"
    SET_ASIDE = "set_aside"


class Act(StrEnum):
    """What a person did to an entry here: not a rule, and not something taken in."""

    CREATED = "created"
    CHANGED = "changed"
    #: A call, an activity or a task got another time.
    RESCHEDULED = "rescheduled"
    ASSIGNED = "assigned"
    RESTORED = "restored"
    REOPENED = "reopened"
    SENT_AGAIN = "sent_again"
    #: What was set aside is to be tried again; it wakes nothing else.
    TRY_AGAIN = "try_again"
    #: Whatever it was, it was done in a page, to this one item or series.
    BY_HAND = "by_hand"


class Wish(StrEnum):
    """What the user asked to be done with a link, with its number on the page."""

    #: It is parked: both sides as they are count as agreed, and it is live again (docs/sync.md 5).
    AGREE = "agree"
    #: Its copy is deleted (docs/sync.md 6).
    DELETE_COPY = "delete_copy"
    #: What was kept out of it so far flows after all (docs/sync.md 1).
    FLOW = "flow"
    #: What is held is done after all; or both sides stay as they are (docs/sync.md 11).
    DO = "do"
    KEEP = "keep"
    #: The first copy is made of an entry that nobody touched, as Send asks for (docs/sync.md 1).
    SEND = "send"


class Deed(StrEnum):
    """What may be held of what is to be done to a pair."""

    TAKE_IN = "take_in"
    REMOVE_HERE = "remove_here"
    WRITE = "write"
    DELETE_THERE = "delete_there"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as a read last showed it.

    ``content`` is None where a deleted event no longer tells what it was. ``since`` says
    for each part the ``updated`` of the first read that showed its present value.
    """

    content: Content | None
    is_deleted: bool = False
    updated: datetime | None = None
    created: datetime | None = None
    can_update: bool = False
    can_delete: bool = False
    has_guests: bool = False
    #: The series it is an instance of, if it is of one.
    series: str | None = None
    #: Cancelled, or an invitation that the user declined.
    is_off: bool = False
    since: Mapping[Part, datetime] = field(default_factory=dict)

    @property
    def stands(self) -> bool:
        """Tell whether the event is there."""
        return not self.is_deleted and self.content is not None


@dataclass(frozen=True, slots=True)
class Flight:
    """A write that was decided and that no read has shown yet (docs/sync.md 14.2).

    It is committed before the call. ``sent`` is the whole content, None for a deletion;
    ``parts`` are those that the write was meant to change, the others were carried along.
    ``here`` is what the entry showed and ``before`` what the event showed at that moment.
    ``answered_at`` is when Cronofy accepted it; None where nobody knows.
    """

    sent: Content | None
    parts: Parts
    here: Content | None
    before: Seen | None
    decided_at: datetime
    answered_at: datetime | None = None
    #: The state that a deletion ended, and that its expiry brings back.
    came_from: LinkState = LinkState.LIVE

    @property
    def is_deletion(self) -> bool:
        """Tell whether it takes the event away."""
        return self.sent is None


class Side(StrEnum):
    """A direction, by where a change goes."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Declined:
    """A change that was kept out: by what, in which direction, and its value."""

    side: Side
    reason: str
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One part that both sides changed and that waits for an answer."""

    mine: Any = field(repr=False)
    theirs: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """One entry tied to one event of one integration.

    ``here`` and ``there`` are None until the first read that shows the event.
    ``late`` is a write that expired, which may still land, and ``older`` one that another
    write followed since. ``put_back`` are the distinct
    values of a title that was put back once. ``tries`` counts writes that never showed.
    """

    origin: Origin
    state: LinkState = LinkState.LIVE
    here: Content | None = None
    there: Content | None = None
    seen: Seen | None = None
    flight: Flight | None = None
    late: Flight | None = None
    older: Flight | None = None
    #: When we decided to delete the event, until a read says that it is gone for good.
    deleted_at: datetime | None = None
    declined: Mapping[Part, Declined] = field(default_factory=dict)
    conflicts: Mapping[Part, Conflict] = field(default_factory=dict)
    put_back: tuple[str, ...] = field(default=(), repr=False)
    #: What a read showed of the user's before our write landed over it, still to be said.
    overwritten: Mapping[Part, Any] = field(default_factory=dict, repr=False)
    #: The same of parts that our write only carried along: it is to come back.
    carried_over: Mapping[Part, Any] = field(default_factory=dict, repr=False)
    #: What people did to the entry here since the pair was last decided.
    acts: frozenset[Act] = frozenset()
    #: Whether both sides agreed that it does not take place.
    is_off: bool = False
    tries: int = 0
    #: How many complete sweeps have not shown it.
    misses: int = 0
    #: What waits for the user's word while it is held.
    held: frozenset[Deed] = frozenset()
    #: And why it waits.
    held_for: str | None = None
    #: When a read first showed that its event was gone.
    gone_at: datetime | None = None
    #: Up to when both sides as they were count as agreed, also what no read has shown yet.
    agreed_at: datetime | None = None
    #: When its present times were taken in from there.
    times_taken_at: datetime | None = None

    @property
    def is_ours(self) -> bool:
        """Tell whether the event is a copy of ours."""
        return self.origin is Origin.SENT

    @property
    def is_unsent(self) -> bool:
        """Tell whether the copy is still to be made, and nothing is under way."""
        return self.state is LinkState.LIVE and self.has_no_copy

    @property
    def has_no_copy(self) -> bool:
        """Tell whether nothing was ever sent of the entry that may stand there."""
        is_idle = self.flight is None and self.late is None
        return self.is_ours and self.seen is None and is_idle

    def find_edits_here(self, content: Content) -> Parts:
        """Return the parts in which the entry differs from what both sides agreed on."""
        return find_differing(self.here, content) if self.here else ALL_PARTS

    def find_edits_there(self) -> Parts:
        """Return the parts in which the event differs from what both sides agreed on."""
        if self.seen is None or self.seen.content is None or self.there is None:
            return frozenset()
        return find_differing(self.there, self.seen.content)
