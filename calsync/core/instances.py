"""Instances of a series there that were made anew: a deletion and a new one are one change.

Some services give every instance a new uid when a series is changed. Deleted and new ones
of one series are paired in order of start, where the new one is not much older than the
deletion (docs/sync.md 9).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from calsync.core.link import Link, LinkState

#: How long a deletion of an instance waits for the one that takes its place.
WAITS = timedelta(minutes=2)
#: A new instance may have been made this long before the old one was deleted.
_SLACK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance: what it is known by, when it starts, when it was made or deleted."""

    name: str
    start: datetime | date
    at: datetime | None


def pair_instances(
    gone: Iterable[Instance], fresh: Iterable[Instance]
) -> list[tuple[Instance, Instance]]:
    """Return which new instance takes the place of which deleted one."""
    left = sorted(fresh, key=_start_of)
    pairs = []
    for old in sorted(gone, key=_start_of):
        new = next((each for each in left if _may_replace(each, old)), None)
        if new is not None:
            left.remove(new)
            pairs.append((old, new))
    return pairs


def is_replaceable(link: Link) -> bool:
    """Tell whether a link may follow a new instance: its own is gone, and nothing came of it.

    The read that ends the waiting may be the very one that shows the new instance.
    """
    seen = link.seen
    if link.is_ours or link.state is not LinkState.LIVE or seen is None or seen.stands:
        return False
    return seen.series is not None and link.gone_at is not None


def is_awaited(link: Link, now: datetime) -> bool:
    """Tell whether a deleted instance may still turn out to have been made anew."""
    return is_replaceable(link) and link.gone_at is not None and now < link.gone_at + WAITS


def _may_replace(new: Instance, old: Instance) -> bool:
    return new.at is None or old.at is None or new.at >= old.at - _SLACK


def _start_of(instance: Instance) -> str:
    return instance.start.isoformat()
