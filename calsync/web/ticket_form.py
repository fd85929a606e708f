"""The form of a ticket."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.widgets import HiddenInput

from calsync.core.item import Fault, Priority, UnfitItem
from calsync.core.ticket import TicketStatus
from calsync.errors import AlreadyThere
from calsync.services.clients import create_client
from calsync.services.tickets import LONGEST_TITLE, TicketFields, list_clients_of
from calsync.web.current import may_change_clients, tools, who
from calsync.web.i18n import _, _l
from calsync.web.ticket_words import name_priority, name_ticket_status

LONGEST_CLIENT = 200


class TicketForm(FlaskForm):
    """Everything that a person can set of a ticket."""

    title = StringField(_l("Title"))
    client = SelectField(_l("Client"), validate_choice=False, default="")
    new_client = StringField(_l("Or the name of a new client"))
    status = SelectField(_l("Status"), validate_choice=False, default=TicketStatus.NEW.value)
    priority = SelectField(_l("Priority"), validate_choice=False, default=Priority.NORMAL.value)
    #: The version that whoever fills the form in has read.
    version = IntegerField(widget=HiddenInput())

    def validate(self, extra_validators: Any = None) -> bool:
        """Tell whether this can be a ticket; what is wrong stands at the fields."""
        super().validate(extra_validators)
        if not (self.title.data or "").strip():
            self.title.errors = [_("Enter a title")]
        elif len(self.title.data) > LONGEST_TITLE:
            self._complain_of_length(self.title, LONGEST_TITLE)
        if self.new_client and len((self.new_client.data or "").strip()) > LONGEST_CLIENT:
            self._complain_of_length(self.new_client, LONGEST_CLIENT)
        if self.status.data not in set(TicketStatus):
            self.status.errors = [_("Choose a status from the list")]
        if self.priority.data not in set(Priority):
            self.priority.errors = [_("Choose a priority from the list")]
        return not self.errors

    def read(self, external_id: str | None = None) -> TicketFields:
        """Return the ticket that was filled in."""
        return TicketFields(
            title=self.title.data,
            client_id=self.client.data or None,
            status=TicketStatus(self.status.data),
            priority=Priority(self.priority.data),
            external_id=external_id,
        )

    def show_faults(self, faults: Iterable[Fault]) -> None:
        """Put what the service found wrong at the fields."""
        for fault in faults:
            if fault.field == "client_id":
                self.client.errors = [_("Choose a client from the list")]
            else:
                self.title.errors = [_("Enter another title")]

    def show_newer(self, version: int) -> None:
        """Say that the ticket was changed meanwhile; sent again, this form is the newest."""
        self.version.process_data(version)
        self.version.raw_data = None  # else the form would show what was sent
        self.title.errors = [
            _("Somebody changed this ticket meanwhile. Check what is here and save again")
        ]

    def _complain_of_length(self, field: Any, longest: int) -> None:
        field.errors = [_("Use at most %(count)d characters", count=longest)]


def list_client_choices(form: TicketForm) -> None:
    """Let the form offer the tenant's clients, and none."""
    form.client.choices = [
        SelectChoice("", _("No client")),
        *(SelectChoice(client.id, client.name) for client in list_clients_of(tools(), who())),
    ]
    if not may_change_clients():
        del form.new_client
    form.status.choices = [
        SelectChoice(each.value, name_ticket_status(each)) for each in TicketStatus
    ]
    form.priority.choices = [SelectChoice(each.value, name_priority(each)) for each in Priority]


def find_or_create_client(form: TicketForm) -> bool:
    """Choose the client whose name was typed, making it where there is none; tell if it went."""
    name = (form.new_client.data or "").strip() if "new_client" in form else ""
    if not name:
        return True
    known = {client.name.casefold(): client.id for client in list_clients_of(tools(), who())}
    try:
        form.client.data = known.get(name.casefold()) or create_client(tools(), who(), name)
    except (UnfitItem, AlreadyThere):
        form.new_client.errors = [_("Choose this client from the list")]
        return False
    form.new_client.data = ""
    return True
