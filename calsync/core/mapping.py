"""Between an entry and an event: what is sent of each kind, and what is taken back.

Both directions end in a ``Content``, so that the two sides can be compared; one round trip
may normalise, and the next changes nothing (docs/simulation.md, I11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from calsync.core.clockwork import is_zone
from calsync.core.content import ALL_PARTS, Content, Part, Parts
from calsync.core.entry import Entry
from calsync.core.event import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    NO_ZONE,
    AllDay,
    Event,
    EventDraft,
    EventStatus,
    Participation,
    Times,
)
from calsync.core.footer import item_url, text_room, with_footer, without_footer
from calsync.core.item import (
    LONGEST_DESCRIPTION,
    LONGEST_LINE,
    LONGEST_SUBJECT,
    ItemFields,
    Kind,
)
from calsync.core.past import started_at
from calsync.core.plain_text import clean_line, clean_text, cut_text

#: What an event without a title is called here, where everything has one.
UNTITLED = "(no title)"


#: Why an entry is not shown in a linked calendar: it stands on no day.
NO_DATE = "no_date"


@dataclass(frozen=True, slots=True)
class NotShown:
    """An entry that cannot be shown: it gets no copy, and loses the one it has."""

    reason: str


#: What of an event each kind takes over (docs/sync.md 3); the rest stays there as it was made.
ACCEPTED: Mapping[Kind, Parts] = {
    Kind.APPOINTMENT: ALL_PARTS,
    Kind.CRM_ACTIVITY: frozenset({Part.TITLE, Part.TIMES, Part.PLACE, Part.TEXT}),
    Kind.SERVICE_CALL: frozenset({Part.TIMES}),
    Kind.TASK: frozenset({Part.TIMES, Part.TEXT}),
    Kind.TODO: frozenset({Part.TITLE, Part.TIMES, Part.TEXT}),
}
_TEXTS = frozenset({Part.TITLE, Part.TEXT})
#: What no assignee decides for the others.
_OF_ONE_ASSIGNEE = frozenset({Part.PRIVATE, Part.FREE})


def shown_content(entry: Entry, base_url: str, *, is_copy: bool = True) -> Content | NotShown:
    """Return what a linked calendar shall show of an entry.

    A copy ends in a footer, which takes of its room and is not found in the item's text;
    the user's own event has none.
    """
    whole = entry.content
    if whole is None:
        return NotShown(NO_DATE)
    text = _fit_text(whole.text, entry, base_url) if is_copy else cut_text(whole.text, LONGEST_TEXT)
    return replace(whole, title=cut_text(whole.title, LONGEST_TITLE) or UNTITLED, text=text)


def accepted_parts(
    entry: Entry,
    base_url: str,
    *,
    is_copy: bool = True,
    shown: Content | NotShown | None = None,
) -> Parts:
    """Return which parts of the event are taken over when somebody changes them there.

    ``shown`` is what a copy shows, where that is known already.

    Never taken over is what a copy does not show as the item has it: a text that was cut, or
    free time where the item says busy. The user's own event shows what it was made to.
    """
    accepted = ACCEPTED[entry.kind]
    if entry.assignee_count > 1:
        accepted -= _OF_ONE_ASSIGNEE
    whole = entry.content
    if not is_copy or whole is None:
        return accepted
    shown = shown or shown_content(entry, base_url)
    if isinstance(shown, NotShown):
        return accepted
    if entry.is_free_by_nature:
        accepted -= {Part.FREE}
    return accepted - {part for part in _TEXTS if whole.get(part) != shown.get(part)}


def draft_of(
    entry: Entry, event_id: str, base_url: str, content: Content, *, creating: bool, now: datetime
) -> EventDraft:
    """Return the copy of an entry that shows ``content``, with its footer.

    Reminders are set when a copy is made and are the user's business from then on; what has
    begun is reminded of no more.
    """
    return EventDraft(
        event_id=event_id,
        title=content.title,
        times=content.times,
        text=with_footer(content.text, item_url(base_url, entry.item_id, entry.key)),
        place=content.place,
        private=content.private,
        free=content.free,
        reminders=_reminders(entry, content.times, now) if creating else None,
    )


def content_of_event(event: Event, base_url: str) -> Content | None:
    """Return what an event shows, without footers and no longer than an item could have it.

    None for a deleted event that has lost its times.
    """
    if event.times is None:
        return None
    text = clean_text(without_footer(clean_text(event.text), base_url))
    return Content(
        title=cut_text(clean_line(event.title), LONGEST_TITLE) or UNTITLED,
        times=event.times,
        place=cut_text(clean_line(event.place), LONGEST_LINE),
        text=cut_text(text, LONGEST_DESCRIPTION),
        private=event.private,
        free=_is_free(event),
    )


def is_off(event: Event) -> bool:
    """Tell whether an event does not take place, or not for the user, who declined it."""
    is_declined = event.participation_status is Participation.DECLINED
    return is_declined or event.status is EventStatus.CANCELLED


def item_changes(fields: ItemFields, parts: Parts, content: Content) -> ItemFields:
    """Return what an item becomes by taking over these parts, as far as its kind does.

    Moving a task or todo schedules it; a due date stays. Times may still be none that an
    item can have: ``find_faults`` tells.
    """
    values: dict[str, Any] = {}
    for part in parts & ACCEPTED[fields.kind]:
        values |= _fields_of_part(part, fields, content)
    return replace(fields, **values)


def item_of_event(event: Event, zone: str, base_url: str) -> ItemFields | None:
    """Return the appointment that an event of the user's own becomes; ``zone`` is the user's.

    None for a deleted event that has lost its times. As with ``item_changes``,
    ``find_faults`` tells whether there can be such an item.
    """
    content = content_of_event(event, base_url)
    if content is None:
        return None
    return item_changes(ItemFields(Kind.APPOINTMENT, time_zone=zone), ALL_PARTS, content)


def _is_free(event: Event) -> bool:
    if event.free is None:
        # Where nobody says, all-day is free, as Cronofy takes it (docs/cronofy-api.md 6.1).
        return is_off(event) or isinstance(event.times, AllDay)
    return is_off(event) or event.free


def _fit_text(text: str, entry: Entry, base_url: str) -> str:
    """Return as much of a text as there is room for, without what would be read as a footer."""
    room = text_room(item_url(base_url, entry.item_id, entry.key))
    own = without_footer(text, base_url).strip()
    # A line may be cut in such a way that only a link is left of it.
    return without_footer(cut_text(own, room), base_url).strip()


def _reminders(entry: Entry, times: Times, now: datetime) -> tuple[int, ...]:
    minutes = entry.reminder_minutes
    has_begun = started_at(times, entry.fields.time_zone) <= now
    return () if minutes is None or has_begun else (minutes,)


def _fields_of_part(part: Part, fields: ItemFields, content: Content) -> dict[str, Any]:
    match part:
        case Part.TITLE:
            return {"subject": cut_text(content.title, LONGEST_SUBJECT)}
        case Part.TIMES:
            return _fields_of_times(fields, content.times)
        case Part.PLACE:
            return {"location": cut_text(content.place, LONGEST_LINE)}
        case Part.TEXT:
            return {"description": cut_text(content.text, LONGEST_DESCRIPTION)}
        case Part.PRIVATE:
            return {"is_private": content.private}
        case Part.FREE:
            return {"is_busy": not content.free}


def _fields_of_times(fields: ItemFields, times: Times) -> dict[str, Any]:
    """Return times in the zone that the event says, or in the item's where it says none.

    An occurrence stays in the zone of its series.
    """
    if isinstance(times, AllDay):
        return {"times": times}
    is_told = fields.rule is None and times.zone != NO_ZONE and is_zone(times.zone)
    zone = times.zone if is_told else fields.time_zone
    return {"times": replace(times, zone=zone), "time_zone": zone}
