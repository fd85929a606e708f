"""The forms of the wizard's tabs: filled from answers, and read into them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice

from calsync.core.answers import Answers, Fitness, Step
from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.core.window import FutureRange, PastRange
from calsync.services.draft_views import DraftView
from calsync.web.choices import find_choice
from calsync.web.i18n import _l
from calsync.web.item_form import Checkboxes
from calsync.web.wizard_words import (
    FITNESS_WORDS,
    FUTURE_WORDS,
    KIND_NAMES,
    PAST_WORDS,
    POLICY_WORDS,
    TAKE_WORDS,
)
from calsync.web.words import LONGEST_NAME

NO, YES = "no", "yes"
Key = TypeVar("Key", bound=str)


def _radios(label: str, choices: Mapping[Key, str]) -> RadioField:
    return RadioField(label, validate_choice=False, choices=_choices(choices.items()))


def _choices(choices: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in choices]


class WizardForm(FlaskForm):
    """Everything that the four tabs ask; each shows and sends its own part."""

    calendar_id = SelectField(_l("Calendar to link"), validate_choice=False, choices=[])
    takes = Checkboxes(
        _l("Changes to bring into My Calendar"),
        validate_choice=False,
        choices=_choices(TAKE_WORDS.items()),
    )
    swapped = _radios(
        _l("What should happen to the copies in the old calendar?"),
        {Copies.STAY: _l("Keep them"), Copies.GO: _l("Remove them")},
    )
    kinds = Checkboxes(
        _l("Items to send to the linked calendar"),
        validate_choice=False,
        choices=_choices(KIND_NAMES.items()),
    )
    unticked = _radios(
        _l("What should happen to the copies of a kind that you untick?"),
        {Copies.STAY: _l("Keep them"), Copies.GO: _l("Remove them")},
    )
    retrieves = _radios(
        _l("Items already in the linked calendar"),
        {
            NO: _l("Leave existing items where they are"),
            YES: _l("Retrieve linked calendar items"),
        },
    )
    past = SelectField(
        _l("Get Past Items"), validate_choice=False, choices=_choices(PAST_WORDS.items())
    )
    future = SelectField(
        _l("Get Future Items"), validate_choice=False, choices=_choices(FUTURE_WORDS.items())
    )
    sends = _radios(
        _l("Items already in My Calendar"),
        {NO: _l("Send only new items from now on"), YES: _l("Send my calendar items")},
    )
    meanwhile = _radios(
        _l("What was changed while they were not synced"),
        {
            Meanwhile.AGREED: _l("Leave both sides as they are"),
            Meanwhile.FLOWS: _l("Sync what was changed meanwhile"),
        },
    )
    flows_kept_out = BooleanField()
    policy = _radios(_l("When the same thing was changed on both sides"), POLICY_WORDS)
    sends_foreign = BooleanField(_l("Items from my other linked calendars"))
    moves_meetings = BooleanField(_l("Meetings with guests may be moved"))
    #: What the last tab showed as it was finished.
    mark = HiddenField()
    draft = HiddenField()
    copies = HiddenField()
    kept_out = HiddenField()


def fill_form(view: DraftView) -> WizardForm:
    """Return the form with the answers in it; the only calendar there is, is chosen."""
    answers, options = view.answers, view.answers.options
    form = WizardForm(
        formdata=None,
        data={
            "calendar_id": answers.calendar_id or _find_only(view.calendars),
            "takes": [name for name in TAKE_WORDS if getattr(options, f"takes_{name}")],
            "swapped": answers.swapped.value,
            "kinds": [kind.value for kind in options.kinds],
            "unticked": answers.unticked.value,
            "retrieves": YES if answers.retrieves else NO,
            "past": options.past.value,
            "future": options.future.value,
            "sends": YES if options.sends else NO,
            "meanwhile": answers.meanwhile.value,
            "flows_kept_out": answers.flows_kept_out,
            "policy": options.policy.value,
            "sends_foreign": options.sends_foreign,
            "moves_meetings": options.moves_meetings,
        },
    )
    form.calendar_id.choices = list_calendar_choices(view)
    return form


def list_calendar_choices(view: DraftView) -> list[SelectChoice]:
    """Return the calendars of the account; those that cannot be chosen say why."""
    choices = [SelectChoice("", _l("Choose a calendar"))]
    for calendar_id, fitness in view.calendars.items():
        name = view.name_calendar(calendar_id)[:LONGEST_NAME]
        if fitness is Fitness.FREE:
            is_live = view.live is not None and view.live.calendar_id == calendar_id
            marks = {"data-live": True} if is_live else {}
            choices.append(SelectChoice(calendar_id, name, render_kw=marks))
        elif fitness is not Fitness.GONE:
            words = str(FITNESS_WORDS[fitness]) % {"name": name}
            choices.append(SelectChoice(calendar_id, words, render_kw={"disabled": True}))
    return choices


def read_answers(form: WizardForm, step: Step, view: DraftView) -> Answers:
    """Return the answers with those of one tab as the form has them.

    What the form does not say, or what nobody can choose, stays as it was.
    """
    before = view.answers
    match step:
        case Step.LINKED_CALENDAR:
            return _read_calendar(form, view)
        case Step.YOUR_CALENDAR:
            ticked = frozenset(kind for kind in Kind if kind.value in (form.kinds.data or ()))
            return replace(
                before,
                options=replace(before.options, kinds=ticked),
                unticked=find_choice(Copies, form.unticked.data) or before.unticked,
            )
        case Step.OPTIONS:
            return _read_options(form, before)
        case Step.CONFIRMATION:
            return before


def _read_calendar(form: WizardForm, view: DraftView) -> Answers:
    before, ticked = view.answers, form.takes.data or ()
    calendar_id = form.calendar_id.data
    if calendar_id is None or calendar_id not in ("", before.calendar_id, *view.calendars):
        calendar_id = before.calendar_id
    options = replace(
        before.options,
        takes_create="create" in ticked,
        takes_update="update" in ticked,
        takes_delete="delete" in ticked,
    )
    swapped = find_choice(Copies, form.swapped.data) or before.swapped
    return replace(before, calendar_id=calendar_id, options=options, swapped=swapped)


def _read_options(form: WizardForm, before: Answers) -> Answers:
    retrieves = form.retrieves.data == YES
    options = replace(
        before.options,
        sends=form.sends.data == YES,
        policy=_read_policy(form, before.options),
        sends_foreign=bool(form.sends_foreign.data),
        moves_meetings=bool(form.moves_meetings.data),
    )
    if retrieves:
        options = replace(
            options,
            past=find_choice(PastRange, form.past.data) or options.past,
            future=find_choice(FutureRange, form.future.data) or options.future,
        )
    return replace(
        before,
        options=options,
        retrieves=retrieves,
        meanwhile=find_choice(Meanwhile, form.meanwhile.data) or before.meanwhile,
        flows_kept_out=bool(form.flows_kept_out.data),
    )


def _read_policy(form: WizardForm, before: Options) -> Policy:
    chosen = find_choice(Policy, form.policy.data) or before.policy
    return chosen if chosen in POLICY_WORDS else before.policy


def _find_only(calendars: Mapping[str, Fitness]) -> str:
    """Return the calendar that can be chosen, if there is exactly one."""
    free = [calendar_id for calendar_id, fitness in calendars.items() if fitness is Fitness.FREE]
    return free[0] if len(free) == 1 else ""
