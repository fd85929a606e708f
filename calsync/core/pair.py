"""A link with both of its sides as they are now, and the rules that hold for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from calsync.core.content import NO_PARTS, Content, Part, Parts
from calsync.core.item import Kind
from calsync.core.link import Link


class Policy(StrEnum):
    """Who wins where both sides changed the same part."""

    NEWEST = "newest"
    MINE = "mine"
    THEIRS = "theirs"
    ASK = "ask"


class Absence(StrEnum):
    """Why an entry does not stand on the user's My Calendar any more."""

    #: A person put it in the bin, or removed the occurrence.
    DELETED = "deleted"
    #: Somebody took it off this user's calendar.
    UNASSIGNED = "unassigned"
    #: It stands and can no longer be shown: a task lost its dates, say.
    UNSHOWABLE = "unshowable"


@dataclass(frozen=True, slots=True)
class Here:
    """The entry as it stands, or stood, on My Calendar.

    ``content`` is what the linked calendar would show of it, None where it is absent and
    nobody knows. ``accepted`` are the parts that its kind takes back. ``changed_at`` says
    when a part got its present value; a value taken in keeps its time there.
    ``edited_by_person`` are the parts whose present value a person set here.
    """

    kind: Kind
    content: Content | None
    accepted: Parts = NO_PARTS
    absence: Absence | None = None
    is_past: bool = False
    has_several_assignees: bool = False
    is_occurrence: bool = False
    changed_at: Mapping[Part, datetime] = field(default_factory=dict)
    edited_by_person: Parts = NO_PARTS


@dataclass(frozen=True, slots=True)
class Rules:
    """What the integration, the calendar and the permissions let happen to one pair.

    ``bar_out`` is the reason for which nothing may be written there, None where it may;
    ``bar_deletion`` the same for deleting the event.
    """

    takes_create: bool = False
    takes_update: bool = False
    takes_delete: bool = False
    policy: Policy = Policy.NEWEST
    bar_out: str | None = None
    #: The reason for which an event of the user's own may not be changed; a copy may be made.
    bar_change: str | None = None
    bar_deletion: str | None = None

    def barred(self, reason: str) -> "Rules":
        """Return the rules with nothing going out, for this reason where there is no other."""
        return replace(
            self,
            bar_out=self.bar_out or reason,
            bar_deletion=self.bar_deletion or reason,
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """A link, the entry and the rules; the event is what the link has last seen."""

    link: Link
    here: Here
    rules: Rules
