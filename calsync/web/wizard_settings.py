"""Settings: the tabs of the wizard for an integration that there is."""

from dataclasses import replace

from flask import flash, redirect, request, url_for
from flask_login import login_required

from calsync.core.answers import Step, find_first_fault
from calsync.core.integration import Refusal
from calsync.core.whole_number import read_whole_number
from calsync.errors import NotPossible, NotThere
from calsync.services.accounts import look_at_account
from calsync.services.draft_views import DraftView, get_settings
from calsync.services.drafts import discard_edit, save_edit
from calsync.services.finishing import (
    Confirmed,
    Finished,
    is_saved,
    look_again,
    save_settings,
)
from calsync.web.current import tools, who
from calsync.web.htmx import lead_to
from calsync.web.i18n import _
from calsync.web.plan_ticks import read_ticks
from calsync.web.wizard import bp
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


@bp.get("/<integration_id>/settings")
@login_required
def settings(integration_id: str) -> Page:
    """Lead to the first tab."""
    return redirect(url_of(get_settings(tools(), who(), integration_id), Step.LINKED_CALENDAR))


@bp.get("/<integration_id>/settings/<tab>")
@login_required
def settings_tab(integration_id: str, tab: str) -> Page:
    """Show a tab with what is in force, or with what was changed and is not yet."""
    step = read_step(tab)
    return show_tab(get_settings(tools(), who(), integration_id), step)


@bp.post("/<integration_id>/settings/<tab>")
@login_required
def save_settings_tab(integration_id: str, tab: str) -> Page:
    """Keep what was changed on a tab and lead where the user wants to go."""
    step, form, wish = read_step(tab), WizardForm(), request.form.get("step", "next")
    is_last = wish == "finish" and step is Step.CONFIRMATION
    if is_last and is_saved(tools(), who(), integration_id, form.draft.data or ""):
        return lead_to(url_for("calendar_sync.listing"))
    view = get_settings(tools(), who(), integration_id)
    if is_last:
        return _finish(view, form, integration_id)
    view = replace(view, answers=read_answers(form, step, view))
    target = step if wish == "refresh" else find_target(step, view)
    faults = judge_tab(view, step) if target.is_after(step) else ()
    if faults:
        return show_tab(view, step, faults)
    save_edit(tools(), who(), integration_id, view.answers, step=target)
    if wish == "refresh":
        return read_again(view, step)
    return go(url_of(view, target))


@bp.post("/<integration_id>/settings/discard")
@login_required
def discard_changes(integration_id: str) -> Page:
    """Forget what was changed and is not in force."""
    discard_edit(tools(), who(), integration_id)
    flash(_("Changes discarded. The settings are as they were."), "good")
    view = get_settings(tools(), who(), integration_id)
    return redirect(url_of(view, Step.LINKED_CALENDAR), 303)


def _finish(view: DraftView, form: WizardForm, integration_id: str) -> Page:
    if view.linked:
        # What became of the calendar meanwhile is asked now, and not found out by the sync.
        look_at_account(tools(), who(), view.linked.account.id)
        view = get_settings(tools(), who(), integration_id)
    fault = find_first_fault(view.answers, view.calendars)
    if fault is not None:
        return show_tab(view, fault, judge_tab(view, fault))
    ticked = read_ticks(view)
    if ticked.wrong:
        return show_tab(view, Step.CONFIRMATION, unticked=ticked.wrong)
    confirmed = Confirmed(
        form.mark.data or "",
        # What the page has shown, where it has shown any.
        copies=read_whole_number(form.copies.data or ""),
        kept_out=read_whole_number(form.kept_out.data or ""),
        deletions=ticked.deletions,
    )
    try:
        finished = save_settings(tools(), who(), integration_id, confirmed)
    except (NotPossible, NotThere) as error:
        return _explain(error, integration_id, form.draft.data or "")
    flash(*_describe(finished))
    return lead_to(url_for("calendar_sync.listing"))


def _explain(error: NotPossible | NotThere, integration_id: str, draft_id: str) -> Page:
    """Show why the settings were not saved, unless another window has just done that."""
    if is_saved(tools(), who(), integration_id, draft_id):
        return lead_to(url_for("calendar_sync.listing"))
    if isinstance(error, NotThere):
        raise error
    refusal = Refusal(error.reason)
    if refusal is Refusal.SETTINGS_CHANGED:
        look_again(tools(), who(), integration_id)
    view = get_settings(tools(), who(), integration_id)
    return show_tab(view, TAB_OF_REFUSAL.get(refusal, Step.CONFIRMATION), refusal=refusal)


def _describe(finished: Finished) -> tuple[str, str]:
    """Return what became of saving, and the kind of its note."""
    if finished.unsynced is None:
        return _("Saved. Syncing with the new settings now."), "good"
    words = {
        Refusal.NOT_ACTIVE: _("Saved. It was not synced, because it is off."),
        Refusal.CALENDAR_GONE: _("Saved. It was not synced, because the calendar was deleted."),
    }
    others = _("Saved. It was not synced, because the account is not connected.")
    return words.get(finished.unsynced, others), "info"
