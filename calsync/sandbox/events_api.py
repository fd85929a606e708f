"""Events over HTTP: reads in pages, writes alone and in batches."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response

from calsync.sandbox import (
    accounts,
    api,
    application,
    calendars,
    ids,
    mailboxes,
    pending,
    reading,
    series,
)
from calsync.sandbox.errors import ApiError, not_found, plan_lacks, unprocessable
from calsync.sandbox.grants import Access
from calsync.sandbox.pages import Read, write_token
from calsync.sandbox.store import Transaction
from calsync.sandbox.world import World, get_origin, get_world

bp = Blueprint("events_api", __name__, url_prefix="/v1")
MOST_ENTRIES = 50
_EVENTS_URL = re.compile(r"/v1/calendars/([^/?#]+)/events")


@bp.get("/events")
def read_events() -> Response:
    """Return the first page of the events asked for."""
    world = _catch_up()
    with world.store.read() as tx:
        access = api.require_access(tx)
        given = api.read_query()
        if not api.parse_boolean(given, "only_managed"):
            access.require("read_events")
        query = reading.parse_query(tx, access.sub, given)
        found = _begin_read(tx, "events", access.sub, query)
        return _answer_page(world, tx, found, 1)


@bp.get("/events/pages/<token>")
def read_events_page(token: str) -> Response:
    """Return a further page, or the 404 once it has expired."""
    return _continue_read("events", token)


@bp.get("/free_busy")
def read_free_busy() -> Response:
    """Return the first page of when the person is busy."""
    world = _catch_up()
    with world.store.read() as tx:
        access = api.require_access(tx, "read_free_busy")
        given = api.read_query()
        query = reading.Query(
            reading.parse_window(tx, given),
            reading.choose_calendars(tx, access.sub, given.get("calendar_ids")),
            include_managed=api.parse_boolean(given, "include_managed"),
            is_localized=api.parse_boolean(given, "localized_times"),
        )
        kind = "free_and_busy" if api.parse_boolean(given, "include_free") else "busy"
        return _answer_page(world, tx, _begin_read(tx, kind, access.sub, query), 1)


@bp.get("/free_busy/pages/<token>")
def read_free_busy_page(token: str) -> Response:
    """Return a further page, or the 404 once it has expired."""
    return _continue_read("free_busy", token)


@bp.post("/calendars/<calendar_id>/events")
def upsert_event(calendar_id: str) -> Response:
    """Accept the new version of an event."""
    body = api.read_body()
    with_userinfo = api.parse_boolean(body, "include_userinfo")
    _write(calendar_id, "POST", body)
    if not with_userinfo:
        return api.accepted()
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        userinfo = accounts.describe_userinfo(tx, access.sub, access.scope, get_origin())
    return api.answer({"userinfo": userinfo}, 202)


@bp.delete("/calendars/<calendar_id>/events")
def delete_event(calendar_id: str) -> Response:
    """Accept a deletion."""
    _write(calendar_id, "DELETE", api.read_body())
    return api.accepted()


@bp.delete("/events")
def delete_managed_events() -> Response:
    """Delete the application's events in bulk; body or query says which."""
    body = api.read_body() or _read_bulk_query()
    pending.apply_due(get_world().store)
    with get_world().store.begin() as tx:
        access = api.require_access(tx, "delete_event")
        application.delete_managed(tx, access.sub, body)
    return api.accepted()


