"""Showing a tab of the wizard, and leading from one to the next."""

from collections.abc import Mapping, Sequence

from flask import Response, flash, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.answers import Fault, Step, judge
from calsync.core.integration import Refusal
from calsync.errors import NotThere
from calsync.services.accounts import look_at_account
from calsync.services.draft_numbers import find_numbers
from calsync.services.draft_views import DraftView
from calsync.web.choices import find_choice
from calsync.web.current import tools, who
from calsync.web.htmx import wants_part
from calsync.web.plan_page import look_at_plan
from calsync.web.sync_words import REFUSAL_WORDS
from calsync.web.wizard_form import fill_form
from calsync.web.wizard_page import Trouble, WizardPage, url_of
from calsync.web.wizard_summary import list_lines
from calsync.web.wizard_words import FAULT_WORDS
from calsync.web.words import say_trouble

Page = str | tuple[str, int] | AnyResponse


def read_step(tab: str) -> Step:
    """Return the tab that an address names. Raises NotThere."""
    step = find_choice(Step, tab)
    if step is None:
        raise NotThere
    return step


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
    numbers = find_numbers(tools(), who(), view, of_kept_out=step.is_after(Step.YOUR_CALENDAR))
    page = WizardPage(
        view=view,
        step=step,
        form=fill_form(view),
        numbers=numbers,
        troubles=troubles,
        is_part=wants_part(),
        lines=list_lines(view, numbers) if is_last else (),
        preview=look_at_plan(view, unticked) if is_last else None,
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


def find_target(step: Step, view: DraftView) -> Step:
    """Return the tab that the form wants to go to; at most the first that is not reached yet."""
    if request.form.get("step") == "back":
        return step.preceding
    goto = find_choice(Step, request.form.get("goto"))
    if goto is not None:
        return goto.at_most(view.furthest.at_least(step.following))
    return step.following


def read_again(view: DraftView, step: Step) -> Page:
    """Ask Cronofy for the calendars of the account, and show the tab with what it says."""
    if view.linked:
        trouble = look_at_account(tools(), who(), view.linked.account.id)
        if trouble is not None:
            flash(say_trouble(trouble), "warning")
    return go(url_of(view, step))
