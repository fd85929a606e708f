"""The options of an integration on the command line: given there, chosen from it, and shown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.core.window import FutureRange, PastRange

_CHANGES = ("create", "update", "delete")
_ALL_KINDS = ",".join(kind.value for kind in Kind)

Command = TypeVar("Command", bound=Callable[..., object])


class ListOf(click.ParamType[frozenset[str]]):
    """Some of the words that there are, separated by commas; `none` for none of them."""

    name = "list"

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def convert(self, value: Any, param: Any, ctx: Any) -> frozenset[str]:
        if isinstance(value, frozenset):
            return value
        chosen = frozenset(word for word in str(value).split(",") if word and word != "none")
        if unknown := sorted(chosen - set(self.words)):
            self.fail(f"{unknown[0]} is none of {', '.join(self.words)}.", param, ctx)
        return chosen


def takes_options(command: Command) -> Command:
    """Give a command the choices of all tabs; what is not given stays as it is."""
    switches = {
        "--send-existing/--no-send-existing": "A manual sync sends what stands here already.",
        "--foreign/--no-foreign": "Send items from the user's other linked calendars too.",
        "--meetings/--no-meetings": "Change the user's own meetings with guests too.",
    }
    for switch, text in reversed(switches.items()):
        command = click.option(switch, default=None, help=text)(command)
    for name, choices, text in (
        ("--policy", Policy, "Who wins where both sides changed the same."),
        ("--future", FutureRange, "What a manual sync retrieves of what is to come."),
        ("--past", PastRange, "What a manual sync retrieves of what is past."),
    ):
        values = click.Choice([choice.value for choice in choices])
        command = click.option(name, type=values, help=text)(command)
    kinds = ListOf(tuple(kind.value for kind in Kind))
    command = click.option("--kinds", type=kinds, help=f"What is sent: {_ALL_KINDS}; or none.")(
        command
    )
    changes = ListOf(_CHANGES)
    text = "What comes in: create,update,delete; or none."
    return click.option("--take", type=changes, help=text)(command)


def choose_options(present: Options, chosen: dict[str, Any]) -> Options:
    """Return the options with what was chosen on the command line in place."""
    wanted: dict[str, Any] = {
        "past": chosen["past"] and PastRange(chosen["past"]),
        "future": chosen["future"] and FutureRange(chosen["future"]),
        "policy": chosen["policy"] and Policy(chosen["policy"]),
        "sends": chosen["send_existing"],
        "sends_foreign": chosen["foreign"],
        "moves_meetings": chosen["meetings"],
    }
    if chosen["kinds"] is not None:
        wanted["kinds"] = frozenset(map(Kind, chosen["kinds"]))
    if chosen["take"] is not None:
        for name in _CHANGES:
            wanted[f"takes_{name}"] = name in chosen["take"]
    return replace(present, **{name: value for name, value in wanted.items() if value is not None})


def say_options(options: Options) -> list[tuple[str, str]]:
    """Return what is chosen, each by the name that its option has on the command line."""
    takes = [name for name in _CHANGES if getattr(options, f"takes_{name}")]
    kinds = [kind.value for kind in Kind if kind in options.kinds]
    switches = {
        "send-existing": options.sends,
        "foreign": options.sends_foreign,
        "meetings": options.moves_meetings,
    }
    return [
        ("take", ",".join(takes) or "none"),
        ("kinds", ",".join(kinds) or "none"),
        ("past", options.past.value),
        ("future", options.future.value),
        ("policy", options.policy.value),
        *((name, "yes" if is_on else "no") for name, is_on in switches.items()),
    ]
