"""The words for what is wrong with an item, and the fields of the form that they stand at."""

from calsync.core.item import Fault
from calsync.web.i18n import _l

_TOO_LONG = _l("Use fewer characters: at most %(limit)s")
_UNREADABLE = _l("Remove the characters that cannot be stored")
_OF_ALL = _l("Choose All: this cannot differ from one to the next")
_FOREIGN = _l("This kind of item has nothing of the sort")
_LINE, _TEXT = "1,000", "20,000"
_YEARS = _l("Choose a year from 1970 to 2200")

#: For each field and code that the core can give, what a person should do about it.
FAULT_WORDS: dict[tuple[str, str], str] = {
    ("subject", "missing"): _l("Enter a subject"),
    ("start", "missing"): _l("Enter a date"),
    ("start", "out_of_range"): _YEARS,
    ("end", "out_of_range"): _YEARS,
    ("end", "too_far"): _l("Choose an end that is at most a year after the start"),
    ("time_zone", "unknown"): _l("Choose a time zone from the list"),
    ("due_on", "out_of_range"): _YEARS,
    ("percent_done", "out_of_range"): _l("Enter a number from 0 to 100"),
    ("reminder_minutes", "out_of_range"): _l("Choose a reminder of at most four weeks ahead"),
    ("ticket_id", "missing"): _l("Choose a ticket"),
    ("ticket_id", "unknown"): _l("Choose a ticket from the list"),
    ("client_id", "unknown"): _l("Choose a client from the list"),
    ("contact_id", "unknown"): _l("Choose a contact from the list"),
    ("contact_id", "other_client"): _l("Choose a contact at the client that is chosen"),
    ("assignees", "missing"): _l("Choose at least one person"),
    ("assignees", "unknown"): _l("Choose people from the list"),
    ("assignees", "of_whole_series"): _OF_ALL,
    ("is_private", "of_whole_series"): _OF_ALL,
    ("external_id", "of_whole_series"): _OF_ALL,
    ("external_id", "taken"): _l("Another item has this id already"),
    ("scope", "rule_of_one"): _l(
        "Choose This and following, or All: one alone cannot repeat in another way"
    ),
    ("rule", "malformed"): _l("Choose how it repeats from the list"),
    ("rule", "unsupported"): _l("Choose to repeat by days, weeks, months or years"),
    ("rule", "out_of_range"): _l("Enter a number from 1 to 999"),
    ("rule", "combination"): _l("Choose another way to repeat: these do not go together"),
    ("rule", "until_before_start"): _l("Choose a last day that is not before the first"),
    ("rule", "never_occurs"): _l("Choose another way to repeat: there is no such day"),
    ("rule", "too_many"): _l("Choose at most 2,000 times, or no end"),
    ("rule", "unknown_zone"): _l("Choose a time zone from the list"),
    ("rule", "unknown_occurrence"): _l("Choose another one: this one is not there any more"),
    ("rule", "empty"): _l("Keep at least one, or delete all of them"),
    **{
        (field, code): words
        for code, words in (("too_long", _TOO_LONG), ("unreadable", _UNREADABLE))
        for field in (
            "subject",
            "description",
            "location",
            "project",
            "outcome",
            "site",
            "external_id",
        )
    },
    **{
        (field, "not_of_this_kind"): _FOREIGN
        for field in (
            "activity_type",
            "client_id",
            "contact_id",
            "due_on",
            "is_busy",
            "outcome",
            "percent_done",
            "priority",
            "project",
            "reminder_minutes",
            "rule",
            "site",
            "ticket_id",
        )
    },
}

_LIMITS = {"description": _TEXT, "outcome": _TEXT, "external_id": "200"}
#: Where the form calls a field otherwise, or has it in another place.
_FORM_FIELDS = {
    "start": "date",
    "end": "end_date",
    "rule": "repeats",
    "reminder_minutes": "reminder",
    "is_busy": "shown_as",
    "external_id": "subject",
}
_RULE_FIELDS = {
    "until_before_start": "until",
    "too_many": "ends",
    "out_of_range": "interval",
    "unknown_zone": "time_zone",
}


def describe_fault(fault: Fault) -> str:
    """Return what to do about a fault."""
    words = str(FAULT_WORDS[fault.field, str(fault.code)])
    if fault.code == "too_long":
        return words % {"limit": _LIMITS.get(fault.field, _LINE)}
    return words


def find_field(fault: Fault) -> str:
    """Return the field of the form at which a fault is shown."""
    if fault.field == "rule":
        return _RULE_FIELDS.get(str(fault.code), "repeats")
    return _FORM_FIELDS.get(fault.field, fault.field)
