"""The endpoints of the API (cronofy-api.md 2 to 7), each a function of what was asked."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation import reading
from tests.simulation.events import Kept, Shelf
from tests.simulation.grants import Grant
from tests.simulation.mailboxes import APP_URL
from tests.simulation.reading import Read
from tests.simulation.refusals import Refusal, forbidden, unknown, wrong
from tests.simulation.world import World
from tests.simulation.writing import SCOPES

MOST_ENTRIES = 50
_ENTRY = re.compile(r"/v1/calendars/([^/?#]+)/events")


@dataclass(slots=True)
class Ask:
    """A call, taken apart; ``grant`` is whom the bearer speaks for."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: dict[str, Any]
    grant: Grant
    now: float
    #: What faults want of the pages of a read that begins here.
    overlap: bool = False
    shuffle: bool = False


#: A status, and a body as bytes, as a value to be written in JSON, or None.
Reply = tuple[int, object]


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


def _read_events(world: World, ask: Ask) -> Reply:
    if not reading.read_flag(ask.query, "only_managed"):
        ask.grant.require("read_events")
    query = reading.read_query(ask.query, ask.now)
    rows = [(kept, False) for kept in _find(world, ask, query)]
    size = world.temper.page_size
    if ask.overlap:
        rows = [*rows[:size], *((kept, True) for kept, _ in rows[:size]), *rows[size:]]
    if ask.shuffle:
        rows.reverse()
    keeps_zones = not world.temper.losses.zones
    read = Read(ask.grant.account.sub, rows, size, query.localized, keeps_zones, ask.now)
    return _answer_page(world, read, 1, None)


def _read_page(world: World, ask: Ask, token: str) -> Reply:
    key, _, number = token.partition("-")
    read = world.reads.get(key)
    if read is None or read.sub != ask.grant.account.sub:
        raise unknown()
    if not number.isdigit() or not 1 < int(number) <= read.total:
        raise unknown()
    if ask.now - read.began > world.temper.page_lifetime:
        raise unknown()
    return _answer_page(world, read, int(number), key)


def _answer_page(world: World, read: Read, number: int, key: str | None) -> Reply:
    address = ""
    if number < read.total:
        if key is None:
            key = f"{world.accounts.new_number():x}"
            world.reads[key] = read
        address = f"{world.api_url}/v1/events/pages/{key}-{number + 1}"
    return 200, read.write_page(number, address)


def _free_busy(world: World, ask: Ask) -> Reply:
    ask.grant.require("read_free_busy")
    query = reading.read_query(ask.query, ask.now)
    shown = [_busy(kept) for kept in _find(world, ask, query)]
    return 200, {"pages": {"current": 1, "total": 1}, "free_busy": [s for s in shown if s]}


def _busy(kept: Kept) -> dict[str, Any] | None:
    event = kept.show()
    if event["status"] == "cancelled" or event["transparency"] == "transparent":
        return None
    status = "tentative" if event["status"] == "tentative" else "busy"
    block = {name: event[name] for name in ("calendar_id", "start", "end")}
    return {**block, "free_busy_status": status}


def _find(world: World, ask: Ask, query: reading.Query) -> list[Kept]:
    account = ask.grant.account
    shelves: list[Shelf] = reading.choose(ask.query, account.shelves())
    share = world.temper.shown_before_initial_sync
    partly = {
        profile_id: share
        for profile_id, profile in account.profiles.items()
        if profile.initial_sync_required
    }
    return reading.find(query, shelves, world.temper, partly)


def _write(world: World, ask: Ask, calendar_id: str) -> Reply:
    _carry_out(world, ask, ask.method, calendar_id, ask.body)
    if ask.body.get("include_userinfo"):
        return 202, {"userinfo": ask.grant.account.show(ask.grant.scope)}
    return 202, None


def _carry_out(
    world: World, ask: Ask, method: str, calendar_id: str, body: Mapping[str, Any]
) -> None:
    ask.grant.require(SCOPES[method])
    try:
        world.writing.accept(ask.grant.account, method, calendar_id, body, ask.now)
    except Refusal as refusal:
        if refusal.status == 423:
            # A write is how Cronofy finds out that the service refuses it.
            profile = world.accounts.profile_of(world.accounts.shelves[calendar_id])
            world.notice_disconnection(profile, ask.now)
        raise


