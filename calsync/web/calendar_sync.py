"""Calendar Sync: what is kept in step, the accounts that are linked, and linking them."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.answers import Step
from calsync.core.integration import Copies, Refusal
from calsync.cronofy.limiter import Lane
from calsync.errors import CronofyError, NotPossible, NotThere
from calsync.keys import SealBroken
from calsync.logs import Log
from calsync.services.accounts import (
    check_account,
    disconnect,
    find_linked,
    list_linked,
)
from calsync.services.draft_views import list_drafts
from calsync.services.drafts import begin_setup
from calsync.services.integration_end import delete_integration, foresee_ending, was_deleted
from calsync.services.integration_views import get_integration_view, list_integration_views
from calsync.services.integrations import activate, deactivate
from calsync.services.linking import Outcome, begin_connect, finish_connect
from calsync.web.current import polled, tools, who
from calsync.web.htmx import is_from_htmx
from calsync.web.i18n import _
from calsync.web.returns import describe_return
from calsync.web.security import is_from_elsewhere
from calsync.web.sync_deletion import read_choice, say_deletion, say_ending
from calsync.web.sync_rows import make_row, name_integration, say_off_hint
from calsync.web.sync_words import REFUSAL_WORDS
from calsync.web.words import LONGEST_NAME, say_trouble, service_name

log = Log("calsync.web.calendar_sync")
#: After these there is something to be set up.
_LEADING_ON = (Outcome.CONNECTED, Outcome.ALREADY_LINKED)
bp = Blueprint("calendar_sync", __name__, url_prefix="/calendar-sync")


@bp.get("")
@login_required
def listing() -> str:
    """Show what is kept in step, and what is linked."""
    return render_template(
        "calendar_sync/listing.html",
        setups=list_drafts(tools(), who()),
        rows=[make_row(view) for view in list_integration_views(tools(), who())],
        accounts=list_linked(tools(), who()),
    )


@bp.get("/<integration_id>/row")
@polled
@login_required
def row(integration_id: str) -> str:
    """Return one integration's row of the listing, which asks again while a sync is under way."""
    view = get_integration_view(tools(), who(), integration_id)
    return render_template("calendar_sync/_row.html", row=make_row(view))


@bp.post("/<integration_id>/active")
@login_required
def switch(integration_id: str) -> AnyResponse | str:
    """Turn a sync on or off, as the form says, however often it is sent."""
    view = get_integration_view(tools(), who(), integration_id)
    wanted = request.form.get("wanted")
    if wanted not in ("on", "off"):
        abort(422)
    is_on = wanted == "on"
    (activate if is_on else deactivate)(tools(), who(), integration_id)
    name = name_integration(view)
    spoken = _("%(name)s is now on", name=name) if is_on else _("%(name)s is now off", name=name)
    if is_from_htmx():
        view = get_integration_view(tools(), who(), integration_id)
        return render_template("calendar_sync/_switched.html", row=make_row(view), spoken=spoken)
    flash(spoken, "good")
    if not is_on:
        flash(say_off_hint(), "info")
    return redirect(url_for("calendar_sync.listing"), 303)


@bp.get("/<integration_id>/delete")
@login_required
def ask_delete(integration_id: str) -> str:
    """Say what deleting a sync does, before it is done."""
    return _show_deletion(integration_id)


@bp.post("/<integration_id>/delete")
@login_required
def do_delete(integration_id: str) -> AnyResponse | tuple[str, int]:
    """End a sync; ask again where another number of copies would go than was shown."""
    try:
        view = get_integration_view(tools(), who(), integration_id)
        ending = foresee_ending(tools(), who(), integration_id)
        done = delete_integration(
            tools(), who(), integration_id, **read_choice(request.form, ending)
        )
    except NotThere:
        if not was_deleted(tools(), who(), integration_id):
            raise
        flash(_("This sync was deleted already."), "info")
        return redirect(url_for("calendar_sync.listing"), 303)
    except NotPossible as error:
        return _show_deletion(integration_id, REFUSAL_WORDS[Refusal(error.reason)]), 422
    flash(say_deletion(view, ending, done), "good")
    return redirect(url_for("calendar_sync.listing"), 303)


