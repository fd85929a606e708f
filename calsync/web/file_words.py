"""The words for what could not be read of a calendar file."""

from calsync.services.ics_lines import MOST_ENTRIES
from calsync.web.i18n import _


def describe_refusal(code: str) -> str:
    """Return why a file was not read at all, and what to do."""
    words = {
        "too_large": _("The file is larger than 2 MB. Export a shorter time and try again"),
        "too_many": _(
            "The file has more than %(count)d entries. Export a shorter time and try again",
            count=MOST_ENTRIES,
        ),
        "not_utf8": _("The file is not written in UTF-8. Export it again from your calendar"),
        "no_calendar": _("That is not a calendar file. Choose one whose name ends in .ics"),
    }
    return words.get(code, _("The file is damaged. Export it again from your calendar"))


def describe_problem(code: str) -> str:
    """Return why one entry of a file could not be read."""
    words = {
        "other_component": _("only events and tasks can be imported"),
        "todo_repeats": _("it is a task that repeats, which cannot be kept"),
        "no_occurrence": _("it changes a day on which its event does not take place"),
        "start.missing": _("it has no start"),
        "start.out_of_range": _("it lies too far in the past or the future"),
        "end.out_of_range": _("it lies too far in the past or the future"),
        "end.before_start": _("it ends before it starts"),
        "end.too_far": _("it is longer than a year"),
        "zone.unknown": _("its time zone is not known"),
        "extra_dates": _("it repeats on extra dates, which cannot be kept"),
        "no_series": _("it changes a repeating event that is not in the file"),
        "rule.too_many": _("it repeats too often"),
        "rule.never_occurs": _("it never takes place"),
        "rule.unsupported": _("it repeats in a way that cannot be kept"),
    }
    if code in words:
        return words[code]
    if code.startswith("rule."):
        return _("its rule for repeating is not right")
    return _("a text in it is too long") if code.endswith("too_long") else _("it is damaged")


def describe_lost(name: str, text: str) -> str:
    """Return a line that says what a field stood for where the file was written."""
    words = {
        "ticket_id": _("Ticket: %(name)s", name=text),
        "client_id": _("Client: %(name)s", name=text),
        "contact_id": _("Contact: %(name)s", name=text),
        "site": _("Site: %(name)s", name=text),
    }
    return words[name]
