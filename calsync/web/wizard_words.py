"""The words of the wizard: its tabs, choices, and what is wrong with an answer."""

from calsync.core.answers import Fault, Fitness, Step
from calsync.core.integration import Refusal
from calsync.core.item import Kind
from calsync.core.pair import Policy
from calsync.core.window import FutureRange, PastRange
from calsync.web.i18n import _l

STEP_WORDS = {
    Step.LINKED_CALENDAR: _l("Linked calendar"),
    Step.YOUR_CALENDAR: _l("Your Calendar"),
    Step.OPTIONS: _l("Sync Options"),
    Step.CONFIRMATION: _l("Confirmation"),
}
HEADINGS = {
    Step.LINKED_CALENDAR: _l("Which calendar should we link?"),
    Step.YOUR_CALENDAR: _l("Which kinds of items should we send?"),
    Step.OPTIONS: _l("What about the items that are there already?"),
    Step.CONFIRMATION: _l("Check your answers"),
}
#: The error of each fault, and the element that it leads to.
FAULT_WORDS = {
    Fault.NO_CALENDAR: (_l("Choose the calendar to link"), "calendar_id"),
    Fault.READ_ONLY: (
        _l("That calendar is read only. Choose one you can change"),
        "calendar_id",
    ),
    Fault.ALREADY_LINKED: (
        _l("That calendar is already linked. Choose another one"),
        "calendar_id",
    ),
    Fault.CALENDAR_GONE: (
        _l("The calendar you chose is not there any more. Choose another one"),
        "calendar_id",
    ),
    Fault.NOTHING_FLOWS: (
        _l("Choose at least one kind of item to send, or go back and choose changes to bring in"),
        "kinds-0",
    ),
    Fault.NO_RANGE: (
        _l(
            "Choose how far back or how far ahead to go, or choose Leave existing items where "
            "they are"
        ),
        "retrieves-1",
    ),
    Fault.NOTHING_TO_SEND: (
        _l(
            "Go back and choose at least one kind of item to send, or choose Send only new items "
            "from now on"
        ),
        "sends-0",
    ),
}
#: Where to put right what was refused as it was finished; else it is looked at once more.
TAB_OF_REFUSAL = {
    Refusal.ALREADY_LINKED: Step.LINKED_CALENDAR,
    Refusal.READ_ONLY: Step.LINKED_CALENDAR,
    Refusal.CALENDAR_GONE: Step.LINKED_CALENDAR,
    Refusal.NOTHING_FLOWS: Step.YOUR_CALENDAR,
    Refusal.NOTHING_TO_SEND: Step.OPTIONS,
}
FITNESS_WORDS = {
    Fitness.READ_ONLY: _l("%(name)s (read only)"),
    Fitness.LINKED: _l("%(name)s (already linked)"),
}
TAKE_WORDS = {"create": _l("Create"), "update": _l("Update"), "delete": _l("Delete")}
TAKE_HINTS = {
    "create": _l("New events there appear on My Calendar as appointments."),
    "update": _l("What is changed there is changed here."),
    "delete": _l(
        "What is deleted there is taken away here: appointments and todos go to the bin, CRM "
        "activities are cancelled, tasks lose their time, and you are taken off service calls."
    ),
}
#: In the order of the product's documents.
KIND_NAMES = {
    Kind.APPOINTMENT: _l("Appointments"),
    Kind.CRM_ACTIVITY: _l("CRM Activities"),
    Kind.SERVICE_CALL: _l("Service Calls"),
    Kind.TASK: _l("Tasks"),
    Kind.TODO: _l("Todos"),
}
#: What each kind accepts back (docs/sync.md 3).
KIND_HINTS = {
    Kind.APPOINTMENT: _l(
        "In the linked calendar you can change the title, time, place and text of an appointment, "
        "and whether it is private or free time."
    ),
    Kind.CRM_ACTIVITY: _l(
        "In the linked calendar you can change the title, time, place and text of a CRM activity."
    ),
    Kind.SERVICE_CALL: _l(
        "In the linked calendar you can change the time of a service call, nothing else."
    ),
    Kind.TASK: _l("In the linked calendar you can change the time and text of a task."),
    Kind.TODO: _l("In the linked calendar you can change the title, time and text of a todo."),
}
PAST_WORDS = {
    PastRange.NONE: _l("None"),
    PastRange.ONE_WEEK: _l("1 week"),
    PastRange.TWO_WEEKS: _l("2 weeks"),
    PastRange.ONE_MONTH: _l("1 month"),
    PastRange.SIX_WEEKS: _l("6 weeks"),
}
FUTURE_WORDS = {
    FutureRange.NONE: _l("None"),
    FutureRange.ONE_WEEK: _l("1 week"),
    FutureRange.TWO_WEEKS: _l("2 weeks"),
    FutureRange.ONE_MONTH: _l("1 month"),
    FutureRange.THREE_MONTHS: _l("3 months"),
    FutureRange.SIX_MONTHS: _l("6 months"),
}
POLICY_WORDS = {
    Policy.NEWEST: _l("The newest edit wins"),
    Policy.MINE: _l("My Calendar wins"),
    Policy.THEIRS: _l("The linked calendar wins"),
}
