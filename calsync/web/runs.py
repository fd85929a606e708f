"""Syncs: asking for one, following it, cancelling it, and what came of it."""

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.holds import Answer, Held
from calsync.core.integration import Refusal
from calsync.core.link import Side
from calsync.core.run import RunState
from calsync.db.models import Run
from calsync.errors import NotPossible
from calsync.services import holds
from calsync.services.integration_views import get_integration_view
from calsync.services.run_views import RunView, get_run_view
from calsync.services.runs import cancel_run, request_sync
from calsync.web.current import polled, tools, who
from calsync.web.held_lines import list_held_lines, list_panels
from calsync.web.held_words import say_answered
from calsync.web.htmx import is_from_htmx, lead_to
from calsync.web.i18n import _
from calsync.web.item_requests import reader_zone
from calsync.web.log_lines import LogLine, list_log_lines
from calsync.web.run_words import (
    LOST_ACCESS,
    say_direction,
    say_done,
    say_end,
    say_progress,
    say_rest,
    say_why_stopped,
)
from calsync.web.sync_words import REFUSAL_WORDS, SIDE_WORDS, TRIGGER_WORDS

bp = Blueprint("runs", __name__, url_prefix="/calendar-sync")
#: How long a page waits before it asks how far a sync is, by how long that takes already.
_PATIENCE = ((timedelta(seconds=10), 1), (timedelta(minutes=1), 2), (timedelta.max, 5))
#: What is spoken on the way, in percent.
_SPOKEN = (75, 50, 25, 0)


@bp.post("/<integration_id>/sync")
@login_required
def sync_now(integration_id: str) -> AnyResponse | tuple[str, int]:
    """Have an integration synced now and show how that goes, or say why it cannot be."""
    try:
        run_id = request_sync(tools(), who(), integration_id, bulk=True)
    except NotPossible as error:
        return _refuse(integration_id, Refusal(error.reason))
    return lead_to(url_for(".show", integration_id=integration_id, run_id=run_id))


@bp.get("/<integration_id>/runs/<run_id>")
@login_required
def show(integration_id: str, run_id: str) -> str:
    """Show how far a sync is, or what it did."""
    view = get_run_view(tools(), who(), integration_id, run_id)
    return render_template("runs/run.html", spoken=-1, **_describe(view))


@bp.get("/<integration_id>/runs/<run_id>/progress")
@polled
@login_required
def progress(integration_id: str, run_id: str) -> str:
    """Return the part of the page that follows a sync; the last one asks no more."""
    view = get_run_view(tools(), who(), integration_id, run_id)
    spoken, reached = request.args.get("spoken", -1, type=int), _milestone(view.run)
    return render_template(
        "runs/_progress.html",
        says=view.is_over or reached > spoken,
        spoken=max(reached, spoken),
        **_describe(view),
    )


@bp.post("/<integration_id>/runs/<run_id>/cancel")
@login_required
def cancel(integration_id: str, run_id: str) -> AnyResponse:
    """Have a sync stop after what is in hand."""
    get_run_view(tools(), who(), integration_id, run_id)
    cancel_run(tools(), who(), run_id)
    return lead_to(url_for(".show", integration_id=integration_id, run_id=run_id))


@bp.get("/<integration_id>/held")
@login_required
def held(integration_id: str) -> str:
    """Show what waits for the user's answer; with ``what``, all of one kind, a page at a time."""
    return _show_held(integration_id, request.args.get("what", ""))


@bp.post("/<integration_id>/held")
@login_required
def answer_held(integration_id: str) -> AnyResponse | tuple[str, int]:
    """Take the answer to what waits, unless it is another number by now."""
    what, number = request.form.get("what"), request.form.get("number", -1, type=int)
    said = request.form.get("answer")
    if what not in set(Held) or said not in set(Answer):
        return _show_held(integration_id, problem=_("Choose one of the buttons.")), 422
    try:
        holds.answer_held(tools(), who(), integration_id, Held(what), Answer(said), number)
    except NotPossible as error:
        problem = str(REFUSAL_WORDS[Refusal(error.reason)])
        return _show_held(integration_id, problem=problem), 422
    flash(say_answered(said == Answer.DO, number), "good")
    return redirect(url_for(".held", integration_id=integration_id), 303)


def _show_held(integration_id: str, what: str = "", problem: str = "") -> str:
    integration, groups = holds.list_held_groups(tools(), who(), integration_id)
    after, lines, has_more = request.args.get("after", ""), None, False
    if what in set(Held):
        groups = [group for group in groups if group.held == what]
        kind = Held(what)
        _i, entries, has_more = holds.page_held(tools(), who(), integration_id, kind, after=after)
        lines = list_held_lines(entries)
    return render_template(
        "runs/held.html",
        integration=integration,
        panels=list_panels(groups, integration.calendar_name),
        lines=lines,
        has_more=has_more,
        what=what,
        after=after,
        problem=problem,
    )


def _refuse(integration_id: str, reason: Refusal) -> AnyResponse | tuple[str, int]:
    view = get_integration_view(tools(), who(), integration_id)
    words = str(REFUSAL_WORDS[reason])
    if is_from_htmx():
        flash(words, "warning")
        return lead_to(url_for("calendar_sync.listing"))
    account_id = view.integration.account_id if reason is Refusal.NOT_CONNECTED else None
    page = render_template(
        "runs/refused.html", integration=view.integration, text=words, account_id=account_id
    )
    return page, 422


def _describe(view: RunView) -> dict[str, object]:
    """Return what the page and its moving part show of a run."""
    run, now = view.run, tools().clock.now()
    groups = holds.list_held_groups(tools(), who(), run.integration_id)[1] if view.is_over else []
    return {
        "panels": list_panels(groups, view.integration.calendar_name),
        "view": view,
        "run": run,
        "integration": view.integration,
        "is_ok": run.state is RunState.FINISHED,
        "is_waiting": run.state is RunState.WAITING,
        "trigger": str(TRIGGER_WORDS[run.trigger]),
        "wait": _wait(run, now),
        "text": say_end(run) if view.is_over else say_progress(view, now),
        "done": say_done(run),
        "why": say_why_stopped(view),
        "rest": say_rest(view, now),
        "has_lost_access": run.error in LOST_ACCESS,
        "directions": [(SIDE_WORDS[side], say_direction(run.counts, side)) for side in Side],
        "lines": _list_lines(view) if view.is_over else [],
    }


def _list_lines(view: RunView) -> list[LogLine]:
    return list_log_lines(view.run, view.entries, reader_zone(), view.failed)


def _wait(run: Run, now: datetime) -> int:
    """Return after how many seconds the page asks again."""
    taken = now - run.began_at
    return next(seconds for limit, seconds in _PATIENCE if taken < limit)


def _milestone(run: Run) -> int:
    """Return how many percent are spoken of at this point."""
    percent = 100 * run.done // run.total if run.total else 0
    return next(each for each in _SPOKEN if percent >= each)
