"""Cronofy's statuses, translated once into errors that say who can act.

Above this module nobody sees a status (docs/cronofy-api.md 9). Descriptions in an answer may
quote what the user wrote, so only error *keys* are kept.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from calsync.cronofy.transport import Answer
from calsync.errors import (
    AccessRevoked,
    CronofyError,
    FeatureMissing,
    NotFound,
    PermanentError,
    PermissionMissing,
    ProfileLocked,
    RateLimited,
    Refused,
    TemporaryError,
    UnreadableAnswer,
    UntrustedAnswer,
)

#: Nobody is asked to wait longer than this, whatever a header says.
LONGEST_WAIT = timedelta(days=1)

_CODE = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)

#: What a status means where the same call would get the same answer.
_FOR_GOOD: dict[int, tuple[type[PermanentError], str]] = {
    401: (AccessRevoked, "Cronofy no longer takes our access token"),
    402: (FeatureMissing, "the Cronofy plan lacks the feature"),
    403: (PermissionMissing, "a scope or the calendar's permission is missing"),
    404: (NotFound, "it is unknown or not granted to us"),
    410: (NotFound, "it is gone"),
}
#: What a status means where a later call may fare better.
_FOR_NOW: dict[int, tuple[type[TemporaryError], str]] = {
    408: (TemporaryError, "Cronofy waited too long for the request"),
    423: (ProfileLocked, "the mailbox does not take writes at the moment"),
    425: (TemporaryError, "Cronofy asks to try later"),
    429: (RateLimited, "the application called too often"),
}


def is_success(status: int) -> bool:
    """Tell whether a status says that the call was done or accepted."""
    return 200 <= status < 300


def translate(call: str, answer: Answer, now: datetime) -> CronofyError:
    """Return the error that an answer other than a success stands for.

    ``call`` names the endpoint for the text, without ids that are secret.
    """
    status = answer.status
    if status in _FOR_GOOD:
        permanent, meaning = _FOR_GOOD[status]
        return permanent(_text(call, status, meaning))
    if status in _FOR_NOW or status >= 500:
        temporary, meaning = _FOR_NOW.get(status, (TemporaryError, "Cronofy has a fault"))
        wait = retry_after(answer.headers, now)
        return temporary(_text(call, status, meaning), retry_after=wait)
    if status in (400, 422):
        fields = error_keys(answer.body)
        return Refused(_text(call, status, f"refused: {_listed(fields)}"), fields=fields)
    if 300 <= status < 400:
        return UntrustedAnswer(_text(call, status, "a redirect, which we do not follow"))
    if 400 <= status < 500:
        return PermanentError(_text(call, status, "refused"))
    return UnreadableAnswer(_text(call, status, "no status that Cronofy documents"))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the ``Retry-After`` header asks to wait, or None.

    Seconds or an HTTP date (RFC 9110, 10.2.3); Cronofy documents none, but a proxy on the
    way may send it.
    """
    told = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(told):
        return min(timedelta(seconds=int(told)), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(told)
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)


def error_keys(body: bytes) -> dict[str, tuple[str, ...]]:
    """Return the keys of the errors of each field (docs/cronofy-api.md 6.6), none if unreadable.

    Whatever does not look like a name or a key is left out: it could be the user's words.
    """
    try:
        errors = json.loads(body)["errors"]
        return {
            name: tuple(filter(None, map(_key, entries)))
            for name, entries in errors.items()
            if _CODE.fullmatch(name) and isinstance(entries, list)
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _key(entry: object) -> str | None:
    key = entry.get("key") if isinstance(entry, dict) else None
    return key if isinstance(key, str) and _CODE.fullmatch(key) else None


def _listed(fields: Mapping[str, tuple[str, ...]]) -> str:
    named = (f"{name} ({', '.join(keys)})" for name, keys in fields.items())
    return "; ".join(named) or "no field named"


def _text(call: str, status: int, meaning: str) -> str:
    return f"{call}: {meaning} (status {status})."
