"""Control endpoints by which a test acts as the owner of a calendar."""

from flask import Blueprint, Response

from calsync.sandbox import api, calendars, events, owner
from calsync.sandbox.control import refuse_strangers
from calsync.sandbox.errors import unprocessable
from calsync.sandbox.world import get_world

bp = Blueprint("control_events", __name__, url_prefix="/_control")
bp.before_request(refuse_strangers)


@bp.post("/events")
def create_event() -> Response:
    """Let the owner of a calendar make an event there."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        uid = owner.create_event(tx, api.require_text(body, "calendar_id"), body)
        row = events.get_event(tx, uid)
    return api.answer({"event_uid": uid, "series_identifier": row["series_id"]}, 201)


@bp.patch("/events/<uid>")
def edit_event(uid: str) -> Response:
    """Let the owner change an event, or move it with another ``calendar_id``."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        calendar_id = events.get_event(tx, uid)["calendar_id"]
        target = body.pop("calendar_id", calendar_id)
        if body:
            owner.edit_event(tx, uid, body)
        if target != calendar_id:
            uid = owner.move_event(tx, uid, str(target))
    return api.answer({"event_uid": uid})


@bp.delete("/events/<uid>")
def delete_event(uid: str) -> Response:
    """Let the owner delete an event."""
    with get_world().store.begin() as tx:
        owner.delete_event(tx, uid)
    return Response(status=204)


@bp.patch("/series/<series_id>")
def edit_series(series_id: str) -> Response:
    """Let the owner change a whole series."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        owner.edit_series(tx, series_id, body)
    return api.answer({"series_identifier": series_id})


@bp.delete("/series/<series_id>")
def delete_series(series_id: str) -> Response:
    """Let the owner delete a whole series."""
    with get_world().store.begin() as tx:
        owner.delete_series(tx, series_id)
    return Response(status=204)


@bp.get("/calendars/<calendar_id>/events")
def list_events(calendar_id: str) -> Response:
    """Return every event of the calendar; tombstones too with ``include_deleted``."""
    include_deleted = api.parse_boolean(api.read_query(), "include_deleted")
    with get_world().store.read() as tx:
        calendars.get_calendar(tx, calendar_id)
        shown = events.list_events(tx, calendar_id, include_deleted=include_deleted)
    return api.answer({"events": shown})


@bp.patch("/calendars/<calendar_id>")
def change_calendar(calendar_id: str) -> Response:
    """Set ``deleted``, ``readonly`` or ``permission_level`` of a calendar."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        if "deleted" in body:
            calendars.set_deleted(tx, calendar_id, is_deleted=body["deleted"] is True)
        if "readonly" in body:
            calendars.set_readonly(tx, calendar_id, is_readonly=body["readonly"] is True)
        if "permission_level" in body:
            if body["permission_level"] not in ("sandbox", "unrestricted"):
                raise unprocessable("permission_level", "invalid", "is no level")
            calendars.set_permission(tx, calendar_id, body["permission_level"])
        shown = calendars.describe_calendar(calendars.get_calendar(tx, calendar_id))
    return api.answer({"calendar": shown})
