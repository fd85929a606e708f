"""The token endpoints: exchange, refresh and revoke."""

from typing import Any

from flask import Blueprint, Response

from calsync.sandbox import api, grants
from calsync.sandbox.errors import ApiError
from calsync.sandbox.store import Transaction
from calsync.sandbox.world import get_origin, get_world

bp = Blueprint("oauth_api", __name__)


@bp.post("/oauth/token")
def exchange() -> Response:
    """Return tokens for a code or a refresh token; a stray Authorization means nothing here."""
    body = _read_client_body()
    with get_world().store.begin() as tx:
        tokens = _grant(tx, body)
    return _uncached(api.answer(tokens))


@bp.post("/oauth/token/revoke")
def revoke() -> Response:
    """End an authorisation by one of its tokens, or all of an account by its sub."""
    body = _read_client_body()
    token, sub = body.get("token"), body.get("sub")
    with get_world().store.begin() as tx:
        if isinstance(token, str):
            grants.revoke_token(tx, token)
        elif isinstance(sub, str):
            grants.revoke_account(tx, sub)
        else:
            raise ApiError(400, {"error": "invalid_request"})
    return _uncached(Response(status=200))


def _grant(tx: Transaction, body: dict[str, Any]) -> dict[str, Any]:
    match body.get("grant_type"):
        case "authorization_code":
            code, redirect_uri = body.get("code"), body.get("redirect_uri")
            if not isinstance(code, str) or not isinstance(redirect_uri, str):
                raise ApiError(400, {"error": "invalid_request"})
            return grants.exchange_code(tx, code, redirect_uri, get_origin())
        case "refresh_token":
            refresh_token = body.get("refresh_token")
            if not isinstance(refresh_token, str):
                raise ApiError(400, {"error": "invalid_request"})
            return grants.refresh(tx, refresh_token)
        case _:
            raise ApiError(400, {"error": "unsupported_grant_type"})


def _read_client_body() -> dict[str, Any]:
    """Return the body if it names the application and one of its secrets."""
    try:
        body = api.read_body()
    except ApiError as error:
        raise ApiError(400, {"error": "invalid_request"}) from error
    check_client(body)
    return body


def check_client(body: dict[str, Any]) -> None:
    """Raise the 400 unless the body names the application and one of its secrets."""
    settings = get_world().store.settings
    is_known = body.get("client_id") == settings.client_id
    if not is_known or body.get("client_secret") not in settings.client_secrets:
        raise ApiError(400, {"error": "invalid_client"})


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
