"""A tab of the wizard as a page: of a set-up, or of an integration's settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flask import request, url_for
from wtforms import Field

from calsync.core.answers import Fitness, Step, mark_of
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.services.draft_numbers import Numbers
from calsync.services.draft_views import DraftView
from calsync.web.i18n import _, _n
from calsync.web.plan_page import PreviewPage
from calsync.web.sync_words import REFUSAL_WORDS
from calsync.web.wizard_form import WizardForm
from calsync.web.wizard_summary import Line
from calsync.web.wizard_words import HEADINGS, KIND_HINTS, STEP_WORDS, TAKE_HINTS
from calsync.web.words import LONGEST_NAME


@dataclass(frozen=True)
class Tab:
    """One of the four tabs; one that was not reached yet has no address."""

    step: Step
    label: str
    url: str | None
    is_current: bool


@dataclass(frozen=True)
class Trouble:
    """Something that keeps the wizard from going on, and the element that it is about."""

    text: str
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class WizardPage:
    """What a template of the wizard shows."""

    view: DraftView
    step: Step
    form: WizardForm
    numbers: Numbers
    troubles: Sequence[Trouble] = ()
    #: Whether htmx swaps it in, so that the focus has to be led to it.
    is_part: bool = False
    #: What was answered, on the last tab.
    lines: Sequence[Line] = field(default_factory=tuple)
    #: What finishing would do, on the last tab too.
    preview: PreviewPage | None = None

    @property
    def layout(self) -> str:
        """Give the template around the tab."""
        return "wizard/_part.html" if self.is_part else "base.html"

    @property
    def is_last(self) -> bool:
        return self.step is Step.CONFIRMATION

    @property
    def onward(self) -> str:
        """Give the wish that the last button of the form sends, and the Enter key."""
        return "finish" if self.is_last else "next"

    @property
    def onward_words(self) -> str:
        if not self.is_last:
            return _("Next")
        return _("Save and sync") if self.is_settings else _("Finish")

    @property
    def is_reading(self) -> bool:
        """Whether the calendars of the account are still to come, so that it asks again.

        Whoever has chosen one, or asks for those that came so far, need not wait.
        """
        view = self.view
        if self.is_settings or self.troubles or view.answers.calendar_id or view.linked is None:
            return False
        waits = self.step is Step.LINKED_CALENDAR and not request.args.get("so_far")
        return waits and view.is_connected and view.linked.account.is_being_read

    @property
    def has_form(self) -> bool:
        """Whether there is anything to be answered: the first tab needs a calendar to choose."""
        if self.step is not Step.LINKED_CALENDAR or self.is_settings:
            return True
        if self.is_reading:
            return False
        return self.has_choice or bool(self.troubles)

    @property
    def has_choice(self) -> bool:
        """Whether any calendar can be chosen."""
        return Fitness.FREE in self.view.calendars.values()

    @property
    def mark(self) -> str:
        """Give what tells these answers from any others."""
        return mark_of(self.view.answers)

    @property
    def is_settings(self) -> bool:
        return self.view.integration is not None

    @property
    def heading(self) -> str:
        return str(HEADINGS[self.step])

    @property
    def title(self) -> str:
        """Give the title of the page, which is another on each tab."""
        words = {"number": self.step.number, "of": len(Step), "tab": STEP_WORDS[self.step]}
        if self.is_settings:
            return _("Settings, step %(number)s of %(of)s: %(tab)s", **words)
        return _("Step %(number)s of %(of)s: %(tab)s", **words)

    @property
    def url(self) -> str:
        return url_of(self.view, self.step)

    @property
    def tabs(self) -> list[Tab]:
        return [
            Tab(
                step,
                str(STEP_WORDS[step]),
                None if step.is_after(self.view.furthest) else url_of(self.view, step),
                step is self.step,
            )
            for step in Step
        ]

    @property
    def error_of(self) -> dict[str, str]:
        """Give the text of what is wrong by the element that it is about."""
        return {trouble.field: trouble.text for trouble in self.troubles if trouble.field}

    @property
    def crumb(self) -> str:
        """Give what the way to the page ends with."""
        return _("Settings") if self.is_settings else _("Set up")

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """Give what lies between the listing and the page."""
        if self.view.integration is None:
            return []
        first = self.url_to(Step.LINKED_CALENDAR)
        return [(self.view.integration.calendar_name[:LONGEST_NAME], first)]

    @property
    def why_not_synced(self) -> str:
        """Give why there is no button to sync now, where nothing else on the page says it."""
        refusal = self.view.refusal
        if refusal is None or not self.view.is_connected:
            return ""
        return str(REFUSAL_WORDS[refusal])

    @property
    def calendar_name(self) -> str:
        """Give the calendar that was answered, or words for one that was not."""
        name = self.view.name_calendar(self.view.answers.calendar_id)[:LONGEST_NAME]
        return name or _("the linked calendar")

    @property
    def going(self) -> int | None:
        """Give how many copies would be deleted."""
        live = self.view.live
        return self.numbers.count_going(live, self.view.answers) if live else None

    @property
    def resumed(self) -> int:
        """Give how many links are taken up again, which is asked about."""
        return self.numbers.count_resumed(self.view.live, self.view.answers)

    @property
    def linked_already(self) -> list[tuple[str, str]]:
        """Give the calendars of the account that are linked, and where that is changed."""
        known = self.view.linked.calendars if self.view.linked else ()
        return [
            (
                calendar.name[:LONGEST_NAME],
                url_for("wizard.settings", integration_id=self.view.taken[calendar.calendar_id]),
            )
            for calendar in known
            if calendar.calendar_id in self.view.taken
        ]

    @property
    def take_hints(self) -> dict[str, str]:
        return TAKE_HINTS

    @property
    def kind_hints(self) -> dict[str, str]:
        """Give what each kind accepts back, and how many copies of it stand there."""
        told = {kind: list(self._hint(kind)) for kind in KIND_HINTS}
        return {kind.value: " ".join(words) for kind, words in told.items() if words}

    def _hint(self, kind: Kind) -> Iterator[str]:
        # With Update off, nothing that is changed there comes back.
        if self.view.answers.options.takes_update:
            yield str(KIND_HINTS[kind])
        if kind is Kind.TASK:
            yield _("Tasks without a date are not sent.")
        if kind in self.live_kinds:
            yield _n(
                "%(num)d copy in %(calendar)s.",
                "%(num)d copies in %(calendar)s.",
                self.numbers.copies[kind],
                calendar=self.calendar_name,
            )

    @property
    def live_kinds(self) -> frozenset[Kind]:
        """Give the kinds whose copies stand there, which are asked about when one is unticked."""
        live = self.view.live
        if live is None or live.calendar_id != self.view.answers.calendar_id:
            return frozenset()
        return live.options.kinds & self.numbers.copies.keys()

    @property
    def has_unusual_options(self) -> bool:
        """Whether anything that is folded away was chosen, so that it is shown."""
        options, plain = self.view.answers.options, Options()
        folded = ("policy", "sends_foreign", "moves_meetings")
        return any(getattr(options, name) != getattr(plain, name) for name in folded)

    @property
    def ask_about_swap(self) -> str:
        """Give the question that comes with another calendar."""
        return _n(
            "What should happen to the %(num)d copy in %(calendar)s?",
            "What should happen to the %(num)d copies in %(calendar)s?",
            self.numbers.all_copies,
            calendar=self.view.integration.calendar_name[:LONGEST_NAME]
            if self.view.integration
            else "",
        )

    @property
    def ask_about_meanwhile(self) -> str:
        """Give the question that comes with a kind that is sent again."""
        if self.view.live is None:
            return _n(
                "%(num)d item was synced with this calendar before. What was changed since then?",
                "%(num)d items were synced with this calendar before. What was changed since then?",
                self.resumed,
            )
        return _n(
            "What about the %(num)d copy that was not synced for a while?",
            "What about the %(num)d copies that were not synced for a while?",
            self.resumed,
        )

    @property
    def ask_about_kept_out(self) -> str:
        """Give the label of the tick for what was kept out so far."""
        return _n(
            "Also the %(num)d change kept out so far",
            "Also the %(num)d changes kept out so far",
            self.numbers.kept_out,
        )

    def errors_of(self, group: Field) -> list[str]:
        """Return what is wrong with a group of boxes or radios."""
        return [self.error_of[option.id] for option in group if option.id in self.error_of]

    def marks_of(self, field: Field) -> dict[str, str]:
        """Return the attributes that tie a field to what is wrong with it."""
        if field.id not in self.error_of:
            return {}
        return {"aria-describedby": f"{field.id}-error", "aria-invalid": "true"}

    def url_to(self, step: Step) -> str:
        """Return the address of a tab."""
        return url_of(self.view, step)


def url_of(view: DraftView, step: Step) -> str:
    """Return the address of a tab."""
    if view.integration is not None:
        return url_for("wizard.settings_tab", integration_id=view.integration.id, tab=step.value)
    draft_id = view.draft.id if view.draft else ""
    return url_for("wizard.setup_tab", draft_id=draft_id, tab=step.value)
