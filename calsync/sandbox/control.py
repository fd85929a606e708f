"""Control endpoints: how tests and the dashboard drive the sandbox, on loopback only."""

from dataclasses import asdict, fields
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

from calsync.sandbox import (
    api,
    calendars,
    grants,
    mailboxes,
    seeds,
    service_accounts,
    times,
)
from calsync.sandbox.errors import unprocessable
from calsync.sandbox.faults import DEEDS, KINDS
from calsync.sandbox.mailboxes import Mailbox
from calsync.sandbox.store import Settings, Transaction
from calsync.sandbox.wishes import LOOPBACK
from calsync.sandbox.world import World, get_origin, get_world

bp = Blueprint("control", __name__, url_prefix="/_control")


@bp.before_request
def refuse_strangers() -> None:
    """Answer other machines, and pages of other origins, as if nothing were here.

    A browser on this machine may show a hostile page: it says so by itself in
    Sec-Fetch-Site, and a name that was rebound to this machine shows in Host.
    """
    is_from_here = (request.remote_addr or "").startswith(("127.", "::1", "::ffff:127."))
    is_asked_by_name = urlsplit(request.host_url).hostname in LOOPBACK
    is_own_page = request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
    if not (is_from_here and is_asked_by_name and is_own_page):
        abort(404)


@bp.get("/state")
def state() -> Response:
    """Return settings, mailboxes, faults, channels, deliveries and mails."""
    return api.answer(describe_state(get_world()))


@bp.post("/reset")
def reset() -> Response:
    """Return to the seeds; settings stay."""
    get_world().reset()
    return api.answer({})


@bp.get("/requests")
def count_requests() -> Response:
    """Return how often each method and path was called since the last reset."""
    traffic = get_world().traffic
    return api.answer({"total": traffic.total(), "requests": traffic.counts()})


@bp.patch("/settings")
def change_settings() -> Response:
    """Set what the body names: the fields of Settings."""
    body = api.read_body()
    known = {each.name: getattr(Settings(), each.name) for each in fields(Settings)}
    for name, value in body.items():
        if name not in known or not _fits(value, known[name]):
            raise unprocessable(name, "invalid", "is no setting, or has another type")
    return api.answer(asdict(get_world().store.change_settings(**body)))


@bp.post("/clock")
def shift_clock() -> Response:
    """Move the clock to ``shift`` seconds (or ``days``) from the real time."""
    body = api.read_body()
    shift = _read_number(body, "shift", 0) + times.DAY * _read_number(body, "days", 0)
    get_world().store.change_settings(clock_shift=shift)
    return api.answer({"now": times.format_time(int(get_world().store.now()))})


@bp.post("/profiles/<profile_id>/disconnect")
def disconnect(profile_id: str) -> Response:
    """Let the provider refuse Cronofy; with ``noticed`` false it does not know yet."""
    is_noticed = api.read_body().get("noticed", True) is not False
    with get_world().store.begin() as tx:
        mailboxes.disconnect(tx, profile_id, is_noticed=is_noticed)
    return api.answer({})


@bp.post("/profiles/<profile_id>/reconnect")
def reconnect(profile_id: str) -> Response:
    """Let Cronofy in again."""
    with get_world().store.begin() as tx:
        mailboxes.reconnect(tx, profile_id)
    return api.answer({})


@bp.post("/profiles/<profile_id>/initial_sync")
def set_initial_sync(profile_id: str) -> Response:
    """Say by ``required`` whether the first pull is still to come."""
    is_required = api.read_body().get("required", True) is not False
    with get_world().store.begin() as tx:
        mailboxes.set_initial_sync(tx, profile_id, is_required=is_required)
    return api.answer({})


@bp.post("/mailboxes")
def add_mailbox() -> Response:
    """Add a seeded mailbox: ``address`` and ``service`` (a provider_service)."""
    body = api.read_body()
    address, service = api.require_text(body, "address"), api.require_text(body, "service")
    if service not in mailboxes.SERVICES:
        raise unprocessable("service", "invalid", "is no calendar service")
    with get_world().store.begin() as tx:
        if mailboxes.find_mailbox(tx, address):
            raise unprocessable("address", "invalid", "is taken")
        name = body.get("name") or address.partition("@")[0].title()
        seeds.add_mailbox(tx, address.lower(), str(name), service)
        shown = describe_mailbox(tx, mailboxes.get_mailbox(tx, address))
    return api.answer({"mailbox": shown}, 201)


@bp.post("/authorise")
def authorise() -> Response:
    """Return the whole token answer for a mailbox, as after a person's consent."""
    body = api.read_body()
    scope = body.get("scope") or "read_events create_event delete_event"
    redirect_uri = "http://127.0.0.1/callback"
    with get_world().store.begin() as tx:
        mailbox = mailboxes.get_mailbox(tx, api.require_text(body, "mailbox"))
        code = grants.create_code(
            tx,
            mailbox,
            redirect_uri=redirect_uri,
            scope=str(scope),
            linked_to=_read_optional_text(body, "linked_to"),
        )
        if body.get("code_only"):
            return api.answer({"code": code, "redirect_uri": redirect_uri})
        return api.answer(grants.exchange_code(tx, code, redirect_uri, get_origin()))


