"""What the page of an item says of it: its details, and what was done to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from calsync.core.clockwork import get_zone
from calsync.core.event import Timed
from calsync.core.item import OWN_FIELDS, ItemFields, Kind, shown_times
from calsync.core.item_record import dump_field
from calsync.db.models import ItemChange, Role
from calsync.services.item_access import ItemView
from calsync.web.calendar_query import LAST_YEAR
from calsync.web.current import current_login, who
from calsync.web.i18n import _, join_list
from calsync.web.item_choices import Offer
from calsync.web.item_words import (
    ACTION_WORDS,
    FIELD_WORDS,
    describe_field,
    is_elsewhere,
    say_times,
)
from calsync.web.kinds import name_kind
from calsync.web.repeats import describe_rule

#: Said of every kind, where there is anything to say.
_COMMON = ("status", "location", "description")
_NEVER_SHOWN = ("kind", "subject", "times", "time_zone", "rule", "is_private")


@dataclass(frozen=True)
class Line:
    """One detail: what it is called and what it is."""

    label: str
    text: str = field(repr=False)
    url: str | None = None


@dataclass(frozen=True)
class Deed:
    """One thing that somebody did to an item, with each field before and after."""

    action: str
    name: str
    at: datetime
    note: str
    changes: Sequence[tuple[str, str, str]] = field(repr=False)


@dataclass(frozen=True)
class BinLine:
    """One deleted item as the bin shows it."""

    id: str
    name: str = field(repr=False)
    kind: str
    times: str
    deleted_at: datetime


def list_bin_lines(views: Sequence[ItemView], zone: ZoneInfo) -> list[BinLine]:
    """Return what the bin shows of deleted items, in the order given."""
    return [
        BinLine(
            view.id,
            view.fields.subject or name_kind(view.fields.kind),
            name_kind(view.fields.kind),
            say_times(view.fields.times, zone),
            view.deleted_at or view.updated_at,
        )
        for view in views
    ]


def list_lines(view: ItemView, whole: ItemFields, offer: Offer, zone: ZoneInfo) -> list[Line]:
    """Return the details of an item; of a hidden one, when it is and whose."""
    lines = list(_list_times(view.fields, zone))
    if view.is_hidden:
        return lines
    if whole.rule and whole.times:
        lines.append(Line(str(FIELD_WORDS["rule"]), describe_rule(whole.rule, whole.times)))
    lines += _list_fields(view.fields, offer, zone)
    people = join_list(offer.name_people(view.assignees))
    is_call = view.fields.kind is Kind.SERVICE_CALL
    lines.append(Line(_("Resources") if is_call else _("On the calendar of"), people))
    if view.fields.is_private:
        lines.append(Line(_("Private"), _("Others see only that the time is taken")))
    return lines


def list_deeds(changes: Sequence[ItemChange], whole: ItemFields, offer: Offer) -> list[Deed]:
    """Return what was done to an item, in the order given."""
    zone = ZoneInfo(current_login().user.time_zone)
    return [
        Deed(
            str(ACTION_WORDS.get(change.action, change.action)),
            change.user_name,
            change.at,
            _note(change),
            list(_list_changes(change, whole, offer, zone)),
        )
        for change in changes
    ]


def find_day(view: ItemView) -> date | None:
    """Return the day of the reader's calendar on which an item begins, if it has one."""
    times = shown_times(view.fields)
    if times is None:
        return None
    start = times.start
    if isinstance(start, datetime):
        start = start.astimezone(ZoneInfo(current_login().user.time_zone)).date()
    return start if start.year < LAST_YEAR else None


def calendar_url(view: ItemView) -> str | None:
    """Return where the reader sees an item in a calendar, if there is such a place."""
    day = find_day(view)
    if day is None:
        return None
    address = url_for("home.show", view="day", day=day.isoformat())
    if who().user_id in view.assignees:
        return address
    if current_login().user.role is Role.MEMBER or not view.assignees:
        return None
    return url_for("home.show", view="day", day=day.isoformat(), person=view.assignees[0])


def _list_times(fields: ItemFields, zone: ZoneInfo) -> Iterator[Line]:
    if fields.times is not None or fields.kind is not Kind.TASK:
        yield Line(str(FIELD_WORDS["times"]), say_times(fields.times, zone))
    if isinstance(fields.times, Timed) and is_elsewhere(fields.times, zone):
        own = fields.times.zone
        yield Line(_("In %(zone)s", zone=own), say_times(fields.times, get_zone(own)))


def _list_fields(fields: ItemFields, offer: Offer, zone: ZoneInfo) -> Iterator[Line]:
    names, own = offer.name_ids(zone), OWN_FIELDS[fields.kind]
    for name, label in FIELD_WORDS.items():
        value = dump_field(name, getattr(fields, name)) if name != "times" else None
        if name in _NEVER_SHOWN or name not in {*own, *_COMMON} or value in (None, ""):
            continue
        if name == "status" and fields.kind in (Kind.APPOINTMENT, Kind.CRM_ACTIVITY):
            continue
        is_ticket = name == "ticket_id"
        url = url_for("tickets.show", ticket_id=value) if is_ticket else None
        yield Line(str(label), describe_field(name, value, names), url)


def _list_changes(
    change: ItemChange, whole: ItemFields, offer: Offer, zone: ZoneInfo
) -> Iterator[tuple[str, str, str]]:
    if change.action != "changed":
        return
    names = offer.name_ids(zone)
    for name, label in FIELD_WORDS.items():
        if name in change.before or name in change.after:
            values = (change.before.get(name), change.after.get(name))
            before, after = (describe_field(name, value, names, whole) for value in values)
            yield str(label), before, after
    if "assignees" in change.before or "assignees" in change.after:
        before, after = (
            _say_people(side.get("assignees"), offer) for side in (change.before, change.after)
        )
        yield _("People"), before, after


def _say_people(user_ids: Any, offer: Offer) -> str:
    return join_list(offer.name_people(user_ids or [])) or _("None")


def _note(change: ItemChange) -> str:
    """Return which occurrences a change was for, if it was not for all."""
    about = change.after
    if "removed" in about:
        return _("Without the one of %(day)s", day=str(about["removed"])[:10])
    if "occurrence" in about:
        return _("Only the one of %(day)s", day=str(about["occurrence"])[:10])
    if "split" in about:
        return _("Ends before the one of %(day)s", day=str(about["split"])[:10])
    return ""