def _show_deletion(integration_id: str, fault: str = "") -> str:
    view = get_integration_view(tools(), who(), integration_id)
    ending = foresee_ending(tools(), who(), integration_id)
    return render_template(
        "calendar_sync/delete.html",
        row=make_row(view),
        ending=ending,
        words=say_ending(view, ending),
        goes=request.form.get("copies") == Copies.GO,
        fault=fault,
    )


@bp.get("/connect")
@login_required
def connect() -> AnyResponse:
    """Send the browser to Cronofy for consent; with ``account``, to connect it again.

    A plain link, as a form that is redirected to another site is stopped by
    ``form-action 'self'``. Another site cannot start it.
    """
    if is_from_elsewhere():
        abort(403)
    url = begin_connect(tools(), who(), request.args.get("account"))
    if url is None:
        abort(404)
    return redirect(url)


@bp.get("/callback")
@login_required
def callback() -> AnyResponse:
    """Take the browser back from Cronofy: to the wizard, or where it ends here, to say how."""
    result = finish_connect(
        tools(),
        who(),
        state=request.args.get("state", "")[:200],
        code=request.args.get("code", "")[:2000],
        error=request.args.get("error", "")[:200],
    )
    linked = find_linked(tools(), who(), result.account_id) if result.account_id else None
    if linked is not None and linked.is_connected and result.outcome in _LEADING_ON:
        if result.outcome is Outcome.ALREADY_LINKED:
            flash(*describe_return(result.outcome, linked))
        draft_id = begin_setup(tools(), who(), linked.account.id)
        tab = Step.LINKED_CALENDAR.value
        return redirect(url_for("wizard.setup_tab", draft_id=draft_id, tab=tab), 303)
    text, kind = describe_return(result.outcome, linked)
    flash(text, kind)
    return redirect(url_for("calendar_sync.listing"), 303)


@bp.get("/accounts/<account_id>/reading")
@polled
@login_required
def reading(account_id: str) -> str:
    """Return one account's part of the listing, which asks again while calendars are read."""
    linked = find_linked(tools(), who(), account_id)
    if linked is None:
        abort(404)
    return render_template("calendar_sync/_account.html", linked=linked)


@bp.post("/accounts/<account_id>/check")
@login_required
def check(account_id: str) -> AnyResponse:
    """Ask Cronofy how the account is, now."""
    if find_linked(tools(), who(), account_id) is None:
        abort(404)
    try:
        check_account(tools(), who().tenant_id, account_id, Lane.USER)
    except CronofyError as error:
        flash(say_trouble(error), "warning")
    except SealBroken as error:
        log.failure("token unreadable", tenant_id=who().tenant_id, account_id=account_id)
        flash(say_trouble(error), "bad")
    else:
        flash(_("Checked just now."), "good")
    return redirect(url_for("calendar_sync.listing"), 303)


@bp.get("/accounts/<account_id>/disconnect")
@login_required
def ask_disconnect(account_id: str) -> str:
    """Say what disconnecting does, before it is done."""
    linked = find_linked(tools(), who(), account_id)
    if linked is None:
        abort(404)
    return render_template("calendar_sync/disconnect.html", linked=linked)


@bp.post("/accounts/<account_id>/disconnect")
@login_required
def do_disconnect(account_id: str) -> AnyResponse:
    """Forget the account."""
    account = disconnect(tools(), who(), account_id)
    if account is None:
        abort(404)
    flash(
        _(
            "%(service)s account %(name)s is disconnected.",
            service=service_name(account.provider_service),
            name=account.profile_name[:LONGEST_NAME],
        ),
        "good",
    )
    return redirect(url_for("calendar_sync.listing"), 303)
