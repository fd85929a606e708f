"""Where a page of a list ended, as an opaque text."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from calsync.api.problems import FieldError, Problem
from calsync.db.positions import Position


def write_position(position: Position) -> str:
    """Return the cursor behind a row that was changed then and has this id."""
    at, row_id = position
    return _write([at.astimezone(UTC).isoformat(), row_id])


def read_position(cursor: str | None) -> Position | None:
    """Return what ``write_position`` was given; a cursor that is none is a problem."""
    if cursor is None:
        return None
    try:
        at, row_id = _read(cursor)
        position = datetime.fromisoformat(at).astimezone(UTC), str(row_id)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise _refusal() from None
    if "\0" in position[1] or not position[1].isascii():
        raise _refusal()
    return position


def write_ends(position: Position | None, *, has_more: bool, is_of_changes: bool) -> dict[str, Any]:
    """Return how to go on with a list that was read as far as ``position``.

    A list of changes can be gone on with later; another one would not tell of what was
    deleted meanwhile.
    """
    cursor = write_position(position) if position else None
    return {
        "next_cursor": cursor if has_more else None,
        "resume_cursor": cursor if is_of_changes else None,
    }


def write_id(row_id: str) -> str:
    """Return the cursor behind the row with this id."""
    return _write(row_id)


def read_id(cursor: str | None) -> str:
    """Return what ``write_id`` was given; the empty text is before every id."""
    if cursor is None:
        return ""
    try:
        row_id = _read(cursor)
    except (ValueError, RecursionError):
        raise _refusal() from None
    if not isinstance(row_id, str) or "\0" in row_id or not row_id.isascii():
        raise _refusal()
    return row_id


def _write(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _read(cursor: str) -> Any:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("no cursor") from error


def _refusal() -> Problem:
    return Problem(422, errors=[FieldError("?cursor", "invalid")])
