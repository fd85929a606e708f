"""What a user has answered in the wizard so far: its four tabs as a value."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.options import Options, dump_options, load_options
from calsync.core.window import FutureRange, PastRange


class DraftKind(StrEnum):
    """What answers are collected for."""

    SETUP = "setup"
    EDIT = "edit"


class Step(StrEnum):
    """The tabs, in their order."""

    LINKED_CALENDAR = "linked-calendar"
    YOUR_CALENDAR = "your-calendar"
    OPTIONS = "options"
    CONFIRMATION = "confirmation"

    @property
    def number(self) -> int:
        """Give its place, from one."""
        return list(Step).index(self) + 1

    @property
    def following(self) -> "Step":
        """Give the one after it; the last has none but itself."""
        return list(Step)[min(self.number, len(Step) - 1)]

    @property
    def preceding(self) -> "Step":
        """Give the one before it; the first has none but itself."""
        return list(Step)[max(self.number - 2, 0)]

    def is_after(self, other: "Step") -> bool:
        """Tell whether it comes later than another one."""
        return self.number > other.number

    def at_least(self, other: "Step") -> "Step":
        """Return it, or the other one where that comes later."""
        return other if other.is_after(self) else self

    def at_most(self, other: "Step") -> "Step":
        """Return it, or the other one where that comes earlier."""
        return other if self.is_after(other) else self


class Fitness(StrEnum):
    """Whether a calendar of the account can be chosen."""

    FREE = "free"
    READ_ONLY = "read_only"
    #: Another integration of the user's is with it.
    LINKED = "linked"
    GONE = "gone"


class Fault(StrEnum):
    """What is wrong with the answers of a step; the words are made in the web."""

    NO_CALENDAR = "no_calendar"
    READ_ONLY = "read_only"
    ALREADY_LINKED = "already_linked"
    CALENDAR_GONE = "calendar_gone"
    NOTHING_FLOWS = "nothing_flows"
    NO_RANGE = "no_range"
    NOTHING_TO_SEND = "nothing_to_send"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered, also where another answer makes it count for nothing.

    ``options`` has the ranges of Retrieve whether or not it is chosen, so that they are
    there when it is; ``in_force`` are the options that an integration gets. ``swapped``
    and ``unticked`` say what becomes of copies in a calendar that another one takes the
    place of, and of kinds that are not sent any more. ``meanwhile`` is for copies that
    nothing flowed to for a while, ``flows_kept_out`` is the tick "also the N changes kept
    out so far".
    """

    calendar_id: str = ""
    options: Options = field(default=Options(takes_create=True, takes_update=True))
    retrieves: bool = False
    swapped: Copies = Copies.STAY
    unticked: Copies = Copies.STAY
    meanwhile: Meanwhile = Meanwhile.AGREED
    flows_kept_out: bool = False

    @property
    def in_force(self) -> Options:
        """Give the options with the ranges only where Retrieve is chosen."""
        if self.retrieves:
            return self.options
        return replace(self.options, past=PastRange.NONE, future=FutureRange.NONE)

    @property
    def syncs_at_once(self) -> bool:
        """Tell whether a manual sync has anything to do as soon as they are saved."""
        return self.in_force.retrieves or self.options.sends


def answers_of(calendar_id: str, options: Options) -> Answers:
    """Return the answers that an integration stands for as it is."""
    return Answers(calendar_id, options, retrieves=options.retrieves)


def strip(answers: Answers, live: Answers) -> Answers:
    """Return answers without what counts for nothing beside what is in force."""
    is_swap = answers.calendar_id != live.calendar_id
    is_unticked = bool(find_untaken(live.options, answers)) and not is_swap
    is_ticked = bool(answers.options.kinds - live.options.kinds) and not is_swap
    return replace(
        answers,
        options=answers.in_force,
        swapped=answers.swapped if is_swap else Copies.STAY,
        unticked=answers.unticked if is_unticked else Copies.STAY,
        meanwhile=answers.meanwhile if is_ticked else Meanwhile.AGREED,
        flows_kept_out=answers.flows_kept_out and not is_swap,
    )


def find_untaken(before: Options, answers: Answers) -> frozenset[Kind]:
    """Return the kinds that were sent and are not to be any more."""
    return before.kinds - answers.options.kinds


def judge(answers: Answers, step: Step, calendars: Mapping[str, Fitness]) -> tuple[Fault, ...]:
    """Return what is wrong with the answers of one step.

    ``calendars`` are those of the account by id. The calendar that an integration has is
    one that may be kept whatever became of it: whoever calls leaves it FREE.
    """
    match step:
        case Step.LINKED_CALENDAR:
            return _judge_calendar(answers, calendars)
        case Step.YOUR_CALENDAR:
            options = answers.in_force
            flows = options.takes_anything or options.kinds or options.retrieves
            return () if flows else (Fault.NOTHING_FLOWS,)
        case Step.OPTIONS:
            return _judge_options(answers)
        case Step.CONFIRMATION:
            return ()


def find_first_fault(answers: Answers, calendars: Mapping[str, Fitness]) -> Step | None:
    """Return the first step that something is wrong with."""
    return next((step for step in Step if judge(answers, step, calendars)), None)


def _judge_calendar(answers: Answers, calendars: Mapping[str, Fitness]) -> tuple[Fault, ...]:
    if not answers.calendar_id:
        return (Fault.NO_CALENDAR,)
    faults = {
        Fitness.READ_ONLY: Fault.READ_ONLY,
        Fitness.LINKED: Fault.ALREADY_LINKED,
        Fitness.GONE: Fault.CALENDAR_GONE,
    }
    fitness = calendars.get(answers.calendar_id, Fitness.GONE)
    return (faults[fitness],) if fitness in faults else ()


def _judge_options(answers: Answers) -> tuple[Fault, ...]:
    faults = []
    if answers.retrieves and not answers.options.retrieves:
        faults.append(Fault.NO_RANGE)
    if answers.options.sends and not answers.options.kinds:
        faults.append(Fault.NOTHING_TO_SEND)
    return tuple(faults)


def dump_answers(answers: Answers) -> dict[str, Any]:
    """Return answers as JSON has them."""
    return {
        "calendar_id": answers.calendar_id,
        "options": dump_options(answers.options),
        "retrieves": answers.retrieves,
        "swapped": answers.swapped.value,
        "unticked": answers.unticked.value,
        "meanwhile": answers.meanwhile.value,
        "flows_kept_out": answers.flows_kept_out,
    }


def load_answers(record: Mapping[str, Any]) -> Answers:
    """Return what ``dump_answers`` was given."""
    return Answers(
        calendar_id=record["calendar_id"],
        options=load_options(record["options"]),
        retrieves=record["retrieves"],
        swapped=Copies(record["swapped"]),
        unticked=Copies(record["unticked"]),
        meanwhile=Meanwhile(record["meanwhile"]),
        flows_kept_out=record["flows_kept_out"],
    )


def mark_of(answers: Answers) -> str:
    """Return what tells these answers from any others: a page that shows them carries it."""
    text = json.dumps(dump_answers(answers), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
