"""The form of an item: one for all five kinds, of which each shows its own fields."""

from collections.abc import Iterable, Iterator, Sequence

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from calsync.core.item import ActivityType, ItemFields, Kind
from calsync.core.rule import Frequency
from calsync.web.choices import find_choice
from calsync.web.i18n import _l
from calsync.web.item_words import (
    ACTIVITY_WORDS,
    PRIORITY_WORDS,
    REMINDERS,
    STATUS_WORDS,
    say_reminder,
)
from calsync.web.kinds import KINDS, name_kind
from calsync.web.repeats import KEEP, NEVER, name_weekdays

Choice = tuple[str, str]

_WHEN = ("date", "time", "fold", "end_date", "end_time", "end_fold", "time_zone")
#: What stands above the times.
_ON_TOP = ("scope", "kind", "find_ticket", "ticket_id", "subject", "activity_type", "project",
           "due_on")  # fmt: skip
_EVERYWHERE = ("subject", "description", "assignees")
#: The fields that each kind shows besides, in no order; the template has that.
SHOWN: dict[Kind, frozenset[str]] = {
    Kind.APPOINTMENT: frozenset(
        (*_EVERYWHERE, *_WHEN, "all_day", "location", "is_private", "shown_as", "reminder",
         "repeats", "interval", "weekdays", "monthly", "ends", "count", "until")
    ),
    Kind.CRM_ACTIVITY: frozenset(
        (*_EVERYWHERE, *_WHEN, "all_day", "location", "is_private", "activity_type", "client_id",
         "contact_id", "outcome")
    ),
    Kind.SERVICE_CALL: frozenset(
        ("description", "assignees", *_WHEN, "all_day", "find_ticket", "ticket_id", "site",
         "status")
    ),
    Kind.TASK: frozenset(
        (*_EVERYWHERE, *_WHEN, "is_private", "project", "due_on", "priority", "percent_done")
    ),
    Kind.TODO: frozenset(
        (*_EVERYWHERE, "date", "time", "fold", "time_zone", "is_private", "done")
    ),
}  # fmt: skip


class Checkboxes(SelectMultipleField):
    """Several of a list, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _radios(label: str, choices: Sequence[Choice] = ()) -> RadioField:
    return RadioField(label, validate_choice=False, choices=_choices(choices))


def _select(label: str) -> SelectField:
    return SelectField(label, validate_choice=False, choices=[])


def _choices(choices: Iterable[Choice]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in choices]


_FOLDS = (
    ("first", _l("The first, before the clocks go back")),
    ("second", _l("The second, after the clocks have gone back")),
)


class TimesForm(FlaskForm):
    """When something is, on the clocks of a zone; an end of whole days is the last of them."""

    date = StringField(_l("Date"))
    time = StringField(_l("Time"))
    fold = _radios(_l("Which of the two times?"), _FOLDS)
    end_date = StringField(_l("End date"))
    end_time = StringField(_l("End time"))
    end_fold = _radios(_l("Which of the two times does it end at?"), _FOLDS)
    version = HiddenField()
    scope = _radios(
        _l("Change which?"),
        (
            ("this", _l("This one")),
            ("following", _l("This and following")),
            ("all", _l("All")),
        ),
    )
    key = HiddenField()
    next = HiddenField()


class MoveForm(TimesForm):
    """Another date and time; ``zone`` is whose clocks they are on, if not the reader's."""

    zone = HiddenField()


