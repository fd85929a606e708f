"""`calsync sync`: have calendars synced now, and learn what became of an entry."""

from collections import Counter
from datetime import datetime

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.cli.integrations import NO_INTEGRATION, say_status
from calsync.cli.whose import find_who, of_user, plain_refusals
from calsync.core.integration import Refusal
from calsync.core.link import LinkState, Origin
from calsync.core.run import Result, RunState, count_name
from calsync.db.models import DueKind, LogEntry, Run
from calsync.errors import UserError
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.services.explanations import Explanation, LinkTrace, explain
from calsync.services.integration_views import list_integration_views
from calsync.services.runs import get_run, request_sync
from calsync.services.sync.rehearsal import preview
from calsync.services.tools import Tools, Who
from calsync.web.sync_words import (
    ACTION_WORDS,
    COPY_DELETED,
    PART_WORDS,
    REFUSAL_WORDS,
    RESULT_WORDS,
    RUN_WORDS,
    SIDE_WORDS,
    STATE_WORDS,
    TRIGGER_WORDS,
    say_counts,
    say_reason,
)

_ENDED = (RunState.FINISHED, RunState.STOPPED)
_LOOK_EVERY = 0.5


@click.group()
def sync() -> None:
    """Having calendars synced, and what came of it."""


@sync.command("run")
@of_user
@click.argument("integration_id", metavar="ID")
@click.option("--bulk/--no-bulk", default=True, help="With what the options retrieve and send.")
@click.option("--wait", default=600.0, show_default=True, help="Follow it for so many seconds.")
@plain_errors
def run_now(tenant_slug: str, email: str, integration_id: str, bulk: bool, wait: float) -> None:
    """Sync an integration now, and say what was done.

    Where a server does the due work, it does this too; where none does, it is done here.
    """
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals(NO_INTEGRATION):
        run_id = request_sync(tools, who, integration_id, bulk=bulk)
        ended = _follow(tools, who, integration_id, run_id, wait)
    if ended is None:
        raise UserError("It has not ended yet. `calsync sync status` shows how it stands.")
    click.echo(f"{RUN_WORDS[ended.state]}: {say_counts(ended.counts) or 'nothing to do'}.")
    if ended.error in list(Refusal):
        raise UserError(str(REFUSAL_WORDS[Refusal(ended.error)]))
    if ended.state is RunState.STOPPED:
        raise UserError(f"It ended early ({ended.error}) and is tried again.")


@sync.command("preview")
@of_user
@click.argument("integration_id", metavar="ID")
@click.option("--bulk/--no-bulk", default=True, help="With what the options retrieve and send.")
@plain_errors
def look_ahead(tenant_slug: str, email: str, integration_id: str, bulk: bool) -> None:
    """Say what a sync would do now, and do nothing."""
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals(NO_INTEGRATION):
        planned = preview(tools, who, integration_id, bulk=bulk)
    for entry in planned:
        click.echo(_say_planned(entry))
    counts = Counter(count_name(each.side, each.action, each.result) for each in planned)
    ahead = f"That would be {say_counts(counts)}. Nothing was changed."
    click.echo(ahead if planned else "Nothing to change.")


@sync.command()
@of_user
@plain_errors
def status(tenant_slug: str, email: str) -> None:
    """Say how each of a user's integrations stands, and what its last sync did."""
    tools = open_tools()
    for view in list_integration_views(tools, find_who(tools, tenant_slug, email)):
        row = view.integration
        active = "" if row.is_active else ", not active"
        click.echo(f"{row.id}\t{row.calendar_name}\t{say_status(view)}{active}")
        runs = [*view.open_runs, *filter(None, [view.last_run])]
        for line in map(_say_run, runs) if runs else ["It was not synced yet."]:
            click.echo(f"\t{line}")


@sync.command()
@of_user
@click.argument("what")
@plain_errors
def why(tenant_slug: str, email: str, what: str) -> None:
    """Say what became of WHAT, the id of an item or of an event, and why."""
    tools = open_tools()
    who = find_who(tools, tenant_slug, email)
    with plain_refusals("Nothing is known of it on this user's behalf."):
        explained = explain(tools, who, what)
    for line in say_explanation(explained):
        click.echo(line)


