"""The plan of a sync as its user is shown it: what would be done where, under four heads."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from calsync.core.link import Side
from calsync.core.run import Result


class Direction(StrEnum):
    """Where something would be done."""

    IN = "in"
    OUT = "out"
    #: In the calendar that another one takes the place of.
    FORMER = "former"


class Head(StrEnum):
    """Under which head the user finds it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SKIPPED = "skipped"


_HEADS = {
    "create": Head.CREATE,
    "restore": Head.CREATE,
    "update": Head.UPDATE,
    "delete": Head.DELETE,
}


def head_of(action: str, result: Result) -> Head:
    """Return the head for what a run does or declines to do.

    What only ties two things together that stand on both sides changes neither.
    """
    return _HEADS.get(action, Head.SKIPPED) if result is Result.DONE else Head.SKIPPED


def count_key(direction: Direction, head: Head) -> str:
    """Return the name under which is kept how much stands there."""
    return f"{direction.value}_{head.value}"


@dataclass(frozen=True, slots=True)
class Tick:
    """Deletions that the user has to confirm with their number.

    ``number`` is what the page shows; ``counted`` are those among them that the brake
    would hold. No more than was shown can be confirmed.
    """

    direction: Direction
    number: int
    counted: int

    def __post_init__(self) -> None:
        if self.counted > self.number:
            raise ValueError("more would be confirmed than the page has shown")


def needs_tick(number: int, counted: int, limit: int) -> bool:
    """Tell whether so many deletions are asked about, of which the brake holds some.

    Copies that go as they were asked to pass the brake, and are asked about all the same.
    """
    return counted > 0 or number > limit


def dump_ticks(ticks: Mapping[Direction, Tick]) -> dict[str, Any]:
    """Return ticks as JSON has them."""
    return {
        direction.value: {"number": tick.number, "counted": tick.counted}
        for direction, tick in ticks.items()
    }


def load_ticks(record: Mapping[str, Any]) -> tuple[Tick, ...]:
    """Return what ``dump_ticks`` was given, in the order of the directions."""
    found = {Direction(name): each for name, each in record.items()}
    return tuple(
        Tick(direction, found[direction]["number"], found[direction]["counted"])
        for direction in Direction
        if direction in found
    )


def find_changed(
    direction: Direction, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Return the parts that a change makes another, each as it was and as it would be.

    ``before`` and ``after`` are both sides as a log has them.
    """
    side = "mine" if direction is Direction.IN else "theirs"
    old, new = before.get(side) or {}, after.get(side) or {}
    return {part: (old.get(part), value) for part, value in new.items() if old.get(part) != value}


def direction_of(side: Side, *, is_former: bool) -> Direction:
    """Return where something is done, in a calendar that another takes the place of or not."""
    return Direction.FORMER if is_former else Direction(side.value)
