"""What the token endpoint gives: tokens, and what was agreed to (docs/cronofy-api.md 2.2, 2.3)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan
from typing import TypeVar

from calsync.core.account import SYNC_SCOPE, Account, Profile
from calsync.cronofy import wire
from calsync.cronofy.wire_accounts import read_profile, read_userinfo
from calsync.errors import UnreadableAnswer

#: The least that a two-way sync needs, always asked for in full (docs/cronofy-api.md 2.1).
SCOPE = SYNC_SCOPE

#: The shortest life of a token that Cronofy documents, for an answer that does not tell.
SHORTEST_LIFE = timedelta(minutes=30)
_LONGEST_LIFE = timedelta(days=366)


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A pair of tokens; ``expires_at`` is when the access token ends."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user agreed to: tokens, for which account, and for which of its profiles.

    ``provider_service`` falls back to ``provider_name`` where the answer has none.
    ``userinfo`` is there where Cronofy sent it along.
    """

    tokens: TokenPair
    sub: str
    scope: str
    profile_id: str
    profile_name: str
    provider_name: str
    provider_service: str
    userinfo: Account | None = field(default=None, repr=False)


def read_grant(answer: wire.Json, now: datetime) -> Grant:
    """Return what a code was exchanged for; UnreadableAnswer where something is lacking."""
    return _whole("exchange", lambda: _grant(answer, now))


def read_tokens(answer: wire.Json, now: datetime, *, old: str) -> TokenPair:
    """Return new tokens; ``old`` is the refresh token to keep where none is given."""
    return _whole("refresh", lambda: _tokens(answer, now, old))


def _whole(call: str, read: Callable[[], Found]) -> Found:
    try:
        return read()
    except wire.UnreadableField as problem:
        reason = problem.reason
    raise UnreadableAnswer(f"{call}: the answer cannot be read: {reason}.")


def _grant(answer: wire.Json, now: datetime) -> Grant:
    embedded = answer.get("userinfo")
    userinfo = read_userinfo(embedded) if isinstance(embedded, dict) else None
    profile = _linking_profile(answer, userinfo)
    return Grant(
        tokens=_tokens(answer, now, None),
        sub=wire.find_text(answer, "sub") or wire.identifier(answer, "account_id"),
        # RFC 6749, 5.1: left out where all that was asked for is granted.
        scope=wire.find_text(answer, "scope") or SCOPE,
        profile_id=profile.profile_id,
        profile_name=profile.name,
        provider_name=profile.provider,
        provider_service=profile.service or profile.provider,
        userinfo=userinfo,
    )


def _tokens(answer: wire.Json, now: datetime, old: str | None) -> TokenPair:
    kept = old if answer.get("refresh_token") in (None, "") else None
    return TokenPair(
        access_token=_token(answer, "access_token"),
        refresh_token=kept or _token(answer, "refresh_token"),
        expires_at=now + _life(answer.get("expires_in")),
    )


def _linking_profile(answer: wire.Json, userinfo: Account | None) -> Profile:
    """Return the profile that was authorised; the only one there is, where it is not told."""
    if answer.get("linking_profile") is None and userinfo and len(userinfo.profiles) == 1:
        return userinfo.profiles[0]
    return read_profile(wire.child(answer, "linking_profile"))


def _token(answer: wire.Json, key: str) -> str:
    """Return a token that fits in a header; anything else is unreadable."""
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise wire.UnreadableField(f"{key}.missing")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise wire.UnreadableField(f"{key}.unreadable")
    return value


def _life(seconds: object) -> timedelta:
    """Return how long an access token lives: the number is read, never assumed."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or isnan(seconds):
        return SHORTEST_LIFE
    return timedelta(seconds=min(max(seconds, 0), _LONGEST_LIFE.total_seconds()))
