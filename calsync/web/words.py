"""The words for codes that the engine gives: services, states, reasons, outcomes."""

from urllib.parse import urlsplit

from flask import Flask

from calsync.config import Settings
from calsync.core.account import Disconnection
from calsync.services.accounts import LinkedView
from calsync.services.linking import Outcome
from calsync.web.i18n import _

_LONGEST_NAME = 120


def register_words(app: Flask, settings: Settings) -> None:
    """Give templates the words."""
    app.add_template_filter(service_name)
    app.add_template_filter(describe_disconnection)
    app.add_template_filter(browser_name)

    @app.template_filter()
    def relink_url(linked: LinkedView) -> str | None:
        """Return Cronofy's page for signing in again, if it is Cronofy's indeed."""
        url = linked.account.relink_url or ""
        wanted, given = urlsplit(settings.cronofy.app_url), urlsplit(url)
        return url if (given.scheme, given.netloc) == (wanted.scheme, wanted.netloc) else None


def service_name(service: str) -> str:
    """Return what users call a calendar service; one that we have no name for keeps its own."""
    names = {
        "apple": "iCloud",
        "icloud": "iCloud",
        "google": "Google",
        "gsuite": "Google",
        "office365": "Office 365",
        "exchange": _("Exchange (on-premise)"),
        "outlook_com": "Outlook.com",
        "live_connect": "Outlook.com",
        "cronofy": "Cronofy",
    }
    return names.get(service, service[:_LONGEST_NAME])


def describe_disconnection(reason: Disconnection) -> str:
    """Return why an account is Not Connected, in a sentence."""
    words = {
        Disconnection.ACCESS_REVOKED: _("Access was removed."),
        Disconnection.AUTHORIZATION_INACTIVE: _("Access is not active."),
        Disconnection.PROFILE_MISSING: _("The mailbox is not part of this account any more."),
        Disconnection.PROFILE_DISCONNECTED: _("Sign-in expired."),
        Disconnection.PERMISSION_MISSING: _(
            "You allowed less than the sync needs: reading, creating and deleting events."
        ),
    }
    return words[reason]


def browser_name(described: str) -> str:
    """Return what people call the browser that describes itself so, and the system it runs on."""
    # Each claims to be the ones behind it, so the first match is the true one.
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome"}
    systems = {"Windows": "Windows", "Android": "Android", "iPhone": "iOS", "iPad": "iOS"}
    browser = _first_match(described, {**browsers, "Safari/": "Safari"})
    system = _first_match(described, {**systems, "Mac OS X": "macOS", "Linux": "Linux"})
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown browser")


def _first_match(text: str, names: dict[str, str]) -> str:
    return next((name for mark, name in names.items() if mark in text), "")


def describe_return(outcome: Outcome, linked: LinkedView | None) -> tuple[str, str]:
    """Return how a visit to Cronofy's consent page ended, and the kind of note for it."""
    if linked is None:
        return _without_account(outcome)
    service = service_name(linked.account.provider_service)
    name = linked.account.profile_name[:_LONGEST_NAME]
    if outcome is Outcome.OTHER_ACCOUNT:
        text = _(
            "You signed in to another mailbox than %(name)s, so nothing was changed. Choose "
            "Reconnect and sign in as %(name)s, or Click to Connect to link the other one as well.",
            name=name,
        )
        return text, "warning"
    if not linked.is_connected:
        return _("Calendar not connected. The line below says why."), "warning"
    if linked.has_only_read_only_calendars:
        text = _(
            "You can only read the calendars in this account. Ask your administrator for write "
            "access, or connect another account."
        )
        return text, "warning"
    if outcome is Outcome.ALREADY_LINKED:
        return _(
            "%(service)s account %(name)s is already linked.", service=service, name=name
        ), "info"
    if outcome is Outcome.RECONNECTED:
        text = _("%(service)s account %(name)s is connected again.", service=service, name=name)
        return text, "good"
    return _("%(service)s account %(name)s is connected.", service=service, name=name), "good"


def _without_account(outcome: Outcome) -> tuple[str, str]:
    words = {
        Outcome.REFUSED: _(
            "Calendar not connected. You chose not to give access. Nothing was changed."
        ),
        Outcome.REPEATED: _(
            "You have been here already. If your account is listed below, it is linked. "
            "Otherwise choose Click to Connect to try again."
        ),
        Outcome.UNAVAILABLE: _(
            "We could not reach the calendar service. Your settings are safe. "
            "Try again in a few minutes."
        ),
        Outcome.MISCONFIGURED: _(
            "The calendar service does not accept this installation. Tell your administrator: "
            "the Cronofy client id or secret is not right."
        ),
    }
    too_late = _(
        "That took too long, so we stopped for safety. Choose Click to Connect to try again."
    )
    return words.get(outcome, too_late), "info" if outcome is Outcome.REPEATED else "warning"
