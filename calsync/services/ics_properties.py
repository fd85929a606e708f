"""What iCalendar has no name for: properties of our own, which only calsync reads.

Others keep them or drop them, and show nothing of them. Ids are those of the tenant that
wrote the file; the names beside them are for whoever does not know the ids.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from icalendar import Event, Todo, vText

from calsync.core.item import OWN_FIELDS, ItemFields, Kind, Priority
from calsync.core.item_record import dump_field, load_field
from calsync.core.whole_number import read_whole_number

Entry = Event | Todo

KIND, STATUS, ZONE = "X-CALSYNC-KIND", "X-CALSYNC-STATUS", "X-CALSYNC-ZONE"
#: The fields that have a property of their own in an event. A task that is written as such
#: has the standard's names for some of them.
_BY_FIELD = {
    "activity_type": "X-CALSYNC-ACTIVITY",
    "client_id": "X-CALSYNC-CLIENT-ID",
    "contact_id": "X-CALSYNC-CONTACT-ID",
    "due_on": "X-CALSYNC-DUE",
    "outcome": "X-CALSYNC-OUTCOME",
    "percent_done": "X-CALSYNC-PERCENT",
    "project": "X-CALSYNC-PROJECT",
    "site": "X-CALSYNC-SITE",
    "ticket_id": "X-CALSYNC-TICKET-ID",
}
#: What the ids stand for, as people know it.
_NAMES = {
    "ticket_id": "X-CALSYNC-TICKET",
    "client_id": "X-CALSYNC-CLIENT",
    "contact_id": "X-CALSYNC-CONTACT",
}
_OF_A_TODO = ("due_on", "percent_done")
#: The standard has nine numbers, of which 1 to 4 are high and 6 to 9 are low.
PRIORITIES = {Priority.URGENT: 1, Priority.HIGH: 2, Priority.NORMAL: 5, Priority.LOW: 9}


def add_own(entry: Entry, fields: ItemFields, names: Mapping[str, str]) -> None:
    """Write what only the kind of the item has, as far as it is set."""
    entry.add(KIND, fields.kind.value)
    plain = ItemFields(fields.kind)
    for name in sorted(OWN_FIELDS[fields.kind] & _BY_FIELD.keys()):
        value = getattr(fields, name)
        if value == getattr(plain, name) or (isinstance(entry, Todo) and name in _OF_A_TODO):
            continue
        _add_text(entry, _BY_FIELD[name], str(dump_field(name, value)))
        if text := names.get(name):
            _add_text(entry, _NAMES[name], text)
    if fields.priority is not Priority.NORMAL:
        entry.add("priority", PRIORITIES[fields.priority])


def read_own(entry: Entry, kind: Kind) -> dict[str, Any]:
    """Return the fields that only this kind has; what nobody could mean is left out."""
    found: dict[str, Any] = {}
    for name in OWN_FIELDS[kind] & _BY_FIELD.keys():
        if text := text_of(entry, _BY_FIELD[name]):
            with suppress(ValueError):
                found[name] = int(text) if name == "percent_done" else load_field(name, text)
    if kind is Kind.TASK:
        found["priority"] = _read_priority(entry)
    return found


def read_names(entry: Entry) -> dict[str, str]:
    """Return what the ids in an entry stand for, as whoever wrote it knew it."""
    return {name: text for name, each in _NAMES.items() if (text := text_of(entry, each))}


def text_of(entry: Entry, name: str) -> str:
    """Return a text of an entry, empty where it has none; of several, the first."""
    value = entry.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def number_of(entry: Entry, name: str) -> int:
    """Return a whole number of an entry, or 0."""
    return read_whole_number(text_of(entry, name)) or 0


def clean(text: str) -> str:
    """Return a text without what the standard forbids in one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or (char >= " " and char != "\x7f"))


def _add_text(entry: Entry, name: str, text: str) -> None:
    # Without its type said, nobody could know how a text of ours is escaped.
    entry.add(name, vText(clean(text)), parameters={"VALUE": "TEXT"})


def _read_priority(entry: Entry) -> Priority:
    number = number_of(entry, "PRIORITY")
    # To others 1 is the most that there is; only we tell urgent from high.
    if number == PRIORITIES[Priority.URGENT] and text_of(entry, KIND):
        return Priority.URGENT
    if number in (0, 5):
        return Priority.NORMAL
    return Priority.HIGH if number < 5 else Priority.LOW