class ItemForm(TimesForm):
    """Everything a person can set of an item."""

    kind = _radios(_l("Kind"))
    subject = StringField(_l("Subject"))
    find_ticket = StringField(_l("Find a ticket"))
    ticket_id = _select(_l("Ticket"))
    activity_type = _radios(_l("Done by"), tuple(ACTIVITY_WORDS.items()))
    client_id = _select(_l("Client"))
    contact_id = _select(_l("Contact"))
    all_day = BooleanField(_l("All day"))
    time_zone = _select(_l("Time zone"))
    repeats = _select(_l("Repeats"))
    interval = StringField(_l("Every how many of these"))
    weekdays = Checkboxes(_l("On these days, if weekly"), validate_choice=False, choices=[])
    monthly = _radios(
        _l("On which day, if monthly or yearly"),
        (
            ("day", _l("The same day of the month")),
            ("nth", _l("The same weekday of the month, such as the second Tuesday")),
            ("last", _l("The last such weekday of the month")),
        ),
    )
    ends = _radios(
        _l("Ends"),
        (
            ("never", _l("Never")),
            ("count", _l("After a number of times")),
            ("until", _l("On a date")),
        ),
    )
    count = StringField(_l("How many times"))
    until = StringField(_l("Last day"))
    location = StringField(_l("Location"))
    site = StringField(_l("Site"))
    project = StringField(_l("Project"))
    due_on = StringField(_l("Due date"))
    priority = _select(_l("Priority"))
    percent_done = StringField(_l("Percent done"))
    status = _select(_l("Status"))
    done = BooleanField(_l("Done"))
    description = TextAreaField(_l("Description"))
    outcome = TextAreaField(_l("Outcome"))
    shown_as = _radios(_l("Show me as"), (("busy", _l("Busy")), ("free", _l("Free"))))
    reminder = _select(_l("Reminder"))
    is_private = BooleanField(_l("Private: others see only that you are busy"))
    assignees = Checkboxes(_l("On whose calendar"), validate_choice=False, choices=[])

    def __iter__(self) -> Iterator[Field]:
        """Yield the fields as they stand on the page, for the list of what is wrong."""
        return iter(sorted(super().__iter__(), key=lambda field: field.short_name not in _ON_TOP))

    @property
    def chosen_kind(self) -> Kind:
        """Give the kind, an appointment where none is chosen."""
        return find_choice(Kind, self.kind.data) or Kind.APPOINTMENT

    def shows(self, field: Field) -> bool:
        """Tell whether the chosen kind has a field, so that it is shown and read."""
        return field.short_name in SHOWN[self.chosen_kind]

    def list_kept(self) -> list[tuple[str, str]]:
        """Return what was typed into fields that this kind does not have, to be kept hidden."""
        every = frozenset().union(*SHOWN.values()) - SHOWN[self.chosen_kind]
        kept: list[tuple[str, str]] = []
        for name in sorted(every):
            values = self[name].data
            if isinstance(values, bool):
                values = ["y"] if values else []
            elif not isinstance(values, list):
                values = [values] if values else []
            kept += [(name, str(value)) for value in values]
        return kept


def offer_choices(
    form: ItemForm,
    *,
    zones: Sequence[str],
    tickets: Sequence[Choice],
    clients: Sequence[Choice],
    contacts: Sequence[Choice],
    people: Sequence[Choice],
    before: ItemFields | None = None,
) -> None:
    """Give the lists what there is to choose from; ``before`` keeps what it had."""
    none = ("", _l("None"))
    form.kind.choices = _choices((kind, name_kind(kind)) for kind in KINDS)
    form.time_zone.choices = _choices((zone, zone) for zone in zones)
    form.ticket_id.choices = _choices([("", _l("Choose a ticket")), *tickets])
    form.client_id.choices = _choices([none, *clients])
    form.contact_id.choices = _choices([none, *contacts])
    form.assignees.choices = _choices(people)
    form.priority.choices = _choices(PRIORITY_WORDS.items())
    form.status.choices = _choices(STATUS_WORDS.items())
    minutes = sorted({*REMINDERS, *([before.reminder_minutes or 0] if before else [])})
    form.reminder.choices = _choices([none, *((str(m), say_reminder(m)) for m in minutes)])
    form.weekdays.choices = _choices((str(n), name) for n, name in enumerate(name_weekdays()))
    form.repeats.choices = _choices(
        [
            (NEVER, _l("Does not repeat")),
            *([(KEEP, _l("As it does now"))] if form.repeats.data == KEEP else []),
            (Frequency.DAILY.value, _l("Daily")),
            (Frequency.WEEKLY.value, _l("Weekly")),
            (Frequency.MONTHLY.value, _l("Monthly")),
            (Frequency.YEARLY.value, _l("Yearly")),
        ]
    )


#: What a new form begins with, where nothing else is said.
DEFAULTS = {
    "activity_type": ActivityType.CALL.value,
    "repeats": NEVER,
    "interval": "1",
    "monthly": "day",
    "ends": "never",
    "priority": "normal",
    "percent_done": "0",
    "status": "open",
    "shown_as": "busy",
    "reminder": "15",
    "scope": "this",
}
