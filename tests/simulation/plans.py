"""Plans of histories: what a seed stands for, as a list of steps.

A plan can be printed, cut short and carried out again. Its faults, turns and lags are drawn
from the seed while it is carried out, unless it names them.
"""

import random
from collections.abc import Mapping, Sequence
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


#: The acts by families, of which a seed has some; each with the weights that it may have.
_FAMILIES: dict[str, dict[str, tuple[int, ...]]] = {
    "plain": {
        "add": (1, 3),
        "put": (0, 1, 3),
        "change": (1, 4),
        "edit": (1, 4),
        "move": (0, 1),
        "shift": (0, 1),
        "delete": (0, 1, 2),
        "remove": (0, 1, 2),
        "restore": (0, 1),
        "revive": (0, 0, 1),
    },
    "contents": {
        "describe": (0, 1),
        "place": (0, 1),
        "hide": (0, 1),
        "free": (0, 1),
        "stretch": (0, 1),
        "describe_there": (0, 1),
        "append_there": (0, 1),
        "place_there": (0, 1),
        "hide_there": (0, 1),
        "free_there": (0, 1),
        "stretch_there": (0, 1),
        "put_day": (0, 1),
    },
    "kinds": {"make": (1, 3), "finish": (0, 1), "stretch": (0, 1)},
    "series": {"repeat": (1, 2), "exempt": (0, 1), "retitle": (0, 1), "skip": (0, 1)},
    "series_there": {"repeat_there": (1, 2), "move_series": (0, 1), "end_series": (0, 1)},
    "calls": {"call": (1, 3), "rename": (0, 1), "assign": (0, 1, 2), "finish": (0, 1)},
    "meetings": {
        "invite": (1, 2),
        "guests": (0, 1),
        "cancel_there": (0, 1),
        "decline_there": (0, 1),
        "permit": (0, 1),
    },
    "settings": {
        "switch": (0, 1),
        "tick": (0, 1),
        "decide": (0, 1),
        "pause": (0, 1),
        "bulk": (0, 1),
    },
    "trouble": {
        "lock": (0, 1),
        "cut_off": (0, 1),
        "revoke": (0, 1),
        "expire": (0, 1),
        "relink": (1,),
    },
    "ends": {"leave": (0, 1), "drop": (0, 1), "link": (1,), "relink": (1,)},
    "backups": {"keep": (2,), "rewind": (1,)},
    "programs": {
        "psa_put": (1, 2),
        "psa_patch": (0, 1, 3),
        "psa_move": (0, 1),
        "psa_delete": (0, 1),
    },
    "pages": {"page_add": (1, 2), "page_move": (0, 1, 3), "page_delete": (0, 1)},
    "masses": {"wipe": (0, 1), "lose": (0, 1), "carry": (0, 1)},
}
#: How many of a hundred seeds have each family; all have the plain one.
_SHARES = {
    "contents": 40,
    "kinds": 25,
    "series": 20,
    "series_there": 20,
    "calls": 20,
    "meetings": 15,
    "settings": 25,
    "trouble": 20,
    "ends": 10,
    "backups": 8,
    "programs": 15,
    "pages": 15,
    "masses": 10,
}
#: In how many of a hundred another calendar is linked instead, once or there and back.
_SWAPPING = 8
_WITH_TITLE = (
    *("add", "put", "repeat", "repeat_there", "make", "call", "invite", "put_day"),
    *("psa_put", "page_add"),
)
_TITLING = ("change", "edit", "rename", "retitle", "psa_patch")
_NUMBERED = (
    "move",
    "shift",
    "describe",
    "place",
    "stretch",
    "exempt",
    "describe_there",
    "append_there",
    "place_there",
    "stretch_there",
    "move_series",
    "psa_move",
    "page_move",
)
_WAITS = (1, 5, 20, 70, 400, 4000, 4000, 90_000)
_LONG_WAITS = (*_WAITS, 864_000, 2_000_000)


def draw_plan(seed: int) -> Plan:
    """Return the plan that a seed stands for."""
    stream = random.Random(f"{seed}:steps")
    chosen = ["plain", *(name for name, share in _SHARES.items() if stream.randrange(100) < share)]
    weights = {"work": 4, "wait": 3}
    for family in chosen:
        for act, choices in _FAMILIES[family].items():
            weights[act] = stream.choice(choices)
    waits = stream.choice([_WAITS, _WAITS, _LONG_WAITS])
    count = stream.choice([stream.randint(3, 8), stream.randint(6, 24), stream.randint(20, 40)])
    names = stream.choices(list(weights), list(weights.values()), k=count)
    steps = [_draw_step(name, number, waits, stream) for number, name in enumerate(names)]
    _add_swaps(steps, random.Random(f"{seed}:swaps"))
    return Plan(
        seed,
        tuple(steps),
        _draw_seats(chosen, stream),
        workers=stream.choice([1, 2, 2, 3]),
        notified=stream.random() < 0.3,
        # What became of a calendar while it was deleted is seen by nothing but a sweep.
        sweeps=stream.random() < 0.5 or "lose" in names,
        fault_rate=stream.choice([0.0, 0.02, 0.06, 0.15, 0.3]),
        switch_rate=stream.choice([0.05, 0.3, 0.7, 0.95]),
    )


def _add_swaps(steps: list[Step], stream: random.Random) -> None:
    """Let other calendars be linked instead, in some seeds; the other steps stay as they are."""
    if stream.randrange(100) >= _SWAPPING:
        return
    for _ in range(stream.choice([1, 2, 2])):
        steps.insert(stream.randint(0, len(steps)), ("swap", (stream.randrange(1000),)))


def _draw_seats(families: Sequence[str], stream: random.Random) -> tuple[Seat, ...]:
    people = ["dana"]
    if stream.random() < 0.25:
        people.append("dana")
    if "calls" in families and stream.random() < 0.8:
        people.append("sam")
    return tuple(_draw_seat(name, stream) for name in people)


def _draw_seat(name: str, stream: random.Random) -> Seat:
    share = stream.choice([0.3, 0.7, 0.95, 1.0])
    letters = "".join(letter for letter in "cud" if stream.random() < share)
    policy = stream.choice([Policy.NEWEST, Policy.NEWEST, Policy.MINE, Policy.THEIRS])
    return name, letters, policy.value


def _draw_step(name: str, number: int, waits: Sequence[int], stream: random.Random) -> Step:
    pick, other = stream.randrange(1000), stream.randrange(40)
    if name == "wait":
        return name, (stream.choice(waits),)
    if name in _WITH_TITLE:
        return name, (f"T{number}", other)
    if name in _TITLING:
        return name, (pick, f"T{number}")
    if name in _NUMBERED:
        return name, (pick, other)
    return name, (pick,)
