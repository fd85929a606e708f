"""Scheduling: availability rules are kept; what larger plans add is refused with 402."""

import json
from typing import Any

from flask import Blueprint, Response

from calsync.sandbox import api
from calsync.sandbox.errors import not_found, plan_lacks, unprocessable
from calsync.sandbox.world import get_world

bp = Blueprint("scheduling_api", __name__, url_prefix="/v1")


@bp.post("/availability_rules")
def upsert_rule() -> Response:
    """Keep a rule under the application's own id."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        rule_id = api.require_text(body, "availability_rule_id", 255)
        _check_rule(body)
        tx.execute(
            "INSERT OR REPLACE INTO availability_rules VALUES (?, ?, ?)",
            [access.sub, rule_id, json.dumps(body)],
        )
    return api.answer({"availability_rule": body})


@bp.get("/availability_rules")
def list_rules() -> Response:
    """Return the account's rules."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        rows = tx.list(
            "SELECT content FROM availability_rules WHERE sub = ? ORDER BY rule_id", [access.sub]
        )
    return api.answer({"availability_rules": [json.loads(row["content"]) for row in rows]})


@bp.get("/availability_rules/<rule_id>")
def get_rule(rule_id: str) -> Response:
    """Return one rule, or the 404."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        row = tx.find(
            "SELECT content FROM availability_rules WHERE sub = ? AND rule_id = ?",
            [access.sub, rule_id],
        )
    if row is None:
        raise not_found("The availability rule")
    return api.answer({"availability_rule": json.loads(row["content"])})


@bp.delete("/availability_rules/<rule_id>")
def delete_rule(rule_id: str) -> Response:
    """Forget a rule; one that is not there is none the less forgotten."""
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        tx.execute(
            "DELETE FROM availability_rules WHERE sub = ? AND rule_id = ?", [access.sub, rule_id]
        )
    return api.accepted()


@bp.route("/availability", methods=["POST"])
@bp.route("/sequenced_availability", methods=["POST"])
@bp.route("/smart_invites", methods=["GET", "POST"])
@bp.route("/real_time_scheduling", methods=["GET", "POST"])
@bp.route("/real_time_scheduling/<link_id>", methods=["GET"])
@bp.route("/real_time_scheduling/<link_id>/disable", methods=["POST"])
@bp.route("/real_time_sequencing", methods=["POST"])
@bp.route("/element_tokens", methods=["POST"])
@bp.route("/available_periods", methods=["GET", "POST", "DELETE"])
def refuse(link_id: str = "") -> Response:
    """Refuse what this plan does not include, to callers that may call at all."""
    del link_id
    if api.read_bearer() not in get_world().store.settings.client_secrets:
        with get_world().store.read() as tx:
            api.require_access(tx)
    raise plan_lacks("scheduling")


def _check_rule(body: dict[str, Any]) -> None:
    zone, periods = body.get("tzid"), body.get("weekly_periods")
    if not isinstance(zone, str):
        raise unprocessable("tzid", "required", "is missing")
    if not isinstance(periods, list):
        raise unprocessable("weekly_periods", "required", "must be a list")
