"""Accounts, profiles, calendars and channels from Cronofy's JSON (docs/cronofy-api.md 3, 4, 7).

Unlike an event, a bad calendar or profile spoils its answer: left out of the list it
would look as if the user had deleted it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from calsync.core.account import Account, Calendar, Profile
from calsync.cronofy import wire
from calsync.errors import UnreadableAnswer

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of push notifications; its address holds a secret of ours.

    ``calendar_ids`` empty means all calendars.
    """

    channel_id: str
    callback_url: str = field(repr=False)
    calendar_ids: tuple[str, ...] = ()
    only_managed: bool = False


def read_userinfo(answer: Mapping[str, Any]) -> Account:
    """Return the account with profiles and calendars; its keys really contain dots."""
    return _whole("userinfo", _userinfo, answer)


def read_account(answer: Mapping[str, Any]) -> Account:
    """Return the account alone, without profiles."""
    return _whole("account", _account, answer)


def read_profiles(answer: Mapping[str, Any]) -> tuple[Profile, ...]:
    """Return the profiles, without their calendars."""
    return tuple(_whole("profile", read_profile, raw) for raw in wire.objects(answer, "profiles"))


def read_calendars(answer: Mapping[str, Any]) -> tuple[Calendar, ...]:
    """Return the calendars of all profiles, deleted ones too."""
    return tuple(_whole("calendar", _calendar, raw) for raw in wire.objects(answer, "calendars"))


def read_calendar(answer: Mapping[str, Any]) -> Calendar:
    """Return the calendar that was just made."""
    return _whole("calendar", lambda raw: _calendar(wire.child(raw, "calendar")), answer)


def read_channels(answer: Mapping[str, Any]) -> tuple[Channel, ...]:
    """Return the open channels of the account."""
    return tuple(_whole("channel", _channel, raw) for raw in wire.objects(answer, "channels"))


def read_channel(answer: Mapping[str, Any]) -> Channel:
    """Return the channel that was just made, or that there was already."""
    return _whole("channel", lambda raw: _channel(wire.child(raw, "channel")), answer)


def read_permissions_url(answer: Mapping[str, Any]) -> str | None:
    """Return the page at which the user grants what was asked, None if none is needed."""
    return _whole("permissions request", _permissions_url, answer)


def read_link_token(answer: Mapping[str, Any]) -> str:
    """Return the token that joins the next authorisation to this account."""
    return _whole("link token", lambda raw: wire.identifier(raw, "link_token"), answer)


def _whole(noun: str, read: Callable[[Mapping[str, Any]], Value], raw: Mapping[str, Any]) -> Value:
    """Return what ``read`` makes of an answer; UnreadableAnswer with the field's code."""
    try:
        return read(raw)
    except wire.UnreadableField as problem:
        reason = problem.reason
    raise UnreadableAnswer(f"The {noun} cannot be read: {reason}.")


def _userinfo(raw: Mapping[str, Any]) -> Account:
    inner = wire.child(raw, "cronofy.data")
    authorization = wire.child(inner, "authorization")
    return Account(
        account_id=wire.identifier(raw, "sub"),
        email=wire.find_text(raw, "email"),
        name=wire.find_text(raw, "name"),
        zone=wire.find_text(raw, "zoneinfo"),
        kind=wire.find_text(raw, "cronofy.type"),
        scope=wire.find_text(authorization, "scope"),
        authorization=wire.find_text(authorization, "status"),
        profiles=tuple(map(read_profile, wire.children(inner, "profiles"))),
    )


def _account(raw: Mapping[str, Any]) -> Account:
    account = wire.child(raw, "account")
    return Account(
        account_id=wire.identifier(account, "account_id"),
        email=wire.find_text(account, "email"),
        name=wire.find_text(account, "name"),
        zone=wire.find_text(account, "default_tzid"),
        scope=wire.find_text(account, "scope"),
    )


def read_profile(raw: Mapping[str, Any]) -> Profile:
    """Return one profile; raises UnreadableField, as it is a part of other answers."""
    profile_id = wire.identifier(raw, "profile_id")
    return Profile(
        profile_id=profile_id,
        name=wire.text(raw, "profile_name"),
        provider=wire.text(raw, "provider_name"),
        service=wire.find_text(raw, "provider_service") or None,
        connected=_connected(raw),
        initial_sync_required=wire.flag(raw, "profile_initial_sync_required"),
        relink_url=wire.link(raw, "profile_relink_url"),
        calendars=tuple(
            _calendar(calendar, profile_id) for calendar in wire.children(raw, "profile_calendars")
        ),
    )


def _connected(raw: Mapping[str, Any]) -> bool:
    """Tell whether a profile works; silence is no news of a fault."""
    return raw.get("profile_connected") is None or wire.flag(raw, "profile_connected")


def _calendar(raw: Mapping[str, Any], profile_id: str | None = None) -> Calendar:
    return Calendar(
        calendar_id=wire.identifier(raw, "calendar_id"),
        name=wire.text(raw, "calendar_name"),
        profile_id=profile_id or wire.text(raw, "profile_id"),
        readonly=wire.flag(raw, "calendar_readonly"),
        deleted=wire.flag(raw, "calendar_deleted"),
        primary=wire.flag(raw, "calendar_primary"),
        permission_level=wire.find_text(raw, "permission_level"),
    )


def _channel(raw: Mapping[str, Any]) -> Channel:
    filters = wire.child(raw, "filters")
    ids = filters.get("calendar_ids") or []
    if not isinstance(ids, list) or not all(isinstance(entry, str) for entry in ids):
        raise wire.UnreadableField("calendar_ids.wrong_type")
    return Channel(
        channel_id=wire.identifier(raw, "channel_id"),
        callback_url=wire.text(raw, "callback_url"),
        calendar_ids=tuple(ids),
        only_managed=wire.flag(filters, "only_managed"),
    )


def _permissions_url(raw: Mapping[str, Any]) -> str | None:
    request = wire.child(raw, "permissions_request")
    if wire.flag(request, "accepted"):
        return None
    url = wire.link(request, "url")
    if url is None:
        raise wire.UnreadableField("url.missing")
    return url
