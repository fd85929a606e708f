"""Showing a tab of the wizard, and leading from one to the next."""

from collections.abc import Mapping, Sequence

from flask import Response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.answers import Fault, Step, judge
from calsync.core.integration import Refusal
from calsync.services.draft_numbers import find_numbers
from calsync.services.draft_views import DraftView
from calsync.web.current import tools, who
from calsync.web.htmx import wants_part
from calsync.web.plan_page import look_at_plan
from calsync.web.sync_words import REFUSAL_WORDS
from calsync.web.wizard_form import fill_form
from calsync.web.wizard_page import Trouble, WizardPage
from calsync.web.wizard_summary import list_lines
from calsync.web.wizard_words import FAULT_WORDS

Page = str | tuple[str, int] | AnyResponse


def show_tab(
    view: DraftView,
    step: Step,
    faults: Sequence[Fault] = (),
    refusal: Refusal | None = None,
    unticked: Mapping[str, str] | None = None,
) -> Page:
    """Show a tab with the answers in it, and with what keeps the wizard from going on."""
    troubles = [Trouble(str(FAULT_WORDS[fault][0]), FAULT_WORDS[fault][1]) for fault in faults]
    troubles += [Trouble(text, box) for box, text in (unticked or {}).items()]
    if refusal is not None:
        troubles.append(Trouble(str(REFUSAL_WORDS[refusal])))
    is_last = step is Step.CONFIRMATION
    numbers = find_numbers(tools(), who(), view, of_kept_out=step.number >= Step.OPTIONS.number)
    page = WizardPage(
        view,
        step,
        fill_form(view),
        numbers,
        troubles,
        wants_part(),
        list_lines(view, numbers) if is_last else (),
        look_at_plan(view, unticked) if is_last else None,
    )
    text = render_template(f"wizard/{step.value}.html", page=page)
    if not troubles:
        return text
    # The address of what was sent is that of the page, or of one before it.
    return Response(text, 422, {"HX-Replace-Url": page.url})


def judge_tab(view: DraftView, step: Step) -> tuple[Fault, ...]:
    """Return what is wrong with the answers of a tab."""
    return judge(view.answers, step, view.calendars)


def go(url: str) -> AnyResponse:
    """Lead to another tab."""
    return redirect(url, 303)
