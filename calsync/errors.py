"""Every error the product raises on purpose.

* CalsyncError
  x SettingsError          the administrator can fix it; its text says how
  x UserError              the person can fix it; its text is safe to show
  x NotThere               what was asked for is not there, or not for whoever asks
  x NotAllowed             whoever asks may see it and not do this with it
  x NotPossible            it cannot be done as things are; its reason is a code
  x InUse                  something else needs it, so it cannot go
  x StaleVersion           it was changed since whoever asks has read it
  x StorageUnavailable     the database is busy, full, gone or read-only; try again later
  x StorageBroken          the database refused what we asked: a mistake of ours
  x AlreadyThere           somebody else was faster to add the same thing
  x CronofyError
    + TemporaryError         worth another try, perhaps after ``retry_after``
      - RateLimited            429: the application asked too often
      - ProfileLocked          423: the mailbox does not take writes now
      - Unreachable            no answer came: network, TLS or time; may have been sent
      - PageExpired            404 on a further page: the read has to start again
      - IncompleteRead         the pages ended before their own count did
    + PermanentError         another try gets the same answer
      - AccessRevoked          401 or invalid_grant: the account must be linked again
      - PermissionMissing      403: a scope or a calendar's permission is missing
      - FeatureMissing         402: the Cronofy plan does not have it
      - NotFound               404: calendar, channel or page unknown or not granted
      - Refused                422 or 400: the request was judged wrong, field by field
      - UnreadableAnswer       the answer was not what the documentation promises
        = UntrustedAnswer        it points away from the configured host; nothing was sent there
      - WrongCredentials       invalid_client: the administrator has to mend the settings

No text of these holds a token, a secret or the words of an event; ids may appear.
"""

from collections.abc import Mapping
from datetime import timedelta


class CalsyncError(Exception):
    """Anything that the product raises on purpose."""


class SettingsError(CalsyncError):
    """A setting is missing, weak or contradictory; the text says what to do."""


class UserError(CalsyncError):
    """The person at the page can fix it."""


class NotThere(CalsyncError):
    """What was asked for is not there, or not for whoever asks: both read alike."""


class NotAllowed(CalsyncError):
    """Whoever asks may see it, and may not do this with it."""


class NotPossible(CalsyncError):
    """It cannot be done as things are; the words for ``reason`` are made in the web."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Not possible: {reason}.")
        self.reason = reason


class InUse(CalsyncError):
    """Something else needs it, so it cannot go."""


class StaleVersion(CalsyncError):
    """It was changed since whoever asks has read it; ``version`` is the present one."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The present version is {version}.")
        self.version = version


class StorageUnavailable(CalsyncError):
    """The database did not do its part: busy, full, gone or read-only."""


class StorageBroken(CalsyncError):
    """The database refused a statement or a row: a rule was broken that no person can break."""


class AlreadyThere(CalsyncError):
    """A row that there can be only one of was added by somebody else meanwhile."""


class CronofyError(CalsyncError):
    """Cronofy did not do what we asked."""


class TemporaryError(CronofyError):
    """Worth another try, at the earliest after ``retry_after`` where that is known."""

    def __init__(self, text: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class RateLimited(TemporaryError):
    """The application's limit of calls is used up (429)."""


class ProfileLocked(TemporaryError):
    """The mailbox cannot be written to at the moment (423)."""


class Unreachable(TemporaryError):
    """No answer came: no connection, no TLS, a reset, or too slow.

    ``maybe_sent`` is False only where the request surely never left this machine, so
    that a call which must not happen twice may be tried again.
    """

    def __init__(
        self, text: str, *, maybe_sent: bool, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(text, retry_after=retry_after)
        self.maybe_sent = maybe_sent


class PageExpired(TemporaryError):
    """A further page of a read is no longer known; the read has to start again.

    Not NotFound, lest an old page be taken for a calendar that is gone.
    """


class IncompleteRead(TemporaryError):
    """The last page came before the count of pages was reached; nothing follows from it."""


class PermanentError(CronofyError):
    """The same call would get the same answer."""


class AccessRevoked(PermanentError):
    """The account must be linked again."""


class PermissionMissing(PermanentError):
    """The authorisation lacks a scope, or the calendar a permission (403)."""


class FeatureMissing(PermanentError):
    """The Cronofy plan lacks the feature (402)."""


class NotFound(PermanentError):
    """A calendar, channel or page is unknown or not granted (404)."""


class Refused(PermanentError):
    """The request was judged wrong; ``fields`` maps a field to the keys of its errors."""

    def __init__(self, text: str, *, fields: Mapping[str, tuple[str, ...]] | None = None) -> None:
        super().__init__(text)
        self.fields = dict(fields or {})


class UnreadableAnswer(PermanentError):
    """The answer was no JSON, too large, or of a shape that the documentation rules out."""


class UntrustedAnswer(UnreadableAnswer):
    """The answer points away from the configured host; no token was sent there."""


class WrongCredentials(PermanentError):
    """Cronofy does not know this application; the administrator has to mend the settings."""
