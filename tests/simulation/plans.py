"""Plans of histories: what a seed stands for, as a list of steps.

A plan can be printed, cut short and carried out again; nothing of it is drawn later.
"""

import random
from dataclasses import dataclass
from typing import Any

from calsync.core.options import Options
from calsync.core.pair import Policy
from tests.simulation.office import EVERYTHING

Step = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Plan:
    """What happens in one history."""

    seed: int
    steps: tuple[Step, ...]
    options: Options = EVERYTHING
    fault_rate: float = 0.0


def draw_plan(seed: int) -> Plan:
    """Return the plan that a seed stands for."""
    stream = random.Random(f"{seed}:steps")
    chance = stream.random
    switch = stream.choice([0.3, 0.7, 0.95, 1.0])
    options = Options(
        takes_create=chance() < switch,
        takes_update=chance() < switch,
        takes_delete=chance() < switch,
        kinds=EVERYTHING.kinds,
        policy=stream.choice([Policy.NEWEST, Policy.NEWEST, Policy.MINE, Policy.THEIRS]),
    )
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
    return Plan(seed, steps, options, stream.choice([0.0, 0.02, 0.06, 0.15, 0.3]))


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
