"""Plans of histories: what a seed stands for, as a list of steps.

A plan can be printed, cut short and carried out again. Its faults, turns and lags are drawn
from the seed while it is carried out, unless it names them.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.core.pair import Policy

Step = tuple[str, tuple[Any, ...]]
#: Whose integration it is, which switches are on by their letters, and the policy.
Seat = tuple[str, str, str]
_SWITCHES = {
    "c": "takes_create",
    "u": "takes_update",
    "d": "takes_delete",
    "f": "sends_foreign",
    "m": "moves_meetings",
}


@dataclass(frozen=True)
class Plan:
    """What happens in one history, in plain values: its ``repr`` makes it again.

    ``faults`` says by the number of a boundary what goes wrong there, and its pick; ``turns``
    by the number of a turn who goes on; ``draws`` by its name what chance there is, zero
    where it is not named. Each of them is drawn from the seed where it is None.
    """

    seed: int
    steps: tuple[Step, ...]
    seats: tuple[Seat, ...] = (("dana", "cud", "newest"),)
    workers: int = 1
    #: Whether notifications come and accounts are looked at, as they do in the product.
    notified: bool = False
    #: Whether the calendar is read as a whole once a day.
    sweeps: bool = True
    fault_rate: float = 0.0
    switch_rate: float = 0.0
    faults: Mapping[int, tuple[str, float]] | None = None
    turns: Mapping[int, int] | None = None
    draws: Mapping[str, float] | None = None
    #: Whether Cronofy is as kind as its documentation lets it be.
    kindly: bool = False

    def __repr__(self) -> str:
        """Return the expression that makes the plan."""
        named = {each.name: getattr(self, each.name) for each in fields(self)[2:]}
        plain = {each.name: each.default for each in fields(self)}
        shown = [f"{name}={value!r}" for name, value in named.items() if value != plain[name]]
        return f"Plan({', '.join([str(self.seed), repr(self.steps), *shown])})"


def options_of(seat: Seat) -> Options:
    """Return the options that an integration begins with."""
    _, letters, policy = seat
    switches = {name: letter in letters for letter, name in _SWITCHES.items()}
    return Options(**switches, kinds=frozenset(Kind), policy=Policy(policy))


def draw_plan(seed: int) -> Plan:
    """Return the plan that a seed stands for."""
    stream = random.Random(f"{seed}:steps")
    seats = (_draw_seat("dana", stream),)
    weights = {
        "add": stream.choice([1, 3]),
        "put": stream.choice([0, 1, 3]),
        "change": stream.choice([1, 4]),
        "edit": stream.choice([1, 4]),
        "move": stream.choice([0, 1]),
        "shift": stream.choice([0, 1]),
        "delete": stream.choice([0, 1, 2]),
        "remove": stream.choice([0, 1, 2]),
        "restore": stream.choice([0, 1]),
        "revive": stream.choice([0, 0, 1]),
        "switch": stream.choice([0, 0, 1]),
        "pause": stream.choice([0, 0, 1]),
        "repeat": stream.choice([0, 0, 1]),
        "lock": stream.choice([0, 0, 0, 1]),
        "work": 4,
        "wait": 3,
    }
    names = stream.choices(list(weights), list(weights.values()), k=stream.randint(6, 24))
    steps = tuple(_draw_step(name, number, stream) for number, name in enumerate(names))
    return Plan(
        seed,
        steps,
        seats,
        workers=stream.choice([1, 2, 2, 3]),
        notified=stream.random() < 0.3,
        fault_rate=stream.choice([0.0, 0.02, 0.06, 0.15, 0.3]),
        switch_rate=stream.choice([0.05, 0.3, 0.7, 0.95]),
    )


def _draw_seat(name: str, stream: random.Random) -> Seat:
    share = stream.choice([0.3, 0.7, 0.95, 1.0])
    letters = "".join(letter for letter in "cud" if stream.random() < share)
    policy = stream.choice([Policy.NEWEST, Policy.NEWEST, Policy.MINE, Policy.THEIRS])
    return name, letters, policy.value


def _draw_step(name: str, number: int, stream: random.Random) -> Step:
    pick = stream.randrange(1000)
    match name:
        case "add" | "put" | "repeat":
            return name, (f"T{number}", stream.randrange(40))
        case "change" | "edit":
            return name, (pick, f"T{number}")
        case "move" | "shift":
            return name, (pick, stream.randrange(40))
        case "wait":
            return name, (stream.choice([1, 5, 20, 70, 400, 4000, 90_000]),)
        case _:
            return name, (pick,)
