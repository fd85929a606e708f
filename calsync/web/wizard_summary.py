"""What was answered, line by line, for the last tab."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from calsync.core.answers import Answers, Step, find_untaken
from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.services.draft_numbers import Numbers
from calsync.services.draft_views import DraftView
from calsync.web.i18n import _, _n, join_list
from calsync.web.wizard_words import (
    FUTURE_WORDS,
    KIND_NAMES,
    PAST_WORDS,
    POLICY_WORDS,
    TAKE_WORDS,
)
from calsync.web.words import LONGEST_NAME, service_name


@dataclass(frozen=True)
class Line:
    """An answer, with the tab on which it can be changed."""

    label: str
    values: Sequence[str]
    step: Step


def list_lines(view: DraftView, numbers: Numbers) -> list[Line]:
    """Return every answer that counts for something."""
    return [
        *_list_of_calendar(view, numbers),
        *_list_of_kinds(view, numbers),
        *_list_of_options(view, numbers),
    ]


def _list_of_calendar(view: DraftView, numbers: Numbers) -> Iterator[Line]:
    step, answers = Step.LINKED_CALENDAR, view.answers
    name = view.name_calendar(answers.calendar_id)[:LONGEST_NAME]
    account = f"{service_name(view.service)}, {view.profile_name[:LONGEST_NAME]}"
    yield Line(_("Linked calendar"), (name or _("Not chosen"), account), step)
    if view.live is not None and answers.calendar_id != view.live.calendar_id:
        former = view.name_calendar(view.live.calendar_id)[:LONGEST_NAME]
        label = _("Copies in %(calendar)s", calendar=former)
        yield Line(label, (_say_copies(answers.swapped, numbers.all_copies),), step)
    taken = [words for name, words in TAKE_WORDS.items() if _takes(answers, name)]
    yield Line(_("Changes to bring into My Calendar"), (_join(taken),), step)


def _list_of_kinds(view: DraftView, numbers: Numbers) -> Iterator[Line]:
    step, answers = Step.YOUR_CALENDAR, view.answers
    kinds = (words for kind, words in KIND_NAMES.items() if kind in answers.options.kinds)
    yield Line(_("Items to send"), (_join(kinds),), step)
    if view.live is None or answers.calendar_id != view.live.calendar_id:
        return
    untaken = find_untaken(view.live.options, answers)
    if copies := sum(numbers.copies.get(kind, 0) for kind in untaken):
        label = _("Copies of %(kinds)s", kinds=_join(_name_kinds(untaken)))
        yield Line(label, (_say_copies(answers.unticked, copies),), step)


def _list_of_options(view: DraftView, numbers: Numbers) -> Iterator[Line]:
    step, answers, options = Step.OPTIONS, view.answers, view.answers.options
    name = view.name_calendar(answers.calendar_id)[:LONGEST_NAME] or _("the linked calendar")
    yield Line(_("Items already in %(calendar)s", calendar=name), _say_retrieve(answers), step)
    if options.kinds:
        sends = options.sends
        said = _("Send my calendar items") if sends else _("Send only new items from now on")
        yield Line(_("Items already in My Calendar"), (said,), step)
    if options.takes_update or options.policy is not Options().policy:
        # Else nothing that is changed there counts, and nobody chose who wins.
        policy = str(POLICY_WORDS.get(options.policy, ""))
        yield Line(_("When the same thing was changed on both sides"), (policy,), step)
    if options.kinds:
        foreign = _("Sent too") if options.sends_foreign else _("Not sent")
        yield Line(_("Items from my other linked calendars"), (foreign,), step)
    moves = _("May be moved") if options.moves_meetings else _("Left as they are")
    yield Line(_("Meetings with guests"), (moves,), step)
    if numbers.count_resumed(view.live, answers):
        flows = answers.meanwhile is Meanwhile.FLOWS
        said = _("Sync what was changed meanwhile") if flows else _("Leave both sides as they are")
        yield Line(_("What was changed while they were not synced"), (said,), step)
    if answers.flows_kept_out and view.live and answers.calendar_id == view.live.calendar_id:
        changes = _n("%(num)d change flows now", "%(num)d changes flow now", numbers.kept_out)
        yield Line(_("Changes kept out so far"), (changes,), step)


def _say_retrieve(answers: Answers) -> Sequence[str]:
    if not answers.retrieves:
        return (_("Leave existing items where they are"),)
    past, future = answers.options.past, answers.options.future
    return (
        _("Retrieve linked calendar items"),
        _("Past items: %(range)s", range=PAST_WORDS[past]),
        _("Future items: %(range)s", range=FUTURE_WORDS[future]),
    )


def _say_copies(copies: Copies, count: int) -> str:
    if copies is Copies.GO:
        return _n("%(num)d copy is removed", "%(num)d copies are removed", count)
    return _n("%(num)d copy stays", "%(num)d copies stay", count)


def _takes(answers: Answers, name: str) -> bool:
    return bool(getattr(answers.options, f"takes_{name}"))


def _name_kinds(kinds: frozenset[Kind]) -> Iterator[str]:
    return (words for kind, words in KIND_NAMES.items() if kind in kinds)


def _join(words: Iterable[str]) -> str:
    return join_list(list(map(str, words))) or _("Nothing")
