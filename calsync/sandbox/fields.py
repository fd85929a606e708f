"""The fields of an event as a request writes them, judged by the documented rules."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from calsync.sandbox import times
from calsync.sandbox.errors import plan_lacks, unprocessable_fields

LONGEST_SUMMARY = 1_024
LONGEST_DESCRIPTION = 4_096
STATUSES = ("accepted", "tentative", "declined", "needs_action", "unknown")
_TRANSPARENCIES = ("opaque", "transparent")
_EXTENDED = ("opaque", "transparent", "working_elsewhere", "tentative", "out_of_office", "unknown")
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
#: Cronofy has such bounds but does not publish them; these are ours.
_EARLIEST, _LATEST = (
    times.parse_time("1971-01-01T00:00:00Z"),
    times.parse_time("2099-12-31T00:00:00Z"),
)


@dataclass(frozen=True)
class Span:
    """From when to when; an all-day span counts midnights in UTC and its end is exclusive."""

    is_all_day: bool
    starts_at: int
    ends_at: int
    start_zone: str
    end_zone: str


@dataclass
class Problems:
    """What is wrong with a request, by field."""

    by_field: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def add(self, name: str, key: str, description: str) -> None:
        """Note one more."""
        problem = {"key": f"errors.{key}", "description": description}
        self.by_field.setdefault(name, []).append(problem)

    def raise_if_any(self) -> None:
        """Raise the 422 that lists them."""
        if self.by_field:
            raise unprocessable_fields(self.by_field)


@dataclass(frozen=True)
class Draft:
    """The accepted part of a request: ``span`` is None where neither end was given."""

    span: Span | None
    content: dict[str, Any]


def parse_event(body: Mapping[str, Any], *, is_partial: bool = False) -> Draft:
    """Return what the request says of the event, or raise the 422 with all that is wrong.

    ``is_partial`` is how a mailbox's owner edits: a missing summary or time
    stays as it is.
    """
    problems = Problems()
    if body.get("recurrence"):
        raise plan_lacks("recurring events")
    if "summary" not in body and not is_partial:
        problems.add("summary", "required", "is missing")
    content = {}
    for name, check in _CHECKS.items():
        if name in body:
            complaint = check(body[name])
            if complaint:
                problems.add(name, *complaint)
            content[name] = body[name]
    span = None
    if not is_partial or "start" in body or "end" in body:
        span = _parse_span(body, problems)
    problems.raise_if_any()
    return Draft(span, content)


def _parse_span(body: Mapping[str, Any], problems: Problems) -> Span | None:
    default_zone = body.get("tzid", "Etc/UTC")
    if not isinstance(default_zone, str) or times.find_zone(default_zone) is None:
        problems.add("tzid", "invalid", "is not an IANA time zone")
        return None
    start = _parse_end(body, "start", default_zone, problems)
    end = _parse_end(body, "end", default_zone, problems)
    if start is None or end is None:
        return None
    (first, start_zone), (last, end_zone) = start, end
    if first.is_date != last.is_date:
        problems.add("end", "invalid", "must be a Date if start is, and a Time if start is")
    elif last.second < first.second or (last.is_date and last.second == first.second):
        problems.add("end", "must_be_after_start", "must be after start")
    return Span(first.is_date, first.second, last.second, start_zone, end_zone)


def _parse_end(
    body: Mapping[str, Any], name: str, zone: str, problems: Problems
) -> tuple[times.Moment, str] | None:
    value = body.get(name)
    if value is None:
        problems.add(name, "required", "is missing")
        return None
    if isinstance(value, Mapping):
        zone = value.get("tzid", zone)
        value = value.get("time")
    if not isinstance(zone, str) or times.find_zone(zone) is None:
        problems.add(name, "invalid", "has no IANA time zone")
        return None
    try:
        moment = times.parse_moment(value)
    except times.BadTime as error:
        problems.add(name, "invalid", str(error))
        return None
    if not _EARLIEST <= moment.second <= _LATEST:
        problems.add(name, "out_of_bounds", "is out of bounds")
        return None
    return moment, zone


_Complaint = tuple[str, str] | None


def _check_text(longest: int) -> Callable[[object], _Complaint]:
    def check(value: object) -> _Complaint:
        if not isinstance(value, str):
            return "must_be_string", "must be a String"
        if len(value) > longest:
            return "too_long", f"must have {longest} characters at most"
        return None

    return check


def _check_choice(choices: tuple[str, ...]) -> Callable[[object], _Complaint]:
    def check(value: object) -> _Complaint:
        return None if value in choices else ("invalid", f"must be one of {', '.join(choices)}")

    return check


def _check_boolean(value: object) -> _Complaint:
    return None if isinstance(value, bool) else ("must_be_boolean", "must be a Boolean")


def _check_location(value: object) -> _Complaint:
    if value is None:
        return None
    if not isinstance(value, dict):
        return "invalid", "must be an object"
    if not isinstance(value.get("description", ""), str | None):
        return "invalid", "its description must be a String"
    for name, limit in (("lat", 85.05115), ("long", 180.0)):
        given = value.get(name)
        if given is None:
            continue
        try:
            is_inside = abs(float(given)) <= limit and not isinstance(given, bool)
        except (TypeError, ValueError, OverflowError):
            is_inside = False
        if not is_inside:
            return "invalid", f"its {name} must be within {limit} of zero"
    return None


def _check_reminders(value: object) -> _Complaint:
    if not isinstance(value, list) or len(value) > 5:
        return "invalid", "must be a list of 5 at most"
    for each in value:
        minutes = each.get("minutes") if isinstance(each, dict) else None
        if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < 0:
            return "invalid", "each must have its minutes"
    return None


def _check_attendees(value: object) -> _Complaint:
    if not isinstance(value, dict):
        return "invalid", "must be an object with invite and remove"
    for name in ("invite", "remove", "reject"):
        people = value.get(name, [])
        if not isinstance(people, list):
            return "invalid", f"{name} must be a list"
        if not all(isinstance(each, dict) and is_email(each.get("email")) for each in people):
            return "invalid", f"everybody in {name} must have an email"
    return None


def _check_url(value: object) -> _Complaint:
    if value is None or (isinstance(value, str) and re.match(r"https?://\S+$", value)):
        return None
    return "invalid", "must be a URL"


def _check_color(value: object) -> _Complaint:
    if value is None or (isinstance(value, str) and COLOR.fullmatch(value)):
        return None
    return "invalid", "must be like #3366CC"


def _check_list(value: object) -> _Complaint:
    return None if isinstance(value, list) else ("invalid", "must be a list")


def _check_object(value: object) -> _Complaint:
    return None if isinstance(value, dict) else ("invalid", "must be an object")


def is_email(value: object) -> bool:
    """Tell whether this is an address that a mail could be sent to."""
    return isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None


_CHECKS: dict[str, Callable[[object], _Complaint]] = {
    "summary": _check_text(LONGEST_SUMMARY),
    "description": _check_text(LONGEST_DESCRIPTION),
    "location": _check_location,
    "reminders": _check_reminders,
    "reminders_create_only": _check_boolean,
    "transparency": _check_choice(_TRANSPARENCIES),
    "extended_transparency": _check_choice(_EXTENDED),
    "event_private": _check_boolean,
    "attendees": _check_attendees,
    "url": _check_url,
    "color": _check_color,
    "conferencing": _check_object,
    "subscriptions": _check_list,
    "attachments": _check_list,
}
