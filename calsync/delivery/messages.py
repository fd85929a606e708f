"""What the PSA is told: the body of a message, as the bytes that are signed and sent."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from calsync.errors import CalsyncError

#: What a body may weigh. Standard Webhooks advises 20 KB; a long description exceeds it.
LARGEST_BODY = 256 * 1024


class MessageType(StrEnum):
    """What a message says has happened."""

    ITEM_CREATED = "item.created"
    ITEM_UPDATED = "item.updated"
    ITEM_DELETED = "item.deleted"
    #: Nothing: somebody wants to see whether messages arrive.
    TEST = "test"


class MessageTooLarge(CalsyncError):
    """The body would weigh more than a receiver has to take."""


def build_body(kind: MessageType, at: datetime, content: Mapping[str, object]) -> bytes:
    """Return the body of a message about what happened at ``at``: always the same bytes.

    ``content`` holds JSON's own types only. The bytes are ASCII, so that no receiver can
    decode and sign them differently. Raises MessageTooLarge beyond ``LARGEST_BODY``, and
    ValueError for a naive time or a number that JSON does not have.
    """
    if at.tzinfo is None:
        raise ValueError("The time of an event needs a zone.")
    happened_at = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # The keys of the content are sorted, those of the envelope are in the standard's order.
    sorted_content = json.loads(_dump(content, sort_keys=True))
    body = _dump({"type": kind.value, "timestamp": happened_at, "data": sorted_content}).encode()
    if len(body) > LARGEST_BODY:
        raise MessageTooLarge(f"The message would be larger than {LARGEST_BODY} bytes.")
    return body


def _dump(content: object, *, sort_keys: bool = False) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False, sort_keys=sort_keys)
