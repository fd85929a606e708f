"""The log of an integration, a page at a time, and trying again what failed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from calsync.core.link import Act
from calsync.db.database import Session
from calsync.db.links import link_of, list_links, put_link
from calsync.db.log_entries import (
    LogFilter,
    count_log,
    find_entry,
    list_empty_runs,
    list_log,
)
from calsync.db.models import Integration, LogEntry, Run
from calsync.db.positions import Position
from calsync.db.runs import find_first_run_at, list_runs_of
from calsync.errors import NotThere
from calsync.services.integration_state import get_integration, lock, note, wake_if_active
from calsync.services.log_views import LogView, find_failed, is_tried_again, view_entries
from calsync.services.tools import Tools, Who

#: Lines of a page, and entries that are read at once for a file.
_PAGE = 50
_BATCH = 500


@dataclass(frozen=True)
class RunLog:
    """A run with those of its entries that stand on a page."""

    run: Run
    views: tuple[LogView, ...]


@dataclass(frozen=True, kw_only=True)
class LogPage:
    """One page of a log, the latest first; ``newer`` and ``older`` are where others begin.

    ``failed`` are the entries whose links can be tried again. ``is_empty``: no sync has
    said anything yet, whatever is asked for.
    """

    integration: Integration
    runs: tuple[RunLog, ...]
    count: int
    newer: Position | None
    older: Position | None
    failed: frozenset[str]
    is_empty: bool


def page_log(
    tools: Tools,
    who: Who,
    integration_id: str,
    wanted: LogFilter,
    *,
    before: Position | None = None,
    after: Position | None = None,
) -> LogPage:
    """Return a page of an integration's log: before a position, or those next after one.

    Raises NotThere.
    """
    wanted = replace(wanted, reader=who.user_id)
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        found = _list_lines(session, who, integration_id, wanted, before, after)
        lines, has_more = found[:_PAGE], len(found) > _PAGE
        if after is not None:
            lines.reverse()
        entries = [line for line in lines if isinstance(line, LogEntry)]
        is_empty = not lines and find_first_run_at(session, who.tenant_id, integration_id) is None
        return LogPage(
            integration=integration,
            runs=_group(session, who, lines, entries),
            count=count_log(session, who.tenant_id, integration_id, wanted),
            newer=_position_of(lines[0]) if lines and (has_more if after else before) else None,
            older=_position_of(lines[-1]) if lines and (after or has_more) else None,
            failed=find_failed(session, who, entries),
            is_empty=is_empty,
        )


def get_log_integration(tools: Tools, who: Who, integration_id: str) -> Integration:
    """Return an integration of the user's. Raises NotThere."""
    with tools.db.read() as session:
        return get_integration(session, who, integration_id)


def iter_log(
    tools: Tools, who: Who, integration_id: str, wanted: LogFilter
) -> Iterator[tuple[LogView, ...]]:
    """Yield all that a filter lets through, some entries at a time, the latest first.

    No transaction is open in between, and there are never more of them in memory.
    """
    wanted, before = replace(wanted, reader=who.user_id), None
    while True:
        with tools.db.read() as session:
            ids = who.tenant_id, integration_id
            entries = list_log(session, *ids, wanted, before=before, limit=_BATCH)
            views = view_entries(session, who, entries)
        if views:
            yield views
        if len(entries) < _BATCH:
            return
        before = entries[-1].at, entries[-1].id


def try_again(tools: Tools, who: Who, integration_id: str, entry_id: str) -> bool:
    """Have what failed tried again with the next sync; tell whether there is anything to try.

    Harmless where it was tried already. Raises NotThere.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        entry = find_entry(session, who.tenant_id, integration_id, entry_id)
        if entry is None:
            raise NotThere
        rows = list_links(session, who.tenant_id, [entry.link_id] if entry.link_id else [])
        waiting = [row for row in rows if row.is_present and is_tried_again(link_of(row))]
        for row in waiting:
            link = link_of(row)
            put_link(row, replace(link, acts=link.acts | {Act.TRY_AGAIN}))
            row.looks += 1
        if waiting:
            wake_if_active(session, integration, now)
    tools.wake()
    note("tried again", who, integration_id, links=len(waiting))
    return bool(waiting)


def _list_lines(
    session: Session,
    who: Who,
    integration_id: str,
    wanted: LogFilter,
    before: Position | None,
    after: Position | None,
) -> list[LogEntry | Run]:
    """Return entries and runs that have none in one order: of a page, and one more."""
    ids = who.tenant_id, integration_id
    most = _PAGE + 1
    lines: list[LogEntry | Run] = [
        *list_log(session, *ids, wanted, before=before, after=after, limit=most)
    ]
    if wanted.takes_empty_runs:
        lines += list_empty_runs(session, *ids, wanted, before=before, after=after, limit=most)
    return sorted(lines, key=_position_of, reverse=after is None)[:most]


def _group(
    session: Session, who: Who, lines: Sequence[LogEntry | Run], entries: Sequence[LogEntry]
) -> tuple[RunLog, ...]:
    runs = {run.id: run for run in lines if isinstance(run, Run)}
    wanted = {entry.run_id for entry in entries}
    runs |= {run.id: run for run in list_runs_of(session, who.tenant_id, wanted)}
    views = {view.entry.id: view for view in view_entries(session, who, entries)}
    return tuple(
        RunLog(runs[run_id], tuple(views[line.id] for line in some if line.id in views))
        for run_id, some in groupby(lines, key=_run_id_of)
    )


def _run_id_of(line: LogEntry | Run) -> str:
    return line.id if isinstance(line, Run) else line.run_id


def _position_of(line: LogEntry | Run) -> Position:
    return (line.began_at if isinstance(line, Run) else line.at), line.id
