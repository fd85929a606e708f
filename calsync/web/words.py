"""The words for codes that the engine gives: services, states, reasons, outcomes."""

from urllib.parse import urlsplit

from flask import Flask, url_for

from calsync.core.account import Disconnection
from calsync.db.models import LinkedAccount
from calsync.errors import FeatureMissing, PermissionMissing, WrongCredentials
from calsync.keys import SealBroken
from calsync.web.current import settings
from calsync.web.i18n import _, _l

#: A foreign name longer than this is cut.
LONGEST_NAME = 120
UNREACHABLE = _l(
    "We could not reach the calendar service. Your settings are safe. Try again in a few minutes."
)
MISCONFIGURED = _l(
    "The calendar service does not accept this installation. Ask your administrator to check "
    "its Cronofy settings."
)
FEATURE_MISSING = _l(
    "The calendar service does not offer this installation what a sync needs. Ask your "
    "administrator."
)


def register_words(app: Flask) -> None:
    """Give templates the words."""
    app.add_template_filter(service_name)
    app.add_template_filter(describe_disconnection)
    app.add_template_filter(browser_name)
    app.add_template_filter(reconnect_url)


def reconnect_url(account: LinkedAccount | None) -> str:
    """Return where the user gives access to a mailbox once more."""
    if account is None:
        return url_for("calendar_sync.connect")
    return _relink_url(account) or url_for("calendar_sync.connect", account=account.id)


def _relink_url(account: LinkedAccount) -> str | None:
    """Return Cronofy's page for signing in again, if it is Cronofy's indeed."""
    url = account.relink_url or ""
    wanted, given = urlsplit(settings().cronofy.app_url), urlsplit(url)
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
    return names.get(service, service[:LONGEST_NAME])


def short_service_name(service: str) -> str:
    """Return the same in a form that can stand in brackets."""
    return "Exchange" if service == "exchange" else service_name(service)


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


def say_trouble(error: Exception) -> str:
    """Return why the calendar service could not be asked, and what helps."""
    match error:
        case SealBroken():
            return _(
                "The stored access to this account cannot be read. Ask your administrator: a key "
                "is missing. You can also disconnect the account and connect it again."
            )
        case PermissionMissing():
            return describe_disconnection(Disconnection.PERMISSION_MISSING)
        case WrongCredentials():
            return str(MISCONFIGURED)
        case FeatureMissing():
            return str(FEATURE_MISSING)
    return str(UNREACHABLE)


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