def say_explanation(explained: Explanation) -> list[str]:
    """Return everything that is known of an item or event, a fact a line."""
    lines = []
    is_here = explained.item is not None and explained.item.deleted_at is None
    if explained.item is not None:
        lines.append(f"Item: {explained.item.subject} ({explained.item.id})")
        if not explained.links:
            lines.append("It stands in no linked calendar.")
    for trace in explained.links:
        lines += _say_link(trace, is_here=is_here)
    names = {each.id: each.calendar_name for each in explained.integrations}
    for judgement in explained.judgements:
        place = names.get(judgement.integration_id, "a deleted integration")
        lines.append(f"Not brought in from {place}: {say_reason(judgement.reason)}")
    return lines + [_say_entry(entry) for entry in explained.entries]


def _say_link(trace: LinkTrace, *, is_here: bool) -> list[str]:
    row, link = trace.row, trace.link
    place = trace.integration.calendar_name if trace.integration else "a deleted integration"
    kind = "Copy" if row.origin is Origin.SENT else "Event"
    former = "" if row.is_present else " (a former one)"
    which = f" of {row.key}" if row.key else ""
    is_only_copy_gone = (
        is_here and row.origin is Origin.SENT and row.state is LinkState.DELETED_HERE
    )
    state = COPY_DELETED if is_only_copy_gone else STATE_WORDS[row.state]
    lines = [f"{kind}{which} in {place}{former}: {state}"]
    if link.flight is not None:
        lines.append(f"  A write is under way since {_say_at(link.flight.decided_at)}.")
    for part, declined in link.declined.items():
        words = f"{SIDE_WORDS[declined.side]}: {say_reason(declined.reason)}"
        lines.append(f"  {PART_WORDS[part]} was kept out. {words}")
    lines += [f"  {PART_WORDS[part]}: {say_reason('conflict')}" for part in link.conflicts]
    return lines


def _say_entry(entry: LogEntry) -> str:
    reason = f": {say_reason(entry.reason)}" if entry.reason else ""
    words = f"{SIDE_WORDS[entry.side]}, {ACTION_WORDS[entry.action]}, {RESULT_WORDS[entry.result]}"
    return f"{_say_at(entry.at)}\t{words}{reason}"


def _say_planned(entry: LogEntry) -> str:
    reason = f": {say_reason(entry.reason)}" if entry.reason else ""
    words = f"{SIDE_WORDS[entry.side]}, {ACTION_WORDS[entry.action]}"
    if entry.result is not Result.DONE:
        words += f", {RESULT_WORDS[entry.result]}"
    return f"{entry.item_id or entry.event_uid}\t{_say_which(entry)}\t{words}{reason}"


def _say_which(entry: LogEntry) -> str:
    """Return the title and the beginning of what an entry is about: a series has one id."""
    shown = (*entry.after.values(), *entry.before.values())
    begins = (side["times"]["start"] for side in shown if side and side.get("times"))
    return ", ".join(filter(None, [entry.title, next(begins, None)]))


def _say_run(run: Run) -> str:
    ended = _say_at(run.ended_at or run.began_at)
    counts = say_counts(run.counts) or "nothing to do"
    words = f"{TRIGGER_WORDS[run.trigger]}\t{RUN_WORDS[run.state]}"
    return f"{ended}\t{words}\t{counts if run.ended_at else ''}".rstrip()


def _say_at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _follow(tools: Tools, who: Who, integration_id: str, run_id: str, wait: float) -> Run | None:
    """Return a run when it has ended, done here if nobody else does it; None if it takes long."""
    ends_at = tools.clock.monotonic() + wait
    loop = DueLoop(tools, PERFORMERS)
    while (run := get_run(tools, who, run_id)).state not in _ENDED:
        if loop.perform_at_once(who.tenant_id, DueKind.SYNC, integration_id):
            run = get_run(tools, who, run_id)
            return run if run.state in _ENDED else None
        if tools.clock.monotonic() >= ends_at:
            return None
        tools.clock.sleep(_LOOK_EVERY)
    return run
