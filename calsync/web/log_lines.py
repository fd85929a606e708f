"""Lines of a log: what a sync did or declined, in words."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import format_datetime

from calsync.core.item_record import load_times
from calsync.core.run import DONE_AS, Outcome, Result, find_times
from calsync.db.models import LogEntry, Run
from calsync.services.log_views import LogView
from calsync.web.i18n import _
from calsync.web.item_words import say_times
from calsync.web.log_details import Details, find_details
from calsync.web.sync_words import OUTCOME_WORDS, RESULT_WORDS, SIDE_WORDS, say_reason

_BY_ACTION = {action: outcome for outcome, action in DONE_AS.items()}


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One thing that a sync did or declined; ``url`` leads to its item, where that is there."""

    id: str
    at: datetime
    title: str = field(repr=False)
    url: str | None
    #: When it takes place; empty where the log does not know.
    when: str
    direction: str
    #: When it was done, as short as the heading above allows.
    clock: str
    result: str
    reason: str
    details: Details
    is_bad: bool
    #: It failed, and can be tried again.
    is_open: bool


def list_log_lines(
    run: Run, views: Iterable[LogView], zone: ZoneInfo, failed: Collection[str]
) -> list[LogLine]:
    """Return what a page shows of entries of a run, in the order given, under its heading."""
    return [_line_of(run, view, zone, is_open=view.entry.id in failed) for view in views]


def say_what(entry: LogEntry) -> str:
    """Return what became of it, in a word."""
    if entry.result is not Result.DONE:
        return str(OUTCOME_WORDS[Outcome(entry.result.value)])
    outcome = _BY_ACTION.get(entry.action)
    return str(OUTCOME_WORDS[outcome] if outcome else RESULT_WORDS[Result.DONE])


def say_title(view: LogView) -> str:
    """Return what it is about, as far as the reader may know."""
    if view.glimpse.is_hidden:
        return _("Busy")
    return view.entry.title or _("No subject")


def _line_of(run: Run, view: LogView, zone: ZoneInfo, *, is_open: bool) -> LogLine:
    entry, glimpse = view.entry, view.glimpse
    return LogLine(
        id=entry.id,
        at=entry.at,
        title=say_title(view),
        url=url_for("items.show", item_id=entry.item_id) if glimpse.is_there else None,
        when="" if glimpse.is_hidden else _say_when(entry, zone),
        direction=str(SIDE_WORDS[entry.side]),
        clock=_say_clock(entry.at, run.began_at, zone),
        result=say_what(entry),
        reason=say_reason(entry.reason) if entry.reason else "",
        details=Details() if glimpse.is_hidden else find_details(entry, zone),
        is_bad=entry.result is Result.FAILED,
        is_open=is_open,
    )


def _say_when(entry: LogEntry, zone: ZoneInfo) -> str:
    times = find_times(entry.side, entry.before, entry.after)
    return say_times(load_times(times), zone) if times else ""


def _say_clock(at: datetime, began_at: datetime, zone: ZoneInfo) -> str:
    """Return when something was done; with its day where the heading has another one."""
    is_same_day = at.astimezone(zone).date() == began_at.astimezone(zone).date()
    return str(format_datetime(at, "HH:mm" if is_same_day else "d MMM yyyy, HH:mm"))
