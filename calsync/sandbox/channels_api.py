"""Push channels over HTTP."""

from typing import Any

from flask import Blueprint, Response

from calsync.sandbox import api, application, channels
from calsync.sandbox.errors import unprocessable
from calsync.sandbox.store import Transaction
from calsync.sandbox.wishes import is_loopback_url
from calsync.sandbox.world import get_world

bp = Blueprint("channels_api", __name__, url_prefix="/v1/channels")
LONGEST_URL = 128


@bp.post("")
def create_channel() -> Response:
    """Make a channel, or return the identical one that exists."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        filters = _read_filters(tx, access.sub, body.get("filters"))
        if not filters.get("only_managed"):
            access.require("read_events")
        url = api.require_text(body, "callback_url", LONGEST_URL)
        if not is_loopback_url(url):
            raise unprocessable("callback_url", "invalid", "must be a URL on this machine")
        channel = channels.create_channel(tx, access.sub, url, filters)
    return api.answer({"channel": channel})


@bp.get("")
def list_channels() -> Response:
    """Return the account's open channels."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        return api.answer({"channels": channels.list_channels(tx, access.sub)})


@bp.delete("/<channel_id>")
def close_channel(channel_id: str) -> Response:
    """Close one of the account's channels."""
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        channels.close_channel(tx, channels.get_channel(tx, access.sub, channel_id)["channel_id"])
    return api.accepted()


def _read_filters(tx: Transaction, sub: str, given: object) -> dict[str, Any]:
    """Return what differs from the defaults, or raise the 422."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise unprocessable("filters", "invalid", "must be an object")
    filters: dict[str, Any] = {}
    if given.get("calendar_ids") is not None:
        wanted = application.check_calendar_ids(tx, sub, given["calendar_ids"])
        filters["calendar_ids"] = sorted(set(wanted))
    if api.parse_boolean(given, "only_managed"):
        filters["only_managed"] = True
    return filters
