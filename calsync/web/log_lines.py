"""Lines of a log: what a sync did or declined, in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import url_for

from calsync.core.run import Result
from calsync.db.models import LogEntry
from calsync.services.log_views import LogView
from calsync.web.i18n import _, _l
from calsync.web.sync_words import RESULT_WORDS, SIDE_WORDS, say_reason

#: What was done, by the action.
_DEEDS = {
    "create": _l("Created"),
    "update": _l("Updated"),
    "delete": _l("Deleted"),
    "restore": _l("Restored"),
    "link": _l("Linked"),
}


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
    is_bad: bool


def list_log_lines(views: Iterable[LogView]) -> list[LogLine]:
    """Return what a page shows of entries of a log, in the order given."""
    return [_line_of(view) for view in views]


def say_what(entry: LogEntry) -> str:
    """Return what became of it, in a word."""
    if entry.result is Result.DONE:
        return str(_DEEDS.get(entry.action, RESULT_WORDS[Result.DONE]))
    return str(RESULT_WORDS[entry.result])


def say_title(view: LogView) -> str:
    """Return what it is about, as far as the reader may know."""
    if view.glimpse.is_hidden:
        return _("Busy")
    return view.entry.title or _("No subject")


def _line_of(view: LogView) -> LogLine:
    entry = view.entry
    return LogLine(
        entry.id,
        entry.at,
        say_title(view),
        url_for("items.show", item_id=entry.item_id) if view.glimpse.is_there else None,
        str(SIDE_WORDS[entry.side]),
        say_what(entry),
        say_reason(entry.reason) if entry.reason else "",
        entry.result is Result.FAILED,
    )
