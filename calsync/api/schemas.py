"""What the bodies of the API hold, as its description tells it."""

from typing import Any

from marshmallow import fields, validate

from calsync.api.fields import (
    CODES,
    Choice,
    Day,
    Fact,
    Moment,
    Text,
    Whole,
)
from calsync.api.parsing import Strict
from calsync.core.item import (
    EARLIEST_REMINDER,
    LONGEST_DESCRIPTION,
    LONGEST_LINE,
    LONGEST_SUBJECT,
    ActivityType,
    ItemStatus,
    Kind,
    Priority,
)
from calsync.core.ticket import TicketStatus
from calsync.db.models import Role
from calsync.services.tickets import LONGEST_TITLE

_MOST_ASSIGNEES = 100
_LONGEST_RULE = 1_000
LONGEST_ID = 64


def about(text: str) -> dict[str, str]:
    """Return what describes a field."""
    return {"description": text}


_STAMP = about("Of two changes in a tenant, the one that can be seen later has the later time.")


def _reference(text: str, **more: Any) -> Text:
    return Text(most=LONGEST_ID, allow_none=True, metadata=about(text), **more)


class ItemIn(Strict):
    """An item to be made, or to be put in place of another."""

    kind = Choice(Kind, required=True, metadata=about("Never changes."))
    subject = Text(
        most=LONGEST_SUBJECT,
        metadata=about("Required, but for a service call, which has its ticket's."),
    )
    description = Text(most=LONGEST_DESCRIPTION)
    location = Text(most=LONGEST_LINE)
    start = Moment(metadata=about("RFC 3339 with offset; a date if all day."))
    end = Moment(metadata=about("As start; of an all-day item the day after its last."))
    all_day = Fact()
    time_zone = Text(
        most=64,
        least=1,
        metadata=about("Where it was made, such as Europe/London; else the user's."),
    )
    private = Fact(metadata=about("Others see when it is, and nothing else."))
    busy = Fact(metadata=about("Appointments only."))
    status = Choice(ItemStatus)
    external_id = Text(most=200, least=1, allow_none=True, metadata=about("Your own id for it."))
    assignees = fields.List(
        Text(most=LONGEST_ID),
        validate=validate.Length(max=_MOST_ASSIGNEES, error="too_long"),
        error_messages=CODES,
        metadata=about("Ids of users, on whose calendars it stands; else the token's user."),
    )
    ticket = _reference("Service calls only: the id of the ticket, required.")
    rule = Text(
        most=_LONGEST_RULE,
        least=1,
        allow_none=True,
        metadata=about("Appointments only: an RRULE value, such as FREQ=WEEKLY;COUNT=5."),
    )
    reminder_minutes = Whole(
        least=0, most=EARLIEST_REMINDER, allow_none=True, metadata=about("Appointments only.")
    )
    priority = Choice(Priority, metadata=about("Tasks only."))
    percent_done = Whole(least=0, most=100, metadata=about("Tasks only."))
    due_on = Day(allow_none=True, metadata=about("Tasks only."))
    project = Text(most=LONGEST_LINE, metadata=about("Tasks only."))
    activity_type = Choice(ActivityType, metadata=about("CRM activities only."))
    client = _reference("CRM activities: the id of a client. A service call has its ticket's.")
    contact = _reference("CRM activities only: the id of a contact.")
    outcome = Text(most=LONGEST_DESCRIPTION, metadata=about("CRM activities only."))
    site = Text(most=LONGEST_LINE, metadata=about("Service calls only."))


class ItemPatch(ItemIn):
    """The fields of an item that shall be others."""


class ItemException(Strict):
    """What was done by hand to one occurrence of a series."""

    key = fields.String(required=True, metadata=about("Names the occurrence."))
    removed = fields.Boolean(required=True)
    changes = fields.Dict(
        required=True,
        metadata=about("The fields that it has for itself, called as those of the item."),
    )