def _batch(world: World, ask: Ask) -> Reply:
    entries = ask.body.get("batch")
    if not isinstance(entries, list):
        raise wrong(batch="required")
    if len(entries) > MOST_ENTRIES:
        raise wrong(batch="too_many")
    return 207, {"batch": [_answer_entry(world, ask, each) for each in entries]}


def _answer_entry(world: World, ask: Ask, entry: object) -> dict[str, Any]:
    try:
        if not isinstance(entry, dict) or not isinstance(entry.get("data", {}), dict):
            raise wrong(batch="invalid")
        match = _ENTRY.fullmatch(str(entry.get("relative_url")))
        if match is None or entry.get("method") not in SCOPES:
            raise unknown()
        _carry_out(world, ask, entry["method"], match[1], entry.get("data", {}))
    except Refusal as refusal:
        return {"status": refusal.status} | ({"data": refusal.body} if refusal.body else {})
    return {"status": 202}


def _bulk_delete(world: World, ask: Ask) -> Reply:
    ask.grant.require("delete_event")
    everything, wanted = ask.body.get("delete_all"), ask.body.get("calendar_ids")
    if (everything is None) == (wanted is None):
        raise wrong(delete_all="invalid")
    own = {shelf.calendar_id: shelf for shelf in ask.grant.account.shelves()}
    if wanted is not None and (not wanted or not own.keys() >= set(wanted)):
        raise wrong(calendar_ids="invalid_calendar_ids")
    for shelf in own.values() if everything else [own[each] for each in wanted or ()]:
        for kept in list(shelf.managed.values()):
            if not kept.deleted:
                kept.change(int(ask.now), deleted=True)
    return 202, None


def _answer_invitation(world: World, ask: Ask, calendar_id: str, uid: str) -> Reply:
    ask.grant.require("change_participation_status")
    shelf = world.accounts.writable(ask.grant.account, calendar_id)
    status = ask.body.get("status")
    if status not in ("accepted", "tentative", "declined"):
        raise wrong(status="invalid")
    kept = shelf.events.get(uid)
    if kept is None or kept.deleted:
        raise unknown()
    if not kept.show_options()["change_participation_status"]:
        raise forbidden()
    profile = world.accounts.profile_of(shelf)
    guests = [
        each | {"status": status} if each["email"] == profile.address else each
        for each in kept.content["attendees"]
    ]
    content = kept.content | {"participation_status": status, "attendees": guests}
    goes = status == "declined" and profile.provider == "exchange"
    kept.change(int(ask.now), content=content, deleted=goes)
    return 202, None


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
    ("GET", "/v1/events"): _read_events,
    ("POST", "/v1/batch"): _batch,
    ("GET", "/v1/userinfo"): _userinfo,
    ("GET", "/v1/account"): _account,
    ("GET", "/v1/profiles"): _profiles,
    ("GET", "/v1/calendars"): _list_calendars,
    ("POST", "/v1/calendars"): _create_calendar,
    ("POST", "/v1/permissions"): _ask_permissions,
    ("POST", "/v1/link_tokens"): _link_token,
    ("GET", "/v1/free_busy"): _free_busy,
    ("DELETE", "/v1/events"): _bulk_delete,
    ("POST", "/v1/channels"): _create_channel,
    ("GET", "/v1/channels"): _list_channels,
}
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[..., Reply]], ...] = (
    ("GET", re.compile(r"/v1/events/pages/([^/]+)"), _read_page),
    ("POST", re.compile(r"/v1/calendars/([^/]+)/events"), _write),
    ("DELETE", re.compile(r"/v1/calendars/([^/]+)/events"), _write),
    (
        "POST",
        re.compile(r"/v1/calendars/([^/]+)/events/([^/]+)/participation_status"),
        _answer_invitation,
    ),
    ("DELETE", re.compile(r"/v1/channels/([^/]+)"), _close_channel),
    ("POST", re.compile(r"/v1/profiles/([^/]+)/revoke"), _revoke_profile),
)


def write_json(body: object) -> bytes:
    """Return a reply's body as bytes."""
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
