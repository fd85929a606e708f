"""Both sides as they are when a history is judged, read once for all judges."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from calsync.db.models import Assignment, Item, LinkRow
from tests.simulation.office import Office
from tests.simulation.snapshots import Shown


@dataclass(frozen=True)
class Sides:
    """Items by their ids, those in the bin too, and the events of all linked calendars."""

    items: Mapping[str, Item]
    #: On whose calendars each item stands, or stood last.
    assignees: Mapping[str, set[str]]
    links: tuple[LinkRow, ...]
    events: tuple[Shown, ...]

    @property
    def standing_items(self) -> dict[str, Item]:
        """Give the items that are not in the bin."""
        return {item.id: item for item in self.items.values() if item.deleted_at is None}

    @property
    def standing_events(self) -> dict[str, Shown]:
        """Give the events that are not deleted, by their uids."""
        return {event.uid: event for event in self.events if not event.deleted}


def look(office: Office) -> Sides:
    """Return both sides as they are now."""
    assignees: dict[str, set[str]] = defaultdict(set)
    with office.tools.db.read() as session:
        for row in session.query(Assignment).all():
            assignees[row.item_id].add(row.user_id)
    items = {item.id: item for item in office.items()}
    return Sides(items, assignees, tuple(office.links()), tuple(office.events()))
