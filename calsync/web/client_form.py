"""The form of a client, and of a contact."""

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.widgets import HiddenInput

from calsync.core.item import Fault
from calsync.services.clients import LONGEST_NAME
from calsync.web.i18n import _, _l


class NameForm(FlaskForm):
    """What somebody is called."""

    name = StringField(_l("Name"))
    #: The version that whoever fills the form in has read.
    version = IntegerField(widget=HiddenInput())

    def validate(self, extra_validators: Any = None) -> bool:
        """Tell whether this can be a name; what is wrong stands at the field."""
        super().validate(extra_validators)
        name = (self.name.data or "").strip()
        if not name:
            self.name.errors = [_("Enter a name")]
        elif len(name) > LONGEST_NAME:
            self.name.errors = [_("Use at most %(count)d characters", count=LONGEST_NAME)]
        return not self.errors

    def show_faults(self, faults: Iterable[Fault]) -> None:
        """Say what the service found wrong."""
        if any(fault.code == "taken" for fault in faults):
            self.name.errors = [_("Enter another name: there is a client of this one")]
        else:
            self.name.errors = [_("Enter another name")]

    def show_newer(self, version: int) -> None:
        """Say that it was changed meanwhile; sent again, this form is the newest."""
        self.version.process_data(version)
        self.version.raw_data = None  # else the form would show what was sent
        self.name.errors = [_("Somebody changed this meanwhile. Check what is here and save again")]
