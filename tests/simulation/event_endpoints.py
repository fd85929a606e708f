"""The endpoints that read and write events (docs/cronofy-api.md 5, 6)."""

import re
from collections.abc import Mapping
from typing import Any

from tests.simulation import reading
from tests.simulation.asks import Ask, Reply
from tests.simulation.events import Kept, Shelf
from tests.simulation.reading import Read
from tests.simulation.refusals import Refusal, forbidden, unknown, wrong
from tests.simulation.world import World
from tests.simulation.writing import SCOPES

MOST_ENTRIES = 50
_ENTRY = re.compile(r"/v1/calendars/([^/?#]+)/events")


def read_events(world: World, ask: Ask) -> Reply:
    """Return the first page of a read (5)."""
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


def read_page(world: World, ask: Ask, token: str) -> Reply:
    """Return a further page, or the 404 once it is unknown (5.2)."""
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


def free_busy(world: World, ask: Ask) -> Reply:
    """Return when somebody is busy (5.5)."""
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


def write(world: World, ask: Ask, calendar_id: str) -> Reply:
    """Accept the new version of an event, or its deletion (6.1, 6.2, 6.4)."""
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


def batch(world: World, ask: Ask) -> Reply:
    """Carry out up to 50 writes in their order and answer for each (6.7)."""
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


def bulk_delete(world: World, ask: Ask) -> Reply:
    """Delete the application's events in bulk (6.5)."""
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


def answer_invitation(world: World, ask: Ask, calendar_id: str, uid: str) -> Reply:
    """Say on the owner's behalf whether they come (6.3)."""
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