@bp.post("/calendars/<calendar_id>/events/<uid>/participation_status")
def answer_invitation(calendar_id: str, uid: str) -> Response:
    """Say on the owner's behalf whether they come."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        access = api.require_access(tx, "change_participation_status")
        application.answer_invitation(tx, access.sub, calendar_id, uid, body.get("status"))
    return api.accepted()


@bp.post("/batch")
def batch() -> Response:
    """Carry out up to 50 writes in their order and answer for each."""
    entries = api.read_body().get("batch")
    if not isinstance(entries, list):
        raise unprocessable("batch", "required", "must be a list")
    if len(entries) > MOST_ENTRIES:
        raise unprocessable("batch", "too_many", f"must have {MOST_ENTRIES} entries at most")
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        answers = [_answer_entry(tx, access, each) for each in entries]
    for entry, shown in zip(entries, answers, strict=True):
        if shown["status"] == 423:
            _notice_disconnection(entry["relative_url"].split("/")[3])
    return api.answer({"batch": answers}, 207)


def _answer_entry(tx: Transaction, access: Access, entry: object) -> dict[str, Any]:
    try:
        _carry_out_entry(tx, access, entry)
    except ApiError as error:
        return {"status": error.status, **({"data": error.body} if error.body else {})}
    return {"status": 202}


def _carry_out_entry(tx: Transaction, access: Access, entry: object) -> None:
    if not isinstance(entry, dict):
        raise unprocessable("batch", "invalid", "each entry must be an object")
    method, url, body = entry.get("method"), entry.get("relative_url"), entry.get("data", {})
    if not isinstance(method, str) or not isinstance(url, str) or not isinstance(body, dict):
        raise unprocessable("batch", "invalid", "each must have method, relative_url and data")
    if url.startswith("/v1/available_periods"):
        raise plan_lacks("available periods")
    match = _EVENTS_URL.fullmatch(url)
    if match is None or method not in pending.SCOPES:
        raise not_found("The endpoint of the entry")
    access.require(pending.SCOPES[method])
    pending.write(tx, access.sub, method, match[1], body)


def _write(calendar_id: str, method: str, body: dict[str, Any]) -> None:
    try:
        with get_world().store.begin() as tx:
            access = api.require_access(tx, pending.SCOPES[method])
            pending.write(tx, access.sub, method, calendar_id, body)
    except ApiError as error:
        if error.status == 423:
            _notice_disconnection(calendar_id)
        raise


def _notice_disconnection(calendar_id: str) -> None:
    """Let Cronofy know, now that it tried, that the provider refuses it."""
    with get_world().store.begin() as tx:
        profile_id = calendars.get_calendar(tx, calendar_id)["profile_id"]
        mailboxes.notice_disconnection(tx, profile_id)


def _read_bulk_query() -> dict[str, Any]:
    given = api.read_query()
    if "delete_all" in given:
        given["delete_all"] = api.parse_boolean(given, "delete_all")
    return given


def _catch_up() -> World:
    """Apply what is due by now, so that the read sees it."""
    world = get_world()
    pending.apply_due(world.store)
    with world.store.read() as tx:
        is_short = series.needs_top_up(tx)
    if is_short:
        with world.store.begin() as tx:
            series.top_up(tx)
    return world


def _begin_read(tx: Transaction, kind: str, sub: str, query: reading.Query) -> Read:
    return Read(
        sub,
        kind,
        reading.find_rows(tx, query),
        tx.settings.page_size,
        query.is_localized,
        query.with_google_ids,
        time.monotonic(),
    )


def _continue_read(path: str, token: str) -> Response:
    world = get_world()
    with world.store.read() as tx:
        access = api.require_access(tx)
        found = world.pages.find(token, access.sub, tx.settings.page_lifetime)
        if found is None or (found[1].kind == "events") != (path == "events"):
            raise not_found("The page")
        key, read, number = found
        return _answer_page(world, tx, read, number, key)


def _answer_page(
    world: World, tx: Transaction, read: Read, number: int, key: str | None = None
) -> Response:
    """Return a page; the URL of the next one is absolute and absent on the last."""
    path = "events" if read.kind == "events" else "free_busy"
    about: dict[str, Any] = {"current": number, "total": read.total}
    if number < read.total:
        token = write_token(key or world.pages.keep(read), number + 1)
        about["next_page"] = f"{get_origin()}/v1/{path}/pages/{token}"
    texts = _fetch_texts(tx, read, read.rows_of_page(number))
    body = f'{{"pages":{json.dumps(about)},"{path}":[{",".join(texts)}]}}'
    return Response(body, content_type=api.JSON)


def _fetch_texts(tx: Transaction, read: Read, row_ids: Sequence[int]) -> list[str]:
    column = "wire_localized" if read.is_localized else "wire"
    marks = ",".join("?" * len(row_ids))
    sql = f"SELECT id, {column} FROM events WHERE id IN ({marks})"  # noqa: S608 - our own words
    by_id = dict(tx.connection.execute(sql, row_ids).fetchall())
    texts = [by_id[row_id] for row_id in row_ids]
    if read.kind != "events":
        return _describe_busy(texts, with_free=read.kind == "free_and_busy")
    return _add_google_ids(tx, texts) if read.with_google_ids else texts


def _describe_busy(texts: Sequence[str], *, with_free: bool) -> list[str]:
    shown = []
    for text in texts:
        event = json.loads(text)
        status = {"opaque": "busy", "transparent": "free"}.get(event["transparency"], "unknown")
        if event["status"] == "tentative" and status == "busy":
            status = "tentative"
        if event["status"] == "cancelled" or (status == "free" and not with_free):
            continue
        block = {name: event[name] for name in ("calendar_id", "start", "end")}
        shown.append(json.dumps({**block, "free_busy_status": status}))
    return shown


def _add_google_ids(tx: Transaction, texts: Sequence[str]) -> list[str]:
    shown = []
    for text in texts:
        event = json.loads(text)
        if calendars.get_calendar(tx, event["calendar_id"])["service"] == "google":
            event["google_event_id"] = ids.derive_hex("google", event["event_uid"], length=26)
        shown.append(json.dumps(event))
    return shown
