"""/api/v1/integrations: which calendars are kept in step with the user's My Calendar."""

from collections import Counter
from typing import Any

from flask import Response, jsonify, url_for

from calsync.api import sync_schemas
from calsync.api.access import tools, who
from calsync.api.cursors import read_id, read_position, write_id, write_position
from calsync.api.fields import format_moment
from calsync.api.once import change_once
from calsync.api.parsing import JsonBlueprint
from calsync.api.queries import PageQuery
from calsync.api.runs import write_run
from calsync.core.options import dump_options, load_options
from calsync.services import holds
from calsync.services.integration_views import (
    IntegrationView,
    get_integration_view,
    page_integrations,
)
from calsync.services.runs import get_run, list_runs, request_sync
from calsync.services.sync.kept_out import count_kept_out, release_kept_out
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_integrations",
    __name__,
    url_prefix="/api/v1/integrations",
    description="Your linked calendars. They are linked on the pages, and set up by command.",
)


@bp.get("")
@bp.arguments(PageQuery, location="query")
@bp.response(200, sync_schemas.IntegrationPage)
def list_integrations(query: dict[str, Any]) -> Response:
    """List your integrations. Nobody else sees them, whatever their role."""
    views, has_more = page_integrations(
        tools(), who(), after=read_id(query.get("cursor")), limit=query["limit"]
    )
    cursor = write_id(views[-1].id) if has_more else None
    return jsonify(integrations=[write_integration(view) for view in views], next_cursor=cursor)


@bp.get("/<integration_id>")
@bp.response(200, sync_schemas.Integration)
def show_integration(integration_id: str) -> Response:
    """Get an integration, with how its links stand and its runs."""
    return jsonify(write_integration(get_integration_view(tools(), who(), integration_id)))


@bp.post("/<integration_id>/sync")
@bp.arguments(sync_schemas.SyncQuery, location="query")
@bp.response(202, sync_schemas.Run)
def sync(query: dict[str, Any], integration_id: str) -> Response:
    """Have an integration synced now.

    The answer is the run that will do it; read it again to see how it stands. While one
    waits, asking again gives the same one. Refused (409) where it is not active or not
    connected.
    """
    run_id = request_sync(tools(), who(), integration_id, bulk=query["bulk"])
    response = jsonify(write_run(get_run(tools(), who(), run_id)))
    response.status_code = 202
    response.headers["Location"] = url_for("api_runs.show_run", run_id=run_id)
    return response


@bp.get("/<integration_id>/kept-out")
@bp.response(200, sync_schemas.KeptOut)
def show_kept_out(integration_id: str) -> Response:
    """Count the changes kept out so far that would flow by the present options."""
    return jsonify(changes=count_kept_out(tools(), who(), integration_id))


@bp.post("/<integration_id>/kept-out")
@bp.arguments(sync_schemas.KeptOut)
@bp.response(200, sync_schemas.KeptOut)
def release(body: dict[str, Any], integration_id: str) -> Response:
    """Let the changes kept out so far flow with the next sync.

    Name their number as it was counted. Refused (409) where it is another one by now.
    """

    def change(tools_: Tools) -> dict[str, Any]:
        release_kept_out(tools_, who(), integration_id, body["changes"])
        return {"changes": body["changes"]}

    return change_once(change)


@bp.get("/<integration_id>/held")
@bp.response(200, sync_schemas.HeldList)
def show_held(integration_id: str) -> Response:
    """Count what syncs did not do because it is more than usual, by what waits."""
    return jsonify(_write_held(tools(), integration_id))


@bp.post("/<integration_id>/held")
@bp.arguments(sync_schemas.HeldAnswer)
@bp.response(200, sync_schemas.HeldList)
def answer_held(body: dict[str, Any], integration_id: str) -> Response:
    """Have what waits done after all, or both sides left as they are.

    Name its number as it was counted. Refused (409) where it is another one by now. The
    answer is what still waits.
    """

    def change(tools_: Tools) -> dict[str, Any]:
        said = body["what"], body["answer"], body["number"]
        holds.answer_held(tools_, who(), integration_id, *said)
        return _write_held(tools_, integration_id)

    return change_once(change)


def _write_held(tools_: Tools, integration_id: str) -> dict[str, Any]:
    _, groups = holds.list_held_groups(tools_, who(), integration_id)
    return {
        "held": [
            {"what": each.held.value, "number": each.count, "reasons": sorted(each.reasons)}
            for each in groups
        ]
    }


@bp.get("/<integration_id>/runs")
@bp.arguments(sync_schemas.RunQuery, location="query")
@bp.response(200, sync_schemas.RunPage)
def list_its_runs(query: dict[str, Any], integration_id: str) -> Response:
    """List what syncs of an integration there were, the latest first."""
    trigger = query.get("trigger")
    found, has_more = list_runs(
        tools(),
        who(),
        integration_id,
        triggers=[trigger] if trigger else None,
        before=read_position(query.get("cursor")),
        limit=query["limit"],
    )
    cursor = write_position((found[-1].began_at, found[-1].id)) if has_more else None
    return jsonify(runs=[write_run(run) for run in found], next_cursor=cursor)


def write_integration(view: IntegrationView) -> dict[str, Any]:
    """Return an integration as JSON has it."""
    row = view.integration
    links: Counter[str] = Counter()
    for (_, state), count in view.counts.items():
        links[state.value] += count
    return {
        "id": row.id,
        "calendar": row.calendar_name,
        "mailbox": row.profile_name,
        "service": row.service,
        "active": row.is_active,
        "connected": view.is_connected,
        "stop": view.stop.value if view.stop else None,
        "caution": row.caution.value if row.caution else None,
        "options": dump_options(load_options(row.options)),
        "links": dict(links),
        "open_runs": [write_run(run) for run in view.open_runs],
        "last_run": write_run(view.last_run) if view.last_run else None,
        "created_at": format_moment(row.created_at),
        "synced_at": format_moment(row.synced_at),
    }
