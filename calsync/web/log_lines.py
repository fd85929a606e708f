"""Lines of a log: what a sync did or declined, in words."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for

from calsync.core.run import DONE_AS, Outcome, Result
from calsync.db.models import LogEntry
from calsync.services.log_views import LogView
from calsync.web.i18n import _
from calsync.web.log_details import Details, find_details
from calsync.web.sync_words import OUTCOME_WORDS, RESULT_WORDS, SIDE_WORDS, say_reason

_BY_ACTION = {action: outcome for outcome, action in DONE_AS.items()}


@dataclass(frozen=True)
class LogLine:
    """One thing that a sync did or declined; ``url`` leads to its item, where that is there."""

    id: str
    at: datetime
    title: str = field(repr=False)
    url: str | None
    direction: str
    result: str
    reason: str
    details: Details
    is_bad: bool
    #: It failed, and can be tried again.
    is_open: bool


def list_log_lines(
    views: Iterable[LogView], zone: ZoneInfo, failed: Collection[str] = ()
) -> list[LogLine]:
    """Return what a page shows of entries of a log, in the order given."""
    return [_line_of(view, zone, is_open=view.entry.id in failed) for view in views]


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


def _line_of(view: LogView, zone: ZoneInfo, *, is_open: bool) -> LogLine:
    entry, glimpse = view.entry, view.glimpse
    return LogLine(
        entry.id,
        entry.at,
        say_title(view),
        url_for("items.show", item_id=entry.item_id) if glimpse.is_there else None,
        str(SIDE_WORDS[entry.side]),
        say_what(entry),
        say_reason(entry.reason) if entry.reason else "",
        Details() if glimpse.is_hidden else find_details(entry, zone),
        entry.result is Result.FAILED,
        is_open,
    )
