"""The wizard: what is to be synced with a mailbox that was just connected, tab by tab."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required

from calsync.core.answers import Step, find_first_fault
from calsync.core.integration import Refusal
from calsync.errors import NotPossible, NotThere
from calsync.services.accounts import look_at_account
from calsync.services.draft_views import DraftView, get_setup
from calsync.services.drafts import Discarded, discard_setup, save_setup
from calsync.services.finishing import Confirmed, finish_setup
from calsync.web.current import polled, tools, who
from calsync.web.htmx import lead_to
from calsync.web.i18n import _
from calsync.web.plan_ticks import read_ticks
from calsync.web.wizard_form import WizardForm, read_answers
from calsync.web.wizard_page import url_of
from calsync.web.wizard_shows import (
    Page,
    find_target,
    go,
    judge_tab,
    read_again,
    read_step,
    show_tab,
)
from calsync.web.wizard_words import TAB_OF_REFUSAL
from calsync.web.words import LONGEST_NAME, service_name

bp = Blueprint("wizard", __name__, url_prefix="/calendar-sync")


@bp.get("/setup/<draft_id>/<tab>")
@login_required
def setup_tab(draft_id: str, tab: str) -> Page:
    """Show a tab; in place of one that was not reached yet, the furthest."""
    step, view = read_step(tab), get_setup(tools(), who(), draft_id)
    if view.is_finished:
        return redirect(url_for("calendar_sync.listing"))
    if step.is_after(view.furthest):
        return redirect(url_of(view, view.furthest))
    return show_tab(view, step)


@bp.get("/setup/<draft_id>/reading")
@polled
@login_required
def reading(draft_id: str) -> Page:
    """Return the first tab, which asks again while the calendars are read."""
    view = get_setup(tools(), who(), draft_id)
    if view.is_finished:
        return lead_to(url_for("calendar_sync.listing"))
    return show_tab(view, Step.LINKED_CALENDAR)


@bp.post("/setup/<draft_id>/<tab>")
@login_required
def save_setup_tab(draft_id: str, tab: str) -> Page:
    """Keep what was answered on a tab and lead where the user wants to go."""
    step, view = read_step(tab), get_setup(tools(), who(), draft_id)
    if view.is_finished:
        return lead_to(url_for("calendar_sync.listing"))
    if step.is_after(view.furthest):
        return go(url_of(view, view.furthest))
    form = WizardForm()
    view = replace(view, answers=read_answers(form, step, view))
    wish = request.form.get("step", "next")
    if wish == "finish" and step is Step.CONFIRMATION:
        return _finish(view, form)
    if wish == "leave":
        _keep(view, step, step)
        return lead_to(url_for("calendar_sync.listing"))
    if wish == "refresh":
        _keep(view, step, step)
        return read_again(view, step)
    target = find_target(step, view)
    faults = judge_tab(view, step) if target.is_after(step) else ()
    if faults:
        return show_tab(view, step, faults)
    reached = target.at_least(step)
    _keep(view, target, reached)
    return go(url_of(view, target))


@bp.get("/setup/<draft_id>/discard")
@login_required
def ask_discard(draft_id: str) -> Page:
    """Say what discarding a set-up does, before it is done."""
    view = get_setup(tools(), who(), draft_id)
    if view.is_finished:
        return redirect(url_for("calendar_sync.listing"))
    return render_template("wizard/discard.html", view=view, draft_id=draft_id)


@bp.post("/setup/<draft_id>/discard")
@login_required
def discard(draft_id: str) -> Page:
    """End a set-up."""
    view = get_setup(tools(), who(), draft_id)
    discarded = discard_setup(tools(), who(), draft_id)
    flash(_say_discarded(discarded, view), "info" if discarded is Discarded.NOTHING else "good")
    return redirect(url_for("calendar_sync.listing"), 303)


def _say_discarded(discarded: Discarded, view: DraftView) -> str:
    if discarded is Discarded.NOTHING:
        return _("Nothing was discarded: this setup was finished before, and its sync stays.")
    if discarded is Discarded.DRAFT:
        return _("Setup discarded.")
    return _(
        "Setup discarded. Our access to the %(service)s account %(name)s was removed.",
        service=service_name(view.service),
        name=view.profile_name[:LONGEST_NAME],
    )


def _keep(view: DraftView, step: Step, furthest: Step) -> None:
    draft_id = view.draft.id if view.draft else ""
    save_setup(tools(), who(), draft_id, view.answers, step=step, furthest=furthest)


def _finish(view: DraftView, form: WizardForm) -> Page:
    draft = view.draft
    if draft is None:
        raise NotThere
    if draft.account_id:
        # What became of the calendar meanwhile is asked now, and not found out by the first sync.
        look_at_account(tools(), who(), draft.account_id)
        view = get_setup(tools(), who(), draft.id)
    if not view.is_connected and not view.is_finished:
        return show_tab(view, Step.CONFIRMATION, refusal=Refusal.NOT_CONNECTED)
    fault = find_first_fault(view.answers, view.calendars)
    if fault is not None and not view.is_finished:
        return show_tab(view, fault, judge_tab(view, fault))
    ticked = read_ticks(view)
    if ticked.wrong and not view.is_finished:
        return show_tab(view, Step.CONFIRMATION, unticked=ticked.wrong)
    confirmed = Confirmed(form.mark.data or "", deletions=ticked.deletions)
    try:
        finished = finish_setup(tools(), who(), draft.id, confirmed)
    except NotPossible as error:
        refusal = Refusal(error.reason)
        view = get_setup(tools(), who(), draft.id)
        return show_tab(view, TAB_OF_REFUSAL.get(refusal, Step.CONFIRMATION), refusal=refusal)
    name = view.name_calendar(view.answers.calendar_id)[:LONGEST_NAME]
    if finished.run_id:
        flash(_("%(calendar)s is linked. The first sync has begun.", calendar=name), "good")
    else:
        flash(_("%(calendar)s is linked.", calendar=name), "good")
    return lead_to(url_for("calendar_sync.listing"))
