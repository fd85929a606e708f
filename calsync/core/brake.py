"""The brake: a sudden share of deletions or overwrites is held, and the user is asked.

Counted per integration and direction over 24 hours (docs/sync.md 11): on the plan, before its
first action, and again at each action. Creations and updates of our own copies never are,
nor are deletions that the user has confirmed with their number, unless there are more.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from calsync.core.actions import Action, DeleteThere, RemoveHere, TakeIn, Write
from calsync.core.link import Act, Link, Origin, Side

#: Fewer than this are nobody's surprise.
ALWAYS_ALLOWED = 10
#: Of the linked entries, the share that may go.
_SHARE = 5
#: From here on it is a surprise if everything goes.
FEW = 3


class Counted(StrEnum):
    """What the brake counts."""

    REMOVAL = "removal"
    #: A change taken in, of which a run may make ten unnoticed.
    OVERWRITE = "overwrite"
    #: One that replaces what a person did here.
    REPLACEMENT = "replacement"
    #: A change of an event of the user's own.
    EXTERNAL = "external"
    EXTERNAL_REMOVAL = "external_removal"


_DELETIONS = (Counted.REMOVAL, Counted.EXTERNAL_REMOVAL)


@dataclass(frozen=True, slots=True)
class Charge:
    """What an action counts as; all of one ``group``, a series say, count once."""

    side: Side
    counted: Counted
    group: str

    @property
    def is_deletion(self) -> bool:
        """Tell whether something goes."""
        return self.counted in _DELETIONS


@dataclass
class Tally:
    """What was counted in one run."""

    groups: dict[tuple[Side, Counted], set[str]] = field(default_factory=dict)
    #: Deletions one by one, those of a series too: so their number is told to the user.
    deletions: Counter[Side] = field(default_factory=Counter)

    def add(self, charge: Charge) -> None:
        """Count an action."""
        self.groups.setdefault((charge.side, charge.counted), set()).add(charge.group)
        self.deletions[charge.side] += charge.is_deletion

    def count(self, side: Side, *, with_deletions: bool = True) -> int:
        """Return how much was counted in one direction."""
        left_out = {Counted.OVERWRITE, *(() if with_deletions else _DELETIONS)}
        others = sum(self._count(side, counted) for counted in Counted if counted not in left_out)
        overwrites = self._count(side, Counted.OVERWRITE)
        return others + max(0, overwrites - ALWAYS_ALLOWED)

    def count_removals(self, side: Side) -> int:
        """Return how many deletions were counted in one direction."""
        return self._count(side, Counted.REMOVAL)

    def _count(self, side: Side, counted: Counted) -> int:
        return len(self.groups.get((side, counted), ()))


@dataclass(frozen=True, slots=True)
class Brake:
    """How much may go: ``linked`` entries there are, and ``spent`` was counted in 24 hours."""

    linked: int
    spent: Mapping[Side, int] = field(default_factory=dict)
    #: How many deletions the user has confirmed on the page, in each direction.
    confirmed: Mapping[Side, int] = field(default_factory=dict)

    @property
    def limit(self) -> int:
        """Give how much may go in one direction within 24 hours."""
        return max(ALWAYS_ALLOWED, self.linked // _SHARE)

    def stops(self, charge: Charge, tally: Tally) -> bool:
        """Tell whether an action waits for the user's word where so much was counted."""
        is_confirmed = charge.is_deletion and self._is_confirmed(tally, charge.side)
        return not is_confirmed and self.trips(tally, charge.side)

    def trips(self, tally: Tally, side: Side) -> bool:
        """Tell whether what was counted is too much."""
        if self.spent.get(side, 0) + self.weigh(tally, side) > self.limit:
            return True
        removals = tally.count_removals(side)
        return removals >= max(FEW, self.linked) and not self._is_confirmed(tally, side)

    def weigh(self, tally: Tally, side: Side) -> int:
        """Return how much of what was counted the user has not confirmed."""
        return tally.count(side, with_deletions=not self._is_confirmed(tally, side))

    def _is_confirmed(self, tally: Tally, side: Side) -> bool:
        """Tell whether no more would go than the user has confirmed."""
        return tally.deletions[side] <= self.confirmed.get(side, 0)


def charge_of(action: Action, link: Link, group: str) -> Charge | None:
    """Return what the brake counts of an action, None for what it lets pass.

    That is what only adds or brings back, what goes out because somebody did it by hand to
    one item or one series, and the deletion of a copy that no read has shown yet.
    """
    is_external = link.origin is Origin.BROUGHT
    if isinstance(action, DeleteThere | Write) and Act.BY_HAND in link.acts:
        return None
    match action:
        case RemoveHere():
            return Charge(Side.IN, Counted.REMOVAL, group)
        case TakeIn(replaced=replaced):
            counted = Counted.REPLACEMENT if replaced else Counted.OVERWRITE
            return Charge(Side.IN, counted, group)
        case DeleteThere() if link.seen is None:
            return None
        case DeleteThere():
            counted = Counted.EXTERNAL_REMOVAL if is_external else Counted.REMOVAL
            return Charge(Side.OUT, counted, group)
        case Write() if is_external:
            return Charge(Side.OUT, Counted.EXTERNAL, group)
        case _:
            return None
