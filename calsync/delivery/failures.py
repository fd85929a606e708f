"""Why a message did not arrive, in words that hold nothing of its address or contents."""

from datetime import timedelta
from enum import StrEnum

from calsync.errors import PermanentError, TemporaryError


class Reason(StrEnum):
    """What came between us and the endpoint; the page has words for each."""

    UNKNOWN_HOST = "unknown_host"
    REFUSED_ADDRESS = "refused_address"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"
    STATUS = "status"


_SENTENCES = {
    Reason.UNKNOWN_HOST: "The endpoint's host name is not known.",
    Reason.REFUSED_ADDRESS: "The endpoint's host name points to an address that is refused.",
    Reason.UNREACHABLE: "The endpoint cannot be reached.",
    Reason.TLS: "No trustworthy TLS connection to the endpoint.",
    Reason.TIMEOUT: "The endpoint did not answer in time.",
    Reason.UNREADABLE: "The endpoint's answer is no HTTP.",
}


class DeliveryFailed(TemporaryError):
    """The message did not arrive this time; ``status`` is the answer's, if one came."""

    def __init__(
        self, reason: Reason, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        sentence = _SENTENCES.get(reason, f"The endpoint answered {status}.")
        super().__init__(sentence, retry_after=retry_after)
        self.reason = reason
        self.status = status


class EndpointGone(PermanentError):
    """The endpoint wants no more messages, ever (410): switch it off."""


class NotSendable(PermanentError):
    """The address or a header of the message is of a form that is never sent."""
