"""What a request about an item says: which one, which of many, which version, for whom."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from calsync.core.item import FIRST_YEAR, LAST_YEAR, Kind
from calsync.core.permission import Right
from calsync.core.wall_clock import wall_of
from calsync.core.whole_number import read_whole_number
from calsync.errors import NotAllowed, NotThere
from calsync.services.item_access import ItemView
from calsync.services.items import Scope
from calsync.web.choices import find_choice
from calsync.web.current import current_login, tools
from calsync.web.i18n import _
from calsync.web.item_choices import Offer, load_offer, may_choose_people
from calsync.web.item_edits import Edited, find_edited
from calsync.web.item_form import DEFAULTS, ItemForm, TimesForm
from calsync.web.time_fields import complain, read_text

#: What is longer than this is no part of a ticket's title.
LONGEST_SEARCH = 200
_HOUR = timedelta(hours=1)


def reader_zone() -> ZoneInfo:
    """Return the zone of whoever asks."""
    return ZoneInfo(current_login().user.time_zone)


def read_key() -> str:
    """Return which one of many is meant, in the address or in the form."""
    return request.args.get("key") or request.form.get("key") or ""


def find_for(item_id: str, right: Right) -> Edited:
    """Return the item to be changed. Raises NotThere or NotAllowed."""
    edited = find_edited(item_id, read_key())
    if right not in edited.shown.rights:
        raise NotAllowed
    return edited


def read_scope(form: TimesForm, edited: Edited) -> Scope:
    """Return which of many are meant: all, where the page shows no single one."""
    if not edited.is_one_of_many:
        return Scope.ALL
    scope = find_choice(Scope, form.scope.data)
    if scope is None:
        complain(form, "scope", _("Choose which ones"))
    return scope or Scope.THIS


def read_version(form: TimesForm) -> int:
    """Return the version that the form was made from; what is none is no present one."""
    version = read_whole_number(read_text(form, "version"))
    return -1 if version is None else version


def read_people(form: ItemForm, kind: Kind, offer: Offer, view: ItemView) -> list[str] | None:
    """Return on whose calendar the item is to be; None leaves that.

    Those who have left are not in the list, and stay.
    """
    if not may_choose_people(kind):
        return None
    known = {user.id for user in offer.people}
    return [*(form.assignees.data or []), *(one for one in view.assignees if one not in known)]


def load_offer_for(form: ItemForm) -> Offer:
    """Return what there is to choose from, with the ticket of the form if there is such a one."""
    text = read_text(form, "find_ticket")[:LONGEST_SEARCH]
    try:
        return load_offer(read_text(form, "ticket_id"), text=text)
    except NotThere:
        return load_offer(text=text)


def is_only_shown(form: ItemForm) -> bool:
    """Tell whether the form is sent to be shown anew: for another kind, or with other tickets.

    Whoever types what to find and presses the Enter key wants to find it, and not to save.
    """
    if request.form.get("step") == "kind":
        return True
    sought = request.form.get("sought")
    return sought is not None and read_text(form, "find_ticket") != sought


def begin_item(person: str) -> dict[str, Any]:
    """Return what a new form begins with: what the address says, else an hour from now on."""
    kind = find_choice(Kind, request.args.get("kind")) or Kind.APPOINTMENT
    zone = reader_zone()
    next_hour = wall_of(tools().clock.now() + _HOUR, zone).replace(minute=0, second=0)
    day = _read_day(request.args.get("date", "")) or next_hour.date()
    clock = _read_clock(request.args.get("time", ""))
    begun: dict[str, Any] = {
        **DEFAULTS,
        "kind": kind.value,
        "date": day.isoformat(),
        "time_zone": zone.key,
        "ticket_id": request.args.get("ticket", ""),
        "assignees": [person],
    }
    if kind not in (Kind.TODO, Kind.TASK):
        clock = clock or next_hour.time()
    if clock:
        end = datetime.combine(day, clock) + _HOUR
        begun |= {"time": f"{clock:%H:%M}", "end_time": f"{end:%H:%M}"}
        begun["end_date"] = end.date().isoformat()
    return begun


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _read_clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None
