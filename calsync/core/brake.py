"""The brake: a sudden share of deletions or overwrites is held, and the user is asked.

Counted per integration and direction over 24 hours (SYNC.md 11): on the plan, before its
first action, and again at each action. Creations and updates of our own copies never are.
"""

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
    #: A write to an event of the user's own.
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Charge:
    """What an action counts as; all of one ``group``, a series say, count once."""

    side: Side
    counted: Counted
    group: str


@dataclass
class Tally:
    """What was counted in one run."""

    groups: dict[tuple[Side, Counted], set[str]] = field(default_factory=dict)

    def add(self, charge: Charge) -> None:
        """Count an action."""
        self.groups.setdefault((charge.side, charge.counted), set()).add(charge.group)

    def count(self, side: Side) -> int:
        """Return how much was counted in one direction."""
        overwrites = self._count(side, Counted.OVERWRITE)
        others = sum(
            self._count(side, counted) for counted in Counted if counted is not Counted.OVERWRITE
        )
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

    @property
    def limit(self) -> int:
        """Give how much may go in one direction within 24 hours."""
        return max(ALWAYS_ALLOWED, self.linked // _SHARE)

    def trips(self, tally: Tally, side: Side) -> bool:
        """Tell whether what was counted is too much."""
        if self.spent.get(side, 0) + tally.count(side) > self.limit:
            return True
        removals = tally.count_removals(side)
        return removals >= FEW and removals >= self.linked


def charge_of(action: Action, link: Link, group: str) -> Charge | None:
    """Return what the brake counts of an action, None for what it lets pass.

    That is what only adds or brings back, and what goes out because somebody did it by hand
    to one item or one series.
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
        case DeleteThere():
            return Charge(Side.OUT, Counted.EXTERNAL if is_external else Counted.REMOVAL, group)
        case Write() if is_external:
            return Charge(Side.OUT, Counted.EXTERNAL, group)
        case _:
            return None
