"""Twins: an entry and an event of the user's own that were made apart and mean the same.

Of an appointment of one person and an event of the same title and time one is enough: they
are linked, one to one, and what differs besides counts as agreed (docs/sync.md 6).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from calsync.core.content import Content, Part, canonical
from calsync.core.entry import Entry
from calsync.core.event import AllDay, Event
from calsync.core.item import ItemStatus, Kind
from calsync.core.mapping import is_off


def likeness_of(content: Content) -> str:
    """Return what twins have in common, title and time, as a code that tells nobody either."""
    title, times = canonical(Part.TITLE, content.title), content.times
    if isinstance(times, AllDay):
        moments = [times.start.isoformat(), times.end.isoformat()]
    else:
        moments = [_to_the_minute(times.start), _to_the_minute(times.end)]
    return hashlib.sha256(json.dumps([title, moments]).encode()).hexdigest()


def can_be_twin(entry: Entry) -> bool:
    """Tell whether an entry may be taken for the same as an event of its title and time.

    What has several assignees is everybody's, and what repeats has a series to answer for.
    """
    is_single = entry.fields.rule is None and entry.assignee_count == 1
    is_held = entry.status is not ItemStatus.CANCELLED
    return entry.kind is Kind.APPOINTMENT and is_single and is_held


def is_alike(event: Event) -> bool:
    """Tell whether an event may look like an entry at all: it stands, and is the user's own."""
    return not (event.deleted or event.is_managed or is_off(event))


def can_be_twin_there(event: Event) -> bool:
    """Tell whether an event may be taken for the same as an entry: it is one by itself."""
    return is_alike(event) and event.series_id is None and not event.recurring


def pair_twins(entries: Mapping[str, str], events: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return which event each entry is the same as, by name, each used once.

    Both are given with their likenesses; of several alike the first goes with the first.
    """
    waiting: dict[str, list[str]] = {}
    for name, likeness in events:
        waiting.setdefault(likeness, []).append(name)
    pairs = {}
    for name, likeness in entries.items():
        if waiting.get(likeness):
            pairs[name] = waiting[likeness].pop(0)
    return pairs


def _to_the_minute(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