class Item(ItemIn):
    """An item as it is."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, metadata=about("Also the ETag."))
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True, metadata=_STAMP)
    deleted = fields.Boolean(
        required=True,
        metadata=about("It is in the bin, or, in a list of changes, not yours to see any more."),
    )
    exceptions = fields.List(
        fields.Nested(ItemException),
        required=True,
        metadata=about("Of a series: the occurrences that were changed or removed by hand."),
    )


class Occurrence(ItemIn):
    """One occurrence of a series, with what it has for itself."""

    key = fields.String(
        required=True, metadata=about("Its start as the rule has it; stays when it is moved.")
    )
    item = fields.String(required=True, metadata=about("The id of the series."))
    version = fields.Integer(required=True, metadata=about("The series'; also the ETag."))
    changed = fields.List(
        fields.String(), required=True, metadata=about("The fields that it has for itself.")
    )


class OccurrenceList(Strict):
    """What takes place in a range, the earliest first."""

    occurrences = fields.List(fields.Nested(Occurrence), required=True)


class TicketIn(Strict):
    """A ticket to be made."""

    title = Text(most=LONGEST_TITLE, least=1, required=True)
    client = _reference("The id of a client.")
    status = Choice(TicketStatus)
    priority = Choice(Priority)
    external_id = Text(most=200, least=1, allow_none=True, metadata=about("Your own id for it."))


class TicketPatch(TicketIn):
    """The fields of a ticket that shall be others."""


class Ticket(TicketIn):
    """A ticket as it is."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    reference = fields.String(required=True, metadata=about("What people call it."))
    version = fields.Integer(required=True, metadata=about("Also the ETag."))
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True, metadata=_STAMP)
    deleted = fields.Boolean(required=True)


class ClientIn(Strict):
    """A client to be made."""

    name = Text(most=200, least=1, required=True)
    external_id = Text(most=200, least=1, allow_none=True, metadata=about("Your own id for it."))


class ClientPatch(ClientIn):
    """The fields of a client that shall be others."""


class Client(ClientIn):
    """A client as it is."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, metadata=about("Also the ETag."))


class ContactIn(Strict):
    """A contact to be made."""

    name = Text(most=200, least=1, required=True)
    client = Text(most=LONGEST_ID, required=True, metadata=about("The id of a client."))
    external_id = Text(most=200, least=1, allow_none=True, metadata=about("Your own id for it."))


class ContactPatch(ContactIn):
    """The fields of a contact that shall be others."""


class Contact(ContactIn):
    """A contact as it is."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, metadata=about("Also the ETag."))


class User(Strict):
    """A person of the tenant."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    time_zone = fields.String(required=True)


class Page(Strict):
    """Some rows, and how to get what follows."""

    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata=about("Send it as cursor to get what follows; null at the end."),
    )


class _ChangesPage(Page):
    resume_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata=about(
            "With updated_since: keep it, and send it as cursor later, to get what was changed "
            "after all of this. Null where nothing was found yet."
        ),
    )


class ItemPage(_ChangesPage):
    """Some items, those that were changed longest ago first."""

    items = fields.List(fields.Nested(Item), required=True)


class TicketPage(_ChangesPage):
    """Some tickets, those that were changed longest ago first."""

    tickets = fields.List(fields.Nested(Ticket), required=True)


class ClientPage(Page):
    """Some clients."""

    clients = fields.List(fields.Nested(Client), required=True)


class ContactPage(Page):
    """Some contacts."""

    contacts = fields.List(fields.Nested(Contact), required=True)


class UserPage(Page):
    """Some users."""

    users = fields.List(fields.Nested(User), required=True)


class ProblemError(Strict):
    """What is wrong with one field."""

    field = fields.String(
        required=True,
        metadata=about("A JSON pointer into the body, or ?name for a field of the query."),
    )
    code = fields.String(required=True)
    detail = fields.String(required=True)


class Problem(Strict):
    """What is wrong (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    request_id = fields.String(required=True, metadata=about("Stands in the log, too."))
    detail = fields.String()
    errors = fields.List(fields.Nested(ProblemError))
