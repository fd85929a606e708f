"""My Calendar as a file: export, addresses for other programs, and import."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import login_required
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.item import UnfitItem, shown_times
from calsync.errors import NotThere
from calsync.services.calendar_files import (
    create_feed,
    export_range,
    import_file,
    list_feeds_of,
    preview_import,
    read_feed,
    revoke_feed,
)
from calsync.services.ics_lines import LARGEST_FILE, RefusedFile
from calsync.web.current import current_login, settings, tools, who
from calsync.web.file_words import describe_lost, describe_problem, describe_refusal
from calsync.web.i18n import _
from calsync.web.ticket_calls import describe_times

LONGEST_DAYS = 366 * 5
_SHOWN_ONCE = "new_feed"

bp = Blueprint("calendar_files", __name__)


@bp.url_value_preprocessor
def make_room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let the two forms that carry a file be as large as one; nothing else may be."""
    # Before anything looks at the form, as the check of its token does.
    if endpoint in ("calendar_files.preview", "calendar_files.confirm"):
        request.max_content_length = LARGEST_FILE + 100_000
        request.max_form_memory_size = LARGEST_FILE + 100_000


@bp.get("/calendar/files")
@login_required
def show() -> str:
    """Show what can be done with files."""
    return _page(secret=session.pop(_SHOWN_ONCE, ""))


@bp.get("/calendar/export.ics")
@login_required
def export() -> Response | tuple[str, int]:
    """Hand out one's own calendar from one day to another, both included."""
    first, last = _read_day("from"), _read_day("to")
    if first is None or last is None or not 0 <= (last - first).days <= LONGEST_DAYS:
        return _page(
            error=(
                "from",
                _("Choose two days, the first before the last, at most five years apart"),
            )
        ), 422
    zone = ZoneInfo(current_login().user.time_zone)
    start, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return _send(export_range(tools(), who(), start, end, _("My Calendar")), as_file=True)


@bp.get("/feeds/<secret>.ics")
def feed(secret: str) -> Response:
    """Hand out a calendar to whoever knows its address."""
    try:
        return _send(read_feed(tools(), secret, _("My Calendar")), as_file=False)
    except NotThere:
        abort(404)


@bp.post("/calendar/feeds")
@login_required
def add_feed() -> AnyResponse | tuple[str, int]:
    """Make an address and show it once."""
    try:
        session[_SHOWN_ONCE] = create_feed(tools(), who(), request.form.get("name", ""))
    except UnfitItem as error:
        words = {
            "missing": _("Enter a name for the feed"),
            "too_long": _("Use at most 100 characters"),
            "too_many": _("There are 20 feeds already. Revoke one first"),
        }
        return _page(error=("name", words[error.faults[0].code])), 422
    return redirect(url_for(".show"), 303)


@bp.post("/calendar/feeds/<feed_id>/revoke")
@login_required
def revoke(feed_id: str) -> AnyResponse:
    """Let an address lead to nothing."""
    try:
        revoke_feed(tools(), who(), feed_id)
    except NotThere:
        abort(404)
    flash(_("Feed revoked. Its address leads to nothing any more."), "good")
    return redirect(url_for(".show"), 303)


@bp.get("/calendar/import")
@login_required
def choose() -> str:
    """Ask for a file."""
    return render_template("calendar_files/import.html", error="")


@bp.post("/calendar/import")
@login_required
def preview() -> str | tuple[str, int]:
    """Show what importing a file would do; nothing is added yet."""
    upload = request.files.get("file")
    content = upload.read(LARGEST_FILE + 1) if upload else b""
    if upload:
        upload.close()
    if not content:
        return render_template("calendar_files/import.html", error=_("Choose a file")), 422
    zone = current_login().user.time_zone
    try:
        found = preview_import(tools(), who(), content, zone, describe_lost)
    except RefusedFile as refused:
        return _refuse(refused)
    return render_template(
        "calendar_files/preview.html",
        found=found,
        text=content.decode("utf-8-sig"),
        say_problem=describe_problem,
        say_times=lambda fields: describe_times(shown_times(fields), zone),
    )


@bp.post("/calendar/import/confirm")
@login_required
def confirm() -> AnyResponse | tuple[str, int]:
    """Add what was shown."""
    content = request.form.get("text", "").encode()
    try:
        zone = current_login().user.time_zone
        count = import_file(tools(), who(), content, zone, describe_lost)
    except RefusedFile as refused:
        return _refuse(refused)
    except UnfitItem:  # the same file was imported in another window at this moment
        return render_template(
            "calendar_files/import.html",
            error=_("Your calendar changed meanwhile. Choose the file again"),
        ), 422
    flash(_("Import finished. Items added: %(count)d.", count=count), "good")
    return redirect(url_for("home.start"), 303)


@bp.errorhandler(RequestEntityTooLarge)
def refuse_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """Say which size a file may have."""
    error = describe_refusal("too_large")
    return render_template("calendar_files/import.html", error=error), 413


def _refuse(refused: RefusedFile) -> tuple[str, int]:
    error = describe_refusal(refused.code)
    return render_template("calendar_files/import.html", error=error), 422


def _read_day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 1970 <= day.year < 2200 else None


def _send(content: bytes, *, as_file: bool) -> Response:
    response = Response(content, mimetype="text/calendar")
    if as_file:
        response.headers["Content-Disposition"] = 'attachment; filename="calsync.ics"'
    return response


def _page(secret: str = "", error: tuple[str, str] = ("", "")) -> str:
    today = tools().clock.now().astimezone(ZoneInfo(current_login().user.time_zone)).date()
    address = url_for(".feed", secret=secret) if secret else ""
    return render_template(
        "calendar_files/files.html",
        feeds=list_feeds_of(tools(), who()),
        address=settings().public_url.rstrip("/") + address if secret else "",
        wrong=error[0],
        error=error[1],
        first=request.args.get("from") or today.isoformat(),
        last=request.args.get("to") or (today + timedelta(days=90)).isoformat(),
        name=request.form.get("name", ""),
    )
