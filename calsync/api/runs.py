"""/api/v1/runs: what syncs have done and declined."""

from typing import Any

from flask import Response, jsonify

from calsync.api import sync_schemas
from calsync.api.access import tools, who
from calsync.api.cursors import read_position, write_position
from calsync.api.fields import format_moment
from calsync.api.item_form import BUSY
from calsync.api.parsing import JsonBlueprint
from calsync.db.models import Run
from calsync.services.log_views import LogView
from calsync.services.runs import LogFilter, get_run, list_log

bp = JsonBlueprint(
    "api_runs", __name__, url_prefix="/api/v1/runs", description="What syncs have done."
)


@bp.get("/<run_id>")
@bp.response(200, sync_schemas.Run)
def show_run(run_id: str) -> Response:
    """Get a run of one of your integrations."""
    return jsonify(write_run(get_run(tools(), who(), run_id)))


@bp.get("/<run_id>/entries")
@bp.arguments(sync_schemas.EntryQuery, location="query")
@bp.response(200, sync_schemas.EntryPage)
def list_entries(query: dict[str, Any], run_id: str) -> Response:
    """List what a run did or declined to do, and why, the latest first."""
    run = get_run(tools(), who(), run_id)
    wanted = LogFilter(run=run.id, side=query.get("direction"), result=query.get("result"))
    found, has_more = list_log(
        tools(),
        who(),
        run.integration_id,
        wanted,
        before=read_position(query.get("cursor")),
        limit=query["limit"],
    )
    cursor = write_position((found[-1].entry.at, found[-1].entry.id)) if has_more else None
    return jsonify(entries=[_write_entry(view) for view in found], next_cursor=cursor)


def write_run(run: Run) -> dict[str, Any]:
    """Return a run as JSON has it."""
    return {
        "id": run.id,
        "integration": run.integration_id,
        "trigger": run.trigger.value,
        "state": run.state.value,
        "counts": run.counts,
        "error": run.error,
        "began_at": format_moment(run.began_at),
        "ended_at": format_moment(run.ended_at),
    }


def _write_entry(view: LogView) -> dict[str, Any]:
    entry, is_hidden = view.entry, view.glimpse.is_hidden
    return {
        "id": entry.id,
        "at": format_moment(entry.at),
        "direction": entry.side.value,
        "action": entry.action,
        "result": entry.result.value,
        "reason": entry.reason,
        "title": BUSY if is_hidden else entry.title,
        "item": entry.item_id,
        "event_uid": entry.event_uid,
        "before": {} if is_hidden else entry.before,
        "after": {} if is_hidden else entry.after,
    }
