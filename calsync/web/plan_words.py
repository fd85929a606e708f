"""The words for a plan: what would be done where, to what, and why not the rest."""

from collections.abc import Collection, Mapping
from typing import Any

from calsync.core.content import Part
from calsync.core.item_record import load_times
from calsync.core.plan import Direction, Head, Tick, find_changed
from calsync.db.models import PlannedAction, StoredPlan
from calsync.services.draft_views import DraftView
from calsync.web.i18n import _, _l, _n
from calsync.web.sync_words import PART_WORDS
from calsync.web.ticket_calls import describe_times
from calsync.web.words import LONGEST_NAME, service_name

HEAD_WORDS = {
    Head.CREATE: _l("to create"),
    Head.UPDATE: _l("to update"),
    Head.DELETE: _l("to delete"),
    Head.SKIPPED: _l("skipped"),
}


def name_place(view: DraftView, direction: Direction) -> str:
    """Return what users call the place where something is done."""
    if direction is Direction.IN:
        return _("My Calendar")
    live, answers = view.live, view.answers
    is_former = direction is Direction.FORMER and live is not None
    calendar_id = live.calendar_id if is_former and live else answers.calendar_id
    return view.name_calendar(calendar_id)[:LONGEST_NAME] or _("the linked calendar")


def say_head(head: Head, number: int) -> str:
    """Return what a list of lines under one head is of."""
    match head:
        case Head.CREATE:
            return _n("%(num)d item to create", "%(num)d items to create", number)
        case Head.UPDATE:
            return _n("%(num)d item to update", "%(num)d items to update", number)
        case Head.DELETE:
            return _n("%(num)d item to delete", "%(num)d items to delete", number)
        case Head.SKIPPED:
            return _n("%(num)d skipped", "%(num)d skipped", number)


def say_tick(tick: Tick, view: DraftView) -> str:
    """Return what the user confirms."""
    place = name_place(view, tick.direction)
    return _n(
        "Delete %(num)d item from %(place)s",
        "Delete %(num)d items from %(place)s",
        tick.number,
        place=place,
    )


def say_unticked(tick: Tick) -> str:
    """Return what is wrong where the user did not."""
    return _n(
        "Tick the box to confirm that %(num)d item will be deleted",
        "Tick the box to confirm that %(num)d items will be deleted",
        tick.number,
    )


def say_outrun() -> str:
    """Return what is wrong with a number that was ticked before a sync ran."""
    return _("A sync has run since these numbers were worked out. Look at them again.")


def say_guests(plan: StoredPlan, view: DraftView) -> str:
    """Return who is told of it by others than us."""
    if not plan.guests:
        return _("No one will be e-mailed.")
    return _n(
        "%(num)d person may get an e-mail from %(service)s.",
        "%(num)d people may get an e-mail from %(service)s.",
        plan.guests,
        service=service_name(view.service),
    )


def say_when(times: Mapping[str, Any] | None, zone: str) -> str:
    """Return when something takes place; nothing where it has no time."""
    return describe_times(load_times(times), zone) if times else ""


def say_title(action: PlannedAction, hidden: Collection[str]) -> str:
    """Return what it is about, as far as the reader may know."""
    return _("Busy") if action.item_id in hidden else action.title


def say_changes(action: PlannedAction, zone: str, hidden: Collection[str]) -> list[str]:
    """Return what an update changes, each part as it was and as it would be."""
    if action.head is not Head.UPDATE or action.item_id in hidden:
        return []
    changed = find_changed(action.direction, action.before, action.after)
    return [_say_change(Part(part), *values, zone) for part, values in changed.items()]


def _say_change(part: Part, old: Any, new: Any, zone: str) -> str:
    values = {"before": _say_value(part, old, zone), "after": _say_value(part, new, zone)}
    return _("%(part)s: %(before)s → %(after)s", part=PART_WORDS[part], **values)


def _say_value(part: Part, value: Any, zone: str) -> str:
    match part:
        case Part.TIMES:
            return say_when(value, zone) or _("Nothing")
        case Part.PRIVATE:
            return _("Yes") if value else _("No")
        case Part.FREE:
            return _("Free") if value else _("Busy")
        case _:
            text = " ".join(str(value or "").split())
            return text[:LONGEST_NAME] or _("Nothing")
