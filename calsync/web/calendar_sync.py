"""Calendar Sync: the accounts that are linked, and linking them."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.answers import Step
from calsync.cronofy.limiter import Lane
from calsync.errors import CronofyError
from calsync.keys import SealBroken
from calsync.logs import Log
from calsync.services.accounts import (
    check_account,
    disconnect,
    find_linked,
    list_linked,
)
from calsync.services.drafts import begin_setup
from calsync.services.linking import Outcome, begin_connect, finish_connect
from calsync.web.current import polled, tools, who
from calsync.web.i18n import _
from calsync.web.returns import describe_return
from calsync.web.security import is_from_elsewhere
from calsync.web.words import LONGEST_NAME, service_name

log = Log("calsync.web.calendar_sync")
#: After these there is something to be set up.
_LEADING_ON = (Outcome.CONNECTED, Outcome.ALREADY_LINKED)
bp = Blueprint("calendar_sync", __name__, url_prefix="/calendar-sync")


@bp.get("")
@login_required
def listing() -> str:
    """Show what is linked."""
    return render_template("calendar_sync/listing.html", accounts=list_linked(tools(), who()))


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
    except CronofyError:
        flash(
            _(
                "We could not reach the calendar service. Your settings are safe. "
                "Try again in a few minutes."
            ),
            "warning",
        )
    except SealBroken:
        log.failure("token unreadable", tenant_id=who().tenant_id, account_id=account_id)
        flash(
            _(
                "The stored access to this account cannot be read. Ask your administrator: a key "
                "is missing. You can also disconnect the account and connect it again."
            ),
            "bad",
        )
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
