"""What a write says of an event, judged by the documented rules (docs/cronofy-api.md 6.1)."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.events import NO_ZONE, Span
from tests.simulation.moments import BadMoment, is_zone, read_moment
from tests.simulation.refusals import Refusal, wrong

LONGEST_TITLE, LONGEST_TEXT, LONGEST_ID = 1024, 4096, 1024
MOST_REMINDERS = 5
#: Cronofy has such bounds and does not say which.
EARLIEST, LATEST = read_moment("1971-01-01")[0], read_moment("2099-12-31")[0]


def read_content(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a write names, nothing of it shared with the request."""
    content: dict[str, Any] = {"summary": _text(body, "summary", LONGEST_TITLE)}
    if "description" in body:
        content["description"] = _text(body, "description", LONGEST_TEXT)
    if "location" in body:
        content["location"] = _place(body["location"])
    if "transparency" in body:
        if body["transparency"] not in ("opaque", "transparent"):
            raise wrong(transparency="invalid")
        content["transparency"] = body["transparency"]
    if "event_private" in body:
        if not isinstance(body["event_private"], bool):
            raise wrong(event_private="must_be_boolean")
        content["event_private"] = body["event_private"]
    if "reminders" in body:
        content["reminders"] = _reminders(body["reminders"])
    return content


def read_guests(body: Mapping[str, Any]) -> tuple[list[dict[str, Any]], set[str]]:
    """Return whom a write invites, and the addresses that it removes."""
    changes = body.get("attendees")
    if changes is None:
        return [], set()
    if not isinstance(changes, dict):
        raise wrong(attendees="invalid")
    invited = [
        {
            "email": each["email"],
            "display_name": each.get("display_name", ""),
            "status": "needs_action",
        }
        for each in changes.get("invite", ())
    ]
    gone = {each["email"] for name in ("remove", "reject") for each in changes.get(name, ())}
    return invited, gone


def read_span(body: Mapping[str, Any]) -> Span:
    """Return when the event is."""
    zone = body.get("tzid", NO_ZONE)
    if not is_zone(zone):
        raise wrong(tzid="invalid")
    starts_at, starts_on_day, start_zone = _end(body, "start", zone)
    ends_at, ends_on_day, end_zone = _end(body, "end", zone)
    if starts_on_day != ends_on_day:
        raise wrong(end="invalid")
    if ends_at < starts_at or (ends_on_day and ends_at == starts_at):
        raise wrong(end="must_be_after_start")
    return Span(starts_on_day, starts_at, ends_at, start_zone, end_zone)


def read_id(body: Mapping[str, Any]) -> str | None:
    """Return the application's own id, which wins over a uid; None where there is only that."""
    event_id = body.get("event_id")
    if event_id is None:
        if body.get("event_uid") is None:
            raise wrong(event_id="required")
        return None
    if not isinstance(event_id, str) or not 0 < len(event_id) <= LONGEST_ID:
        raise wrong(event_id="invalid")
    return event_id


def read_uid(body: Mapping[str, Any]) -> str:
    """Return the uid of an external event."""
    uid = body.get("event_uid")
    if not isinstance(uid, str) or not uid.startswith("evt_external_"):
        raise wrong(event_uid="must_be_external_event_uid")
    return uid


def _end(body: Mapping[str, Any], name: str, zone: str) -> tuple[int, bool, str]:
    value = body.get(name)
    if isinstance(value, dict):
        zone, value = value.get("tzid", zone), value.get("time")
        if not is_zone(zone):
            raise wrong(**{name: "invalid"})
    if value is None:
        raise wrong(**{name: "required"})
    try:
        second, is_day = read_moment(value) if isinstance(value, str) else (0, None)
    except BadMoment:
        is_day = None
    if is_day is None:
        raise wrong(**{name: "invalid"})
    if not EARLIEST <= second <= LATEST:
        raise wrong(**{name: "out_of_bounds"})
    return second, is_day, zone


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    text = body.get(name)
    if text is None:
        raise wrong(**{name: "required"})
    if not isinstance(text, str):
        raise wrong(**{name: "must_be_string"})
    if len(text) > longest:
        raise wrong(**{name: "too_long"})
    if not text.isascii():
        _refuse_broken(text)
    return text


def _refuse_broken(text: str) -> None:
    """Refuse half of a surrogate pair, which JSON can carry and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refusal(422, {"errors": {"body": [{"key": "errors.invalid_json"}]}}) from None


def _place(location: object) -> dict[str, Any] | None:
    if location is None:
        return None
    if not isinstance(location, dict) or not isinstance(location.get("description", ""), str):
        raise wrong(location="invalid")
    _refuse_broken(location.get("description", ""))
    return dict(location)


def _reminders(reminders: object) -> tuple[int, ...]:
    if not isinstance(reminders, list) or len(reminders) > MOST_REMINDERS:
        raise wrong(reminders="invalid")
    minutes = tuple(each.get("minutes") for each in reminders if isinstance(each, dict))
    if len(minutes) != len(reminders) or not all(isinstance(each, int) for each in minutes):
        raise wrong(reminders="invalid")
    return minutes
