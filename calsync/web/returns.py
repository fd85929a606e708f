"""The words for how a visit to Cronofy's consent page ended."""

from calsync.services.accounts import LinkedView
from calsync.services.linking import Outcome
from calsync.web.i18n import _, _l
from calsync.web.words import LONGEST_NAME, MISCONFIGURED, UNREACHABLE, service_name

#: For each outcome its sentence and the kind of note that it stands in.
NOTES: dict[Outcome, tuple[str, str]] = {
    Outcome.CONNECTED: (_l("%(service)s account %(name)s is connected."), "good"),
    Outcome.RECONNECTED: (_l("%(service)s account %(name)s is connected again."), "good"),
    Outcome.ALREADY_LINKED: (_l("%(service)s account %(name)s is already linked."), "info"),
    Outcome.REFUSED: (
        _l("Calendar not connected. You chose not to give access. Nothing was changed."),
        "warning",
    ),
    Outcome.EXPIRED: (
        _l(
            "That took too long or was not begun here, so we stopped for safety. Choose Click to "
            "Connect to try again."
        ),
        "warning",
    ),
    Outcome.REPEATED: (
        _l(
            "You have been here already. If your account is listed below, it is linked. "
            "Otherwise choose Click to Connect to try again."
        ),
        "info",
    ),
    Outcome.OTHER_ACCOUNT: (
        _l(
            "You signed in to another mailbox than %(name)s, so nothing was changed. Choose "
            "Reconnect and sign in as %(name)s, or Click to Connect to link the other one as well."
        ),
        "warning",
    ),
    Outcome.UNAVAILABLE: (UNREACHABLE, "warning"),
    Outcome.MISCONFIGURED: (MISCONFIGURED, "warning"),
}
_ABOUT_AN_ACCOUNT = (Outcome.CONNECTED, Outcome.RECONNECTED, Outcome.ALREADY_LINKED)


def describe_return(outcome: Outcome, linked: LinkedView | None) -> tuple[str, str]:
    """Return the sentence for an outcome and the kind of its note.

    ``linked`` is the account that it is about, as it is now.
    """
    if outcome in _ABOUT_AN_ACCOUNT:
        if linked is None:  # disconnected in another window meanwhile
            outcome = Outcome.EXPIRED
        elif not linked.is_connected:
            return _("Calendar not connected. The line below says why."), "warning"
        elif linked.has_only_read_only_calendars:
            return _(
                "You can only read the calendars in this account. Ask your administrator for "
                "write access, or connect another account."
            ), "warning"
    text, kind = NOTES[outcome]
    if linked is None:
        return str(text), kind
    service = service_name(linked.account.provider_service)
    name = linked.account.profile_name[:LONGEST_NAME]
    return str(text) % {"service": service, "name": name}, kind
