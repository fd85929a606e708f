"""The dashboard: what was called and sent, and the switches that make trouble."""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from calsync.sandbox import grants, screens
from calsync.sandbox.control import describe_state
from calsync.sandbox.faults import DEEDS, KINDS
from calsync.sandbox.quantities import OPTIONS, SETTINGS, TIMES
from calsync.sandbox.store import Settings
from calsync.sandbox.world import get_world

bp = Blueprint("sandbox_dashboard", __name__)
screens.protect(bp)

Answer = Response | tuple[str, int]

#: How many of the latest calls and notifications are shown.
SHOWN = 25

DONE = {
    "on": "The fault is on.",
    "off": "The fault is off.",
    "cleared": "All faults are off.",
    "withdrawn": "Every consent is withdrawn.",
    "saved": "The settings are saved.",
    "reset": "Everything is as it was at the beginning.",
}


@bp.get("/dashboard")
def show() -> Answer:
    """Show what happened and what can be switched."""
    return _show_page()


@bp.post("/dashboard/faults/<kind>")
def switch_fault(kind: str) -> Answer:
    """Turn a fault on, for some calls or without end, or off again."""
    if kind not in KINDS or kind in DEEDS:
        return screens.show_message("Nothing is here", "No fault has this name.", status=404)
    if request.form.get("switch") == "off":
        get_world().faults.drop(kind)
        return _return("off")
    errors, times, options = _read_fault(kind)
    if errors:
        return _show_page(errors)
    path = request.form.get("path", "").strip()
    get_world().faults.add(kind, times=times, path=path, options=options)
    return _return("on")


@bp.post("/dashboard/faults")
def clear_faults() -> Response:
    """Turn every fault off."""
    get_world().faults.clear()
    return _return("cleared")


@bp.post("/dashboard/settings")
def save_settings() -> Answer:
    """Set the numbers and the rate limit, all or nothing."""
    errors: dict[str, str] = {}
    changes: dict[str, Any] = {"rate_limit": bool(request.form.get("rate_limit"))}
    for quantity in SETTINGS:
        changes[quantity.name] = quantity.read(request.form.get(quantity.name, ""))
        if changes[quantity.name] is None:
            errors[quantity.name] = quantity.complaint
    if errors:
        return _show_page(errors)
    get_world().store.change_settings(**changes)
    return _return("saved")


@bp.post("/dashboard/consents")
def withdraw_consents() -> Response:
    """End every authorisation, as if each person had withdrawn the consent."""
    with get_world().store.begin() as tx:
        grants.revoke_everybody(tx)
    return _return("withdrawn")


@bp.post("/dashboard/reset")
def reset() -> Response:
    """Return to the seeds, with no faults and the settings as they were delivered."""
    world = get_world()
    # The clock first: the seeds lie around the present.
    world.store.change_settings(
        **{quantity.name: getattr(Settings(), quantity.name) for quantity in SETTINGS}
    )
    world.reset()
    return _return("reset")


def _read_fault(kind: str) -> tuple[dict[str, str], int | None, dict[str, Any]]:
    """Return what is wrong, how often the fault is to strike, and its options."""
    errors: dict[str, str] = {}
    options: dict[str, Any] = {}
    typed = request.form.get("times", "").strip()
    times = TIMES.read(typed)
    if typed and times is None:
        errors[f"{kind}-times"] = TIMES.complaint
    quantity = OPTIONS.get(kind)
    value = request.form.get("option", "").strip()
    if quantity and value:
        options[quantity.name] = quantity.read(value)
        if options[quantity.name] is None:
            errors[f"{kind}-option"] = quantity.complaint
    return errors, int(times) if times is not None else None, options


def _show_page(errors: dict[str, str] | None = None) -> Answer:
    world = get_world()
    state = describe_state(world)
    page = render_template(
        "sandbox/dashboard.html",
        total=world.traffic.total(),
        counts=world.traffic.counts(),
        calls=list(islice(reversed(list(world.traffic.latest)), SHOWN)),
        deliveries=[_describe_delivery(row) for row in state["deliveries"][:SHOWN]],
        consents=state["grants"],
        mails=state["mails_sent"],
        kinds={kind: words for kind, words in KINDS.items() if kind not in DEEDS},
        active=_list_active(state["faults"]),
        options=OPTIONS,
        settings=SETTINGS,
        values={q.name: _write_number(state["settings"][q.name]) for q in SETTINGS},
        rate_limit=state["settings"]["rate_limit"],
        typed=request.form,
        errors=errors or {},
        done=DONE.get(request.args.get("done", "")),
    )
    return page, 422 if errors else 200


def _list_active(faults: list[dict[str, Any]]) -> dict[str, str]:
    """Say of each fault that is on how often it will still strike, by kind."""
    active: dict[str, list[str]] = {}
    for fault in faults:
        if fault["times"] != 0:
            left = "without end" if fault["times"] is None else f"{fault['times']} more"
            where = f" at {fault['path']}" if fault["path"] else ""
            active.setdefault(fault["fault"], []).append(left + where)
    return {kind: ", ".join(words) for kind, words in active.items()}


def _describe_delivery(row: dict[str, Any]) -> dict[str, Any]:
    pending = "refused, tried again later" if row["attempts"] else "on its way"
    return {
        "at": datetime.fromtimestamp(row["made_at"], UTC),
        "kind": row["kind"],
        "url": row["url"],
        "attempts": row["attempts"],
        "outcome": row["outcome"] or pending,
        "is_good": row["outcome"] == "delivered",
        "is_bad": row["outcome"] != "delivered" and row["attempts"] > 0,
    }


def _write_number(number: float) -> str:
    return f"{number:.10g}"


def _return(done: str) -> Response:
    return redirect(url_for(".show", done=done), 303)
