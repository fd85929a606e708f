"""Who the account is, its profiles and calendars, and what it permits."""

from typing import Any

from flask import Blueprint, Response

from calsync.sandbox import accounts, api, calendars, grants, permissions, service_accounts
from calsync.sandbox.errors import plan_lacks, unprocessable
from calsync.sandbox.fields import COLOR
from calsync.sandbox.oauth_api import check_client
from calsync.sandbox.wishes import is_loopback_url
from calsync.sandbox.world import get_origin, get_world

bp = Blueprint("identity_api", __name__, url_prefix="/v1")


@bp.get("/userinfo")
def userinfo() -> Response:
    """Return account, profiles and calendars at once."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        return api.answer(accounts.describe_userinfo(tx, access.sub, access.scope, get_origin()))


@bp.get("/account")
def account() -> Response:
    """Return the account."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        shown = accounts.describe_account(tx, access.sub, access.scope)
        return api.answer({"account": shown})


@bp.get("/profiles")
def profiles() -> Response:
    """Return the account's profiles; a disconnected one has its relink URL."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        rows = accounts.list_profiles(tx, access.sub)
        shown = [accounts.describe_profile(row, get_origin()) for row in rows]
        return api.answer({"profiles": shown})


@bp.post("/profiles/<profile_id>/revoke")
def revoke_profile(profile_id: str) -> Response:
    """Take one profile out of the account."""
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        accounts.remove_profile(tx, access.sub, profile_id)
    return api.accepted()


@bp.get("/calendars")
def list_calendars() -> Response:
    """Return the calendars of all profiles, deleted ones too."""
    with get_world().store.read() as tx:
        access = api.require_access(tx)
        rows = calendars.list_calendars_of_account(tx, access.sub)
        shown = [calendars.describe_calendar(row) for row in rows]
        return api.answer({"sub": access.sub, "calendars": shown})


@bp.post("/calendars")
def create_calendar() -> Response:
    """Make a calendar in one of the account's profiles."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        access = api.require_access(tx, "create_calendar")
        profile_id = api.require_text(body, "profile_id")
        name = api.require_text(body, "name", 255)
        color = body.get("color")
        if color is not None and not (isinstance(color, str) and COLOR.fullmatch(color)):
            raise unprocessable("color", "invalid", "must be like #3366CC")
        made = calendars.create_calendar(tx, access.sub, profile_id, name, color)
    return api.answer({"calendar": made})


@bp.post("/permissions")
def ask_permissions() -> Response:
    """Return the page where the person may give what the application asks for.

    For accounts of a service account there is no such page: it is given at once.
    """
    body = api.read_body()
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        wanted = _read_permissions(body)
        redirect_uri = body.get("redirect_uri", "")
        if not isinstance(redirect_uri, str) or (
            redirect_uri and not is_loopback_url(redirect_uri)
        ):
            raise unprocessable("redirect_uri", "invalid", "must be a URL on this machine")
        request_id = permissions.ask(tx, access.sub, wanted, redirect_uri)
        if service_accounts.is_impersonated(tx, access.grant_id):
            permissions.accept(tx, request_id)
            return api.answer({"permissions_request": {"accepted": True}})
    url = f"{get_origin()}/permissions/{request_id}"
    return api.answer({"permissions_request": {"url": url}})


@bp.post("/link_tokens")
def create_link_token() -> Response:
    """Return a token that links the next authorisation to this account."""
    with get_world().store.begin() as tx:
        access = api.require_access(tx)
        token = grants.create_link_token(tx, access.sub)
    return api.answer({"link_token": token})


@bp.post("/service_account_authorizations")
def authorize_with_service_account() -> Response:
    """Authorise mailboxes by impersonation; each result is posted to its callback."""
    body = api.read_body()
    with get_world().store.begin() as tx:
        access = api.require_access(tx, service_accounts.SCOPE)
        for each in service_accounts.parse_authorizations(body):
            service_accounts.authorize(tx, access.sub, each)
    return api.accepted()


@bp.get("/resources")
def resources() -> Response:
    """Return the rooms that a service account sees."""
    with get_world().store.read() as tx:
        api.require_access(tx, "service_account/resources/manage")
        return api.answer({"resources": service_accounts.ROOMS})


@bp.post("/application_calendars")
def application_calendar() -> Response:
    """Return tokens for a calendar that is wholly kept here, made at its first use."""
    body = api.read_body()
    check_client(body)
    name = api.require_text(body, "application_calendar_id", 255)
    with get_world().store.begin() as tx:
        sub, profile_id = service_accounts.open_application_calendar(tx, name)
        tokens: dict[str, Any] = grants.open_grant(tx, sub, "read_write")
    return api.answer(
        {
            **tokens,
            "account_id": sub,
            "sub": sub,
            "application_calendar_id": name,
            "linking_profile": {
                "provider_name": "cronofy",
                "provider_service": "cronofy",
                "profile_id": profile_id,
                "profile_name": name,
            },
        }
    )


@bp.post("/conferencing_service_authorizations")
def authorize_conferencing() -> Response:
    """Refuse: conferencing services are a feature of larger plans."""
    with get_world().store.read() as tx:
        api.require_access(tx)
    raise plan_lacks("conferencing services")


def _read_permissions(body: dict[str, Any]) -> dict[str, str]:
    given = body.get("permissions")
    if not isinstance(given, list) or not given:
        raise unprocessable("permissions", "required", "must list at least one")
    wanted = {}
    for each in given:
        calendar_id = each.get("calendar_id") if isinstance(each, dict) else None
        level = each.get("permission_level") if isinstance(each, dict) else None
        if not isinstance(calendar_id, str) or level not in ("sandbox", "unrestricted"):
            raise unprocessable(
                "permissions", "invalid", "each must have calendar_id and permission_level"
            )
        wanted[calendar_id] = str(level)
    return wanted
