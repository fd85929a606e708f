"""The endpoints of the API (docs/cronofy-api.md 2 to 7), each a function of what was asked."""

import json
import re
from collections.abc import Callable

from tests.simulation import event_endpoints
from tests.simulation.asks import Ask, Reply
from tests.simulation.mailboxes import APP_URL
from tests.simulation.refusals import Refusal, unknown, wrong
from tests.simulation.world import World


def answer(world: World, ask: Ask) -> Reply:
    """Return what the API answers; raise the refusal."""
    plain = _PLAIN.get((ask.method, ask.path))
    if plain is not None:
        return plain(world, ask)
    for method, pattern, endpoint in _PATTERNS:
        match = pattern.fullmatch(ask.path) if method == ask.method else None
        if match:
            return endpoint(world, ask, *match.groups())
    raise unknown()


def _userinfo(world: World, ask: Ask) -> Reply:
    return 200, ask.grant.account.show(ask.grant.scope)


def _account(world: World, ask: Ask) -> Reply:
    account = ask.grant.account
    shown = {"account_id": account.sub, "email": account.email, "name": account.name}
    zone = {"scope": ask.grant.scope, "default_tzid": account.zone}
    return 200, {"account": shown | zone}


def _profiles(world: World, ask: Ask) -> Reply:
    return 200, {"profiles": [each.show() for each in ask.grant.account.profiles.values()]}


def _revoke_profile(world: World, ask: Ask, profile_id: str) -> Reply:
    if ask.grant.account.profiles.pop(profile_id, None) is None:
        raise unknown()
    return 202, None


def _list_calendars(world: World, ask: Ask) -> Reply:
    account = ask.grant.account
    shown = [
        profile.show_calendar(shelf)
        for profile in account.profiles.values()
        for shelf in profile.shelves
    ]
    return 200, {"sub": account.sub, "calendars": shown}


def _create_calendar(world: World, ask: Ask) -> Reply:
    ask.grant.require("create_calendar")
    profile = ask.grant.account.profiles.get(str(ask.body.get("profile_id")))
    if profile is None:
        raise unknown()
    if profile.failing:
        raise Refusal(423)
    name = ask.body.get("name")
    if not isinstance(name, str) or not name:
        raise wrong(name="required")
    if any(each.name == name and not each.deleted for each in profile.shelves):
        raise wrong(name="duplicate_calendar_name")
    shelf = world.accounts.add_calendar(profile, name)
    shelf.permission = "unrestricted"
    return 200, {"calendar": profile.show_calendar(shelf)}


def _ask_permissions(world: World, ask: Ask) -> Reply:
    wanted = ask.body.get("permissions") or []
    shelves = [world.accounts.granted(ask.grant.account, each["calendar_id"]) for each in wanted]
    if not shelves:
        raise wrong(permissions="required")
    number = world.accounts.new_number()
    world.permissions[number] = [shelf.calendar_id for shelf in shelves]
    return 200, {"permissions_request": {"url": f"{APP_URL}/permissions/{number}"}}


def _link_token(world: World, ask: Ask) -> Reply:
    return 200, {"link_token": f"link:{ask.grant.account.sub}"}


def _create_channel(world: World, ask: Ask) -> Reply:
    filters = ask.body.get("filters")
    if not (isinstance(filters, dict) and filters.get("only_managed")):
        ask.grant.require("read_events")
    url = ask.body.get("callback_url")
    channel = world.channels.create(ask.grant.account, url, filters, ask.now)
    return 200, {"channel": channel.show()}


def _list_channels(world: World, ask: Ask) -> Reply:
    return 200, {"channels": [each.show() for each in world.channels.of_account(ask.grant.account)]}


def _close_channel(world: World, ask: Ask, channel_id: str) -> Reply:
    world.channels.close(ask.grant.account, channel_id)
    return 202, None


_PLAIN: dict[tuple[str, str], Callable[[World, Ask], Reply]] = {
    ("GET", "/v1/events"): event_endpoints.read_events,
    ("POST", "/v1/batch"): event_endpoints.batch,
    ("GET", "/v1/userinfo"): _userinfo,
    ("GET", "/v1/account"): _account,
    ("GET", "/v1/profiles"): _profiles,
    ("GET", "/v1/calendars"): _list_calendars,
    ("POST", "/v1/calendars"): _create_calendar,
    ("POST", "/v1/permissions"): _ask_permissions,
    ("POST", "/v1/link_tokens"): _link_token,
    ("GET", "/v1/free_busy"): event_endpoints.free_busy,
    ("DELETE", "/v1/events"): event_endpoints.bulk_delete,
    ("POST", "/v1/channels"): _create_channel,
    ("GET", "/v1/channels"): _list_channels,
}
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[..., Reply]], ...] = (
    ("GET", re.compile(r"/v1/events/pages/([^/]+)"), event_endpoints.read_page),
    ("POST", re.compile(r"/v1/calendars/([^/]+)/events"), event_endpoints.write),
    ("DELETE", re.compile(r"/v1/calendars/([^/]+)/events"), event_endpoints.write),
    (
        "POST",
        re.compile(r"/v1/calendars/([^/]+)/events/([^/]+)/participation_status"),
        event_endpoints.answer_invitation,
    ),
    ("DELETE", re.compile(r"/v1/channels/([^/]+)"), _close_channel),
    ("POST", re.compile(r"/v1/profiles/([^/]+)/revoke"), _revoke_profile),
)


def write_json(body: object) -> bytes:
    """Return a reply's body as bytes."""
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
