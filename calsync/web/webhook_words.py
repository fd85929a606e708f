"""The words for what is wrong with an address, and for what became of a message."""

from calsync.db.models import DeliveryResult, WebhookDelivery
from calsync.delivery.addresses import LONGEST_URL, AddressFault
from calsync.delivery.failures import Reason
from calsync.web.i18n import _


def describe_address(fault: AddressFault) -> str:
    """Return why an address cannot be told of changes, and what to do."""
    words = {
        AddressFault.TOO_LONG: _("Use at most %(count)d characters", count=LONGEST_URL),
        AddressFault.CHARACTERS: _("Use only characters that an address can have"),
        AddressFault.SCHEME: _("Enter an address that begins with https://"),
        AddressFault.USERINFO: _("Leave out the user name and the password"),
        AddressFault.FRAGMENT: _("Leave out the part from # on"),
        AddressFault.HOST: _("Enter an address such as https://psa.example/hooks"),
        AddressFault.PORT: _("Use the port of a web server: 80, 443 or one from 1024 on"),
        AddressFault.PRIVATE: _(
            "That address is inside a private network. Use a public one, or have the operator "
            "allow private ones"
        ),
        AddressFault.UNKNOWN_HOST: _("Nobody knows that host"),
    }
    return words[fault]


def describe_delivery(delivery: WebhookDelivery) -> str:
    """Return what became of an attempt, in a sentence."""
    reason = describe_reason(delivery)
    words = {
        DeliveryResult.DELIVERED: _(
            "Delivered. The answer was %(status)s.", status=delivery.status
        ),
        DeliveryResult.FAILED: _("Failed. %(reason)s", reason=reason),
        DeliveryResult.GIVEN_UP: _("Given up. %(reason)s", reason=reason),
        DeliveryResult.REFUSED: _("Not sent. The address is of a form that is never sent to."),
        DeliveryResult.GONE: _("Switched off. The address wants no more messages (410)."),
    }
    return words[delivery.result]


def describe_reason(delivery: WebhookDelivery) -> str:
    """Return why a message did not arrive; nothing for one that did."""
    words = {
        Reason.UNKNOWN_HOST: _("Nobody knows the host."),
        Reason.REFUSED_ADDRESS: _("The host is inside a private network."),
        Reason.UNREACHABLE: _("The address cannot be reached."),
        Reason.TLS: _("There is no trustworthy TLS connection."),
        Reason.TIMEOUT: _("There was no answer in time."),
        Reason.UNREADABLE: _("The answer is no HTTP."),
        Reason.STATUS: _("The answer was %(status)s.", status=delivery.status),
    }
    return words[Reason(delivery.reason)] if delivery.reason else ""
