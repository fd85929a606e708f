"""What finishing would do, before it is done: on the last tab of the wizard, and line by line."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.event import Timed
from calsync.core.integration import Refusal
from calsync.core.item_record import load_times
from calsync.core.plan import Direction, Head
from calsync.errors import CronofyError, NotPossible, NotThere, PermissionMissing
from calsync.keys import SealBroken
from calsync.logs import Log
from calsync.services.accounts import look_at_account
from calsync.services.draft_views import DraftView
from calsync.services.previews import PlanPage, Preview, get_view, make_preview, page_plan
from calsync.web.choices import find_choice
from calsync.web.current import current_login, polled, tools, who
from calsync.web.htmx import is_from_htmx, lead_to
from calsync.web.i18n import _
from calsync.web.plan_page import (
    PlanListPage,
    PreviewPage,
    confirmation_url,
    list_plan_lines,
    look_at_plan,
)
from calsync.web.plan_words import say_title
from calsync.web.safe_csv import csv_response
from calsync.web.sync_words import REFUSAL_WORDS
from calsync.web.words import describe_disconnection, say_trouble

log = Log("calsync.web.sync_preview")
bp = Blueprint("sync_preview", __name__, url_prefix="/calendar-sync")


@bp.post("/setup/<draft_id>/preview")
@bp.post("/<integration_id>/settings/preview")
@login_required
def make(**place: str) -> str | AnyResponse:
    """Work out what finishing would do, and show it on the last tab."""
    view = get_view(tools(), who(), **place)
    if view.is_finished:
        # What was to be finished was, in another window.
        return lead_to(url_for("calendar_sync.listing"))
    try:
        page = PreviewPage(view, make_preview(tools(), who(), view), _zone())
    except NotPossible as error:
        page = _look_why(view, Refusal(error.reason), place)
    except PermissionMissing as error:
        lost = Refusal.NOT_CONNECTED
        page = PreviewPage(view, Preview(None), _zone(), say_trouble(error), lost)
    except CronofyError as error:
        page = PreviewPage(view, Preview(None), _zone(), say_trouble(error))
    except SealBroken as error:
        log.failure("token unreadable", tenant_id=who().tenant_id)
        page = PreviewPage(view, Preview(None), _zone(), say_trouble(error))
    if is_from_htmx():
        return _show_part(page)
    if page.trouble:
        flash(page.trouble, "warning")
    elif page.why_as_before:
        flash(page.why_as_before, "info")
    return redirect(f"{confirmation_url(view)}#sync-preview", 303)


@bp.get("/setup/<draft_id>/preview/look")
@bp.get("/<integration_id>/settings/preview/look")
@polled
@login_required
def look(**place: str) -> str | AnyResponse:
    """Show whether another window has worked it out by now."""
    view = get_view(tools(), who(), **place)
    if view.is_finished:
        # What was to be finished was, in another window.
        return lead_to(url_for("calendar_sync.listing"))
    return _show_part(look_at_plan(view))


@bp.get("/setup/<draft_id>/preview")
@bp.get("/<integration_id>/settings/preview")
@login_required
def show(**place: str) -> str | AnyResponse:
    """Show every line of the plan that was made last, chosen by place and deed."""
    view = get_view(tools(), who(), **place)
    direction, head = _read_choice()
    try:
        number = int(request.args.get("page", 1))
    except ValueError:
        number = 1
    try:
        found = page_plan(
            tools(), who(), view, direction=direction, head=head, number=min(number, 10**6)
        )
    except NotThere:
        # It was never made, or a day has gone by.
        return redirect(confirmation_url(view))
    page = PlanListPage(view, found, _zone(), direction, head)
    return render_template("sync_preview/listing.html", page=page)


@bp.get("/setup/<draft_id>/preview.csv")
@bp.get("/<integration_id>/settings/preview.csv")
@login_required
def download(**place: str) -> Response | AnyResponse:
    """Hand out the same lines as a file for a spreadsheet."""
    view = get_view(tools(), who(), **place)
    direction, head = _read_choice()
    try:
        found = page_plan(tools(), who(), view, direction=direction, head=head, number=None)
    except NotThere:
        return redirect(confirmation_url(view))
    header = [
        _("Where"),
        _("What"),
        _("Kind"),
        _("Subject"),
        _("Begins (UTC)"),
        _("Begins"),
        _("Ends"),
        _("Changes"),
        _("Reason"),
    ]
    return csv_response("planned-changes.csv", header, list(_list_rows(found, view)))


def _show_part(page: PreviewPage) -> str:
    return render_template("sync_preview/_part.html", preview=page)


def _list_rows(found: PlanPage, view: DraftView) -> Iterator[list[str]]:
    zone = _zone()
    lines = list_plan_lines(found.actions, view, zone, found.hidden)
    for action, line in zip(found.actions, lines, strict=True):
        times = load_times(action.times) if action.times else None
        utc, start, end = "", "", ""
        if isinstance(times, Timed):
            utc = _iso(times.start, UTC)
            start, end = (_iso(each, ZoneInfo(zone)) for each in (times.start, times.end))
        elif times is not None:
            start, end = times.start.isoformat(), times.end.isoformat()
        changes = "; ".join(line.changes)
        yield [
            line.direction,
            line.head,
            line.kind,
            say_title(action, found.hidden),
            utc,
            start,
            end,
            changes,
            line.reason,
        ]


def _iso(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="minutes")


def _look_why(view: DraftView, refusal: Refusal, place: dict[str, str]) -> PreviewPage:
    """Return the page that says why nothing can be worked out, with what is known of it now."""
    if refusal in (Refusal.NOT_CONNECTED, Refusal.CALENDAR_GONE) and view.linked is not None:
        # What was found out is noted, so that the rest of the page says it too.
        look_at_account(tools(), who(), view.linked.account.id)
        view = get_view(tools(), who(), **place)
    trouble = str(REFUSAL_WORDS[refusal])
    disconnection = view.linked.account.disconnection if view.linked is not None else None
    if refusal is Refusal.BEING_READ:
        trouble = _("We are reading your calendars. This usually takes under a minute.")
    elif refusal is Refusal.NOT_CONNECTED and disconnection is not None:
        trouble = describe_disconnection(disconnection)
    return PreviewPage(view, Preview(None), _zone(), trouble, refusal)


def _read_choice() -> tuple[Direction | None, Head | None]:
    given = request.args
    return find_choice(Direction, given.get("direction")), find_choice(Head, given.get("action"))


def _zone() -> str:
    return current_login().user.time_zone