@bp.post("/service_accounts")
def open_service_account() -> Response:
    """Return tokens of the service account of a ``domain``."""
    domain = api.require_text(api.read_body(), "domain")
    with get_world().store.begin() as tx:
        return api.answer(service_accounts.open_service_account(tx, domain))


@bp.post("/tokens/expire")
def expire_tokens() -> Response:
    """Let the access tokens of ``sub`` (or of everybody) be expired; refresh tokens stay."""
    sub = _read_optional_text(api.read_body(), "sub")
    with get_world().store.begin() as tx:
        return api.answer({"expired": grants.expire_access_tokens(tx, sub)})


@bp.post("/pages/expire")
def expire_pages() -> Response:
    """Let every URL of a further page be unknown."""
    get_world().pages.clear()
    return api.answer({})


@bp.post("/faults")
def add_fault() -> Response:
    """Turn a switch on: ``fault``, ``times`` (null: without end), ``path``, ``method``, options."""
    options = api.read_body()
    kind = options.pop("fault", None)
    count = options.pop("times", 1)
    path, method = options.pop("path", None) or "", options.pop("method", None) or ""
    if not isinstance(kind, str) or kind not in KINDS:
        raise unprocessable("fault", "invalid", f"must be one of {', '.join(KINDS)}")
    is_count = count is None or (_fits(count, 1) and count > 0)
    if not is_count or not isinstance(path, str) or not isinstance(method, str):
        raise unprocessable("times", "invalid", "times is a number or null, path a String")
    world = get_world()
    if kind in DEEDS:
        _do_deed(world, kind, options)
        count = 0
    fault = world.faults.add(kind, times=count, path=path, method=method, options=options)
    fault.fired += kind in DEEDS
    return api.answer(fault.describe(), 201)


@bp.delete("/faults")
def clear_faults() -> Response:
    """Turn every switch off."""
    get_world().faults.clear()
    return Response(status=204)


def describe_state(world: World) -> dict[str, Any]:
    """Return all that the dashboard shows."""
    with world.store.read() as tx:
        return {
            "now": times.format_time(tx.second),
            "settings": asdict(world.store.settings),
            "faults": world.faults.list(),
            "mailboxes": [describe_mailbox(tx, each) for each in mailboxes.list_mailboxes(tx)],
            "channels": [dict(row) for row in tx.list("SELECT * FROM channels")],
            "deliveries": [
                dict(row) for row in tx.list("SELECT * FROM deliveries ORDER BY id DESC LIMIT 200")
            ],
            "grants": tx.count("SELECT COUNT(*) FROM grants"),
            "pending_writes": tx.count("SELECT COUNT(*) FROM pending_writes"),
            "mails_sent": tx.count("SELECT COUNT(*) FROM mails"),
            "mails": [dict(row) for row in tx.list("SELECT * FROM mails ORDER BY id LIMIT 200")],
        }


def describe_mailbox(tx: Transaction, mailbox: Mailbox) -> dict[str, Any]:
    """Return a mailbox with its calendars."""
    rows = calendars.list_calendars(tx, mailbox.profile_id)
    return {
        "address": mailbox.address,
        "service": mailbox.service.key,
        "sub": mailbox.sub,
        "profile_id": mailbox.profile_id,
        "connected": mailbox.is_connected,
        "calendars": [calendars.describe_inside_profile(row) for row in rows],
    }


def _do_deed(world: World, kind: str, options: dict[str, Any]) -> None:
    if kind == "clock_shift":
        world.store.change_settings(clock_shift=_read_number(options, "seconds", 0))
        return
    with world.store.begin() as tx:
        if kind == "token_revoked":
            sub = _read_optional_text(options, "sub")
            if sub is None:
                grants.revoke_everybody(tx)
            else:
                grants.revoke_account(tx, sub)
        elif kind == "profile_disconnected":
            mailboxes.disconnect(tx, api.require_text(options, "profile_id"))
        elif kind == "calendar_deleted":
            calendars.set_deleted(tx, api.require_text(options, "calendar_id"))
        else:
            calendars.set_readonly(tx, api.require_text(options, "calendar_id"))


def _read_number(body: dict[str, Any], name: str, default: float) -> float:
    value = body.get(name, default)
    if not _fits(value, 1.0) or abs(value) > 1e9:
        raise unprocessable(name, "invalid", "must be a number")
    return float(value)


def _read_optional_text(body: dict[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else api.require_text(body, name)


def _fits(value: object, example: object) -> bool:
    """Tell whether the value has the type of the example; whole numbers do as numbers."""
    if isinstance(example, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(example, bool)
    if isinstance(example, list):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(example, float):
        return isinstance(value, int | float)
    return isinstance(value, type(example))
