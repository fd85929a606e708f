"""What is new: which events are brought in, and which entries are sent (docs/sync.md 1).

Turning a switch on never rewrites the past by itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from calsync.core.event import Event
from calsync.core.link import Act


class Verdict(StrEnum):
    """What is made of an event that no link knows; all but the first are reasons not to."""

    BRING = "bring"
    #: It was there before we began to look.
    BASELINE = "baseline"
    CREATE_OFF = "create_off"
    CANCELLED = "cancelled"
    #: Its footer names an entry that stands at the same time: our own copy, doubled or moved.
    LOOK_ALIKE = "look_alike"
    #: It was brought in once and deleted here.
    DELETED_HERE = "deleted_here"
    #: A copy of ours that no link of this installation knows.
    UNKNOWN_COPY = "unknown_copy"
    UNREADABLE = "unreadable"


#: Judged again at each change of the event; the others are judged once.
JUDGED_AGAIN = frozenset(
    {Verdict.CREATE_OFF, Verdict.CANCELLED, Verdict.LOOK_ALIKE, Verdict.UNREADABLE}
)
_LEFT_OUT = frozenset({Verdict.BASELINE, Verdict.CREATE_OFF})


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An event that no link knows."""

    created: datetime | None = None
    updated: datetime | None = None
    is_managed: bool = False
    is_off: bool = False
    is_look_alike: bool = False
    #: Another instance of its series was brought in.
    belongs_to_series: bool = False
    #: In the range of a Retrieve that is under way.
    is_retrieved: bool = False
    #: What was made of it before, and whether it is as it was then.
    judged: Verdict | None = None
    is_unchanged: bool = False


def newest_of_each(events: Iterable[Event]) -> list[Event]:
    """Return each event once, as the newest of what a read shows of it: its pages may overlap."""
    newest: dict[str, Event] = {}
    for event in events:
        known = newest.get(event.uid)
        is_older = known and known.updated and event.updated and event.updated < known.updated
        if not is_older:
            newest[event.uid] = event
    return list(newest.values())


def judge(newcomer: Newcomer, takes_create: bool, since: datetime | None) -> Verdict:
    """Return what is made of an event; ``since`` is when Create was turned on.

    New is what was created or changed at or after that moment, so that an invitation to an
    older meeting arrives, and an old event that slides into Cronofy's window does not.
    """
    if newcomer.is_managed:
        return Verdict.UNKNOWN_COPY
    if newcomer.is_off:
        return Verdict.CANCELLED
    if newcomer.is_look_alike or _was_look_alike(newcomer):
        return Verdict.LOOK_ALIKE
    if newcomer.judged is Verdict.DELETED_HERE:
        return Verdict.DELETED_HERE
    # An instance follows as it enters the window; one that stood there before its series came
    # in was left out by the range of the Retrieve.
    follows = newcomer.belongs_to_series and newcomer.judged not in _LEFT_OUT
    if newcomer.is_retrieved or follows:
        return Verdict.BRING
    if not takes_create:
        return Verdict.CREATE_OFF
    if newcomer.judged is not None and newcomer.judged not in JUDGED_AGAIN:
        return newcomer.judged
    is_new = since is not None and _is_since(newcomer, since)
    return Verdict.BRING if is_new else Verdict.BASELINE


def is_to_be_sent(
    acts: Collection[Act], marked_at: datetime | None, kind_since: datetime | None
) -> bool:
    """Tell whether an entry that has no copy is new here.

    It is where a person made, changed, assigned or restored it at or since the moment at
    which its kind was ticked.
    """
    if kind_since is None or marked_at is None:
        return False
    return bool(acts) and marked_at >= kind_since


def _was_look_alike(newcomer: Newcomer) -> bool:
    """Tell whether it was a copy of ours and nobody has made it another: then it still is.

    The entry may have got another time since, or another copy for one that was moved.
    """
    return newcomer.judged is Verdict.LOOK_ALIKE and newcomer.is_unchanged


def _is_since(newcomer: Newcomer, since: datetime) -> bool:
    # Provider times are whole seconds.
    moment = since.replace(microsecond=0)
    return any(
        known is not None and known >= moment for known in (newcomer.created, newcomer.updated)
    )
