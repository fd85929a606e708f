"""What a run counted before it did anything."""

from dataclasses import dataclass, field

from calsync.core.brake import Brake, Charge, Counted, Tally
from calsync.core.event import Times
from calsync.core.footer import ItemLink
from calsync.core.link import Link, Side


@dataclass
class Plan:
    """What a run counted before its first action."""

    #: Asked for only where there is something to decide on.
    brake: Brake = field(default_factory=lambda: Brake(linked=0))
    #: How many links are to be decided on.
    links: int = 0
    #: How many things are to be done to them.
    actions: int = 0
    #: The user was away for long: removals wait for their word (docs/sync.md 12).
    is_absent: bool = False
    #: Every action that the brake counts, each with its entry.
    charges: list[tuple[ItemLink, Charge]] = field(default_factory=list)
    #: The links over which it counts that something goes.
    deleting: set[str] = field(default_factory=set)
    planned: Tally = field(default_factory=Tally)
    done: Tally = field(default_factory=Tally)
    #: The links whose events are gone, which would take their entries along.
    removals: list[Link] = field(default_factory=list)
    #: When what is to be sent for the first time takes place, by the ids of the links, where
    #: something alike may stand there.
    alike: dict[str, Times] = field(default_factory=dict)
    #: Entries whose copies stand in another calendar now: moved, not deleted.
    moved: frozenset[ItemLink] = frozenset()

    def add(self, named: ItemLink, charge: Charge, link_id: str) -> None:
        """Count an action that would be done to an entry, unless it waits whatever else is done."""
        if self.awaits_return(charge):
            return
        self.charges.append((named, charge))
        self.planned.add(charge)
        if charge.is_deletion:
            self.deleting.add(link_id)

    def awaits_return(self, charge: Charge) -> bool:
        """Tell whether an action is held because the user was away for long (docs/sync.md 12)."""
        is_here = charge.side is Side.IN and charge.counted is Counted.REMOVAL
        return self.is_absent and (is_here or charge.counted is Counted.EXTERNAL_REMOVAL)

    def note_moved(self, moved: frozenset[ItemLink]) -> None:
        """Take out of the plan what stands in another calendar now: it is not removed here."""
        self.moved, self.planned = moved, Tally()
        for named, charge in self.charges:
            if named not in moved or charge.side is Side.OUT or not charge.is_deletion:
                self.planned.add(charge)

    def holds(self, charge: Charge) -> bool:
        """Tell whether an action is held: by the whole plan, or by what was done so far."""
        if self.brake.stops(charge, self.planned):
            return True
        self.done.add(charge)
        return self.brake.stops(charge, self.done)
