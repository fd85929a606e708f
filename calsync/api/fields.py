"""Fields that take exactly what the API's description says, and name what is wrong by a code."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

from marshmallow import ValidationError, fields, validate

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CODES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "missing",
    "null": "null",
    "invalid": "wrong_type",
    "invalid_utf8": "wrong_type",
    "too_large": "out_of_range",
    "unknown": "unknown_choice",
    "validator_failed": "invalid",
}


class Text(fields.String):
    """A text."""

    default_error_messages = CODES

    def __init__(self, *, most: int, least: int = 0, **about: Any) -> None:
        length = validate.Length(min=least or None, max=most, error="too_long")
        if least:
            about["validate"] = [validate.Length(min=least, error="missing")]
        super().__init__(**{**about, "validate": [*about.get("validate", []), length]})


class Whole(fields.Integer):
    """A whole number, and no text that looks like one."""

    default_error_messages = CODES

    def __init__(self, *, least: int, most: int, **about: Any) -> None:
        span = validate.Range(min=least, max=most, error="out_of_range")
        super().__init__(validate=span, **about)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise ValidationError("wrong_type")
        return int(value)


class Fact(fields.Boolean):
    """True or false, and nothing that reads like them."""

    default_error_messages = CODES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("wrong_type")
        return value


class Flag(Fact):
    """True or false, as it stands in a query."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value not in ("true", "false"):
            raise ValidationError("wrong_type")
        return bool(value == "true")


class Choice(fields.Enum[Any]):
    """One of the values of an enum."""

    default_error_messages = CODES

    def __init__(self, values: Any, **about: Any) -> None:
        about["metadata"] = {"type": "string", **about.get("metadata", {})}
        super().__init__(values, by_value=True, **about)

    def _deserialize(self, value: Any, *args: Any, **about: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError("unknown_choice")
        return super()._deserialize(value, *args, **about)


class Day(fields.Date):
    """A date such as 2026-03-02."""

    default_error_messages = CODES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        return parse_day(value)


class Instant(fields.DateTime):
    """A time with its offset from UTC, as RFC 3339 has it."""

    default_error_messages = CODES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        return parse_instant(value)


class Since(Instant):
    """A time such as ``updated_at`` has it, in parts of seconds."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        return parse_instant(value, has_parts=True)


class Moment(fields.Field[Any]):
    """A time with its offset, or the date of an all-day item."""

    default_error_messages = CODES

    def __init__(self, **about: Any) -> None:
        either = [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]
        metadata = {"anyOf": [*either, {"type": "null"}], **about.pop("metadata", {})}
        super().__init__(allow_none=True, metadata=metadata, **about)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date | datetime:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return parse_day(value)
        return parse_instant(value)


class Limit(Whole):
    """How many rows a page has at most, as it stands in a query."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not re.fullmatch(r"-?\d{1,9}", str(value), re.ASCII):
            raise ValidationError("wrong_type")
        return int(value)


def parse_day(value: object) -> date:
    """Return the date that a text stands for."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        _refuse("wrong_type")
    try:
        return date.fromisoformat(value)
    except ValueError:
        _refuse("wrong_type")


def parse_instant(value: object, *, has_parts: bool = False) -> datetime:
    """Return the instant that a text stands for, in UTC; in microseconds if it ``has_parts``."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        _refuse("wrong_type")
    if not found["offset"]:
        _refuse("no_offset")
    fraction = found["fraction"] or ""
    if fraction.strip(".0") and not has_parts:
        _refuse("whole_seconds")
    plain = found[0].upper().replace(fraction or "\0", "").replace("Z", "+00:00")
    parts = timedelta(microseconds=int(fraction[1:7].ljust(6, "0")) if fraction else 0)
    try:
        return datetime.fromisoformat(plain).astimezone(UTC) + parts
    except ValueError:
        _refuse("wrong_type")
    except OverflowError:
        _refuse("out_of_range")


def format_moment(moment: date | datetime | None) -> str | None:
    """Return a date, or an instant in UTC, as the API has it."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat() if moment else None


def _refuse(code: str) -> NoReturn:
    raise ValidationError(code)
