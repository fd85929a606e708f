"""The log of an integration: what its syncs did and declined, found by filters, and as a file."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.item import Kind
from calsync.core.link import Side
from calsync.core.run import Outcome
from calsync.db.positions import Position
from calsync.services.log_purge import LOG_KEEPS
from calsync.services.log_views import LogView
from calsync.services.sync_logs import (
    LogPage,
    get_log_integration,
    iter_log,
    page_log,
    try_again,
)
from calsync.web.auth import safe_next
from calsync.web.current import tools, who
from calsync.web.htmx import wants_part
from calsync.web.i18n import _, _l, _n, keep_language
from calsync.web.item_requests import reader_zone
from calsync.web.kinds import name_kind
from calsync.web.log_details import find_details, say_details
from calsync.web.log_lines import list_log_lines, say_title, say_what
from calsync.web.log_query import LogQuery, Started, read_query, write_position
from calsync.web.run_words import say_in_short
from calsync.web.safe_csv import csv_response
from calsync.web.sync_words import (
    OUTCOME_WORDS,
    SIDE_WORDS,
    TRIGGER_WORDS,
    say_reason,
)

Speaking = AbstractContextManager[None]

bp = Blueprint("sync_logs", __name__, url_prefix="/calendar-sync/<integration_id>")
STARTED_WORDS = {
    Started.MANUAL: _l("Manual"),
    Started.REAL_TIME: _l("Real time"),
    Started.SCHEDULED: _l("Scheduled"),
    Started.ALL: _l("All"),
}


@bp.get("/logs")
@login_required
def show(integration_id: str) -> str:
    """Show what syncs did and declined, the latest first."""
    query, zone = read_query(request.args), reader_zone()
    wanted = query.make_filter(zone)
    page = page_log(tools(), who(), integration_id, wanted, before=query.before, after=query.after)
    return render_template(
        "sync_logs/logs.html",
        page=page,
        integration=page.integration,
        query=query,
        parameters=query.parameters(),
        runs=_list_runs(page, zone),
        count=_n("%(num)d entry", "%(num)d entries", page.count),
        choices=_list_choices(query),
        newer=_address(integration_id, query, after=page.newer),
        older=_address(integration_id, query, before=page.older),
        days=LOG_KEEPS.days,
        here=request.full_path,
        says=wants_part(),
    )


@bp.get("/logs.csv")
@login_required
def download(integration_id: str) -> AnyResponse:
    """Send everything that the filters let through as a table, while it is read."""
    get_log_integration(tools(), who(), integration_id)
    query, zone = read_query(request.args), reader_zone()
    header = [
        _("Time (UTC)"),
        _("Time (%(zone)s)", zone=zone.key),
        _("Started by"),
        _("Direction"),
        _("Result"),
        _("Item"),
        _("Kind"),
        _("Reason"),
        _("Details"),
    ]
    found = iter_log(tools(), who(), integration_id, query.make_filter(zone))
    return csv_response("sync-log.csv", header, _list_rows(found, zone, keep_language()))


@bp.post("/logs/<entry_id>/again")
@login_required
def again(integration_id: str, entry_id: str) -> AnyResponse:
    """Have what failed tried again."""
    if try_again(tools(), who(), integration_id, entry_id):
        flash(_("It is tried again with the next sync."), "good")
    else:
        flash(_("There is nothing to try again: it was done or given up meanwhile."), "info")
    shown = safe_next(request.form.get("next", ""))
    own = url_for(".show", integration_id=integration_id)
    runs = url_for("runs.show", integration_id=integration_id, run_id="")
    return redirect(shown if shown.startswith((own, runs)) else own, 303)


def _list_runs(page: LogPage, zone: ZoneInfo) -> list[dict[str, object]]:
    """Return what the page shows of each run: its heading and its lines."""
    return [
        {
            "run": each.run,
            "trigger": str(TRIGGER_WORDS[each.run.trigger]),
            "text": say_in_short(each.run),
            "lines": list_log_lines(each.run, each.views, zone, page.failed),
        }
        for each in page.runs
    ]


def _list_choices(query: LogQuery) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Return the filters that are chosen from a list: name, label, and value, words, chosen."""
    return [
        (
            "started",
            _("Started by"),
            [(each, str(STARTED_WORDS[each]), each is query.started) for each in Started],
        ),
        (
            "direction",
            _("Direction"),
            _options(query.direction, {side: str(SIDE_WORDS[side]) for side in Side}),
        ),
        (
            "result",
            _("Result"),
            _options(query.result, {each: str(OUTCOME_WORDS[each]) for each in Outcome}),
        ),
        ("kind", _("Kind"), _options(query.kind, {kind: name_kind(kind) for kind in Kind})),
    ]


def _options(chosen: str | None, words: dict[str, str]) -> list[tuple[str, str, bool]]:
    named = [(value, said, value == chosen) for value, said in words.items()]
    return [("", _("All"), chosen is None), *named]


def _address(integration_id: str, query: LogQuery, **position: Position | None) -> str | None:
    """Return the address of another page of what is shown, None where there is none."""
    [(name, found)] = position.items()
    if found is None:
        return None
    where = {**query.parameters(), name: write_position(found)}
    return f"{url_for('.show', integration_id=integration_id)}?{urlencode(where)}"


def _list_rows(
    found: Iterator[tuple[LogView, ...]], zone: ZoneInfo, speak: Callable[[], Speaking]
) -> Iterator[list[str]]:
    for views in found:
        with speak():
            rows = [_row_of(view, zone) for view in views]
        yield from rows


def _row_of(view: LogView, zone: ZoneInfo) -> list[str]:
    entry, kind = view.entry, view.glimpse.kind
    details = "" if view.glimpse.is_hidden else say_details(find_details(entry, zone))
    return [
        entry.at.isoformat(timespec="seconds"),
        entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        str(TRIGGER_WORDS[entry.trigger]),
        str(SIDE_WORDS[entry.side]),
        say_what(entry),
        say_title(view),
        name_kind(kind) if kind else "",
        say_reason(entry.reason) if entry.reason else "",
        details,
    ]
