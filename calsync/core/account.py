"""Linked accounts: who they belong to, their profiles and calendars, and whether they work."""

from dataclasses import dataclass, field
from enum import StrEnum

#: The level of permission at which the user's own events may be changed too.
UNRESTRICTED = "unrestricted"
#: The least that a two-way sync needs (docs/cronofy-api.md 2.1).
SYNC_SCOPE = "read_events create_event delete_event"
#: A newer scope that stands for all of these (docs/cronofy-api.md 2.1).
BUNDLED_SCOPE = "read_write"
#: What userinfo says of an authorisation that works.
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of a linked account; a deleted one stays in the list (docs/cronofy-api.md 4.1)."""

    calendar_id: str
    name: str
    profile_id: str
    readonly: bool = False
    deleted: bool = False
    primary: bool = False
    permission_level: str | None = None

    @property
    def is_writable(self) -> bool:
        """Tell whether our events can be written there."""
        return not (self.readonly or self.deleted)

    @property
    def is_unrestricted(self) -> bool:
        """Tell whether the user's own events may be changed there (docs/cronofy-api.md 2.7)."""
        return self.permission_level == UNRESTRICTED


@dataclass(frozen=True, slots=True)
class Profile:
    """One mailbox of a linked account.

    ``provider`` and ``service`` are Cronofy's ``provider_name`` and ``provider_service``,
    of any value; users know the service. ``relink_url`` is there only while not connected.
    """

    profile_id: str
    name: str
    provider: str
    service: str | None = None
    connected: bool = True
    initial_sync_required: bool = False
    relink_url: str | None = field(default=None, repr=False)
    calendars: tuple[Calendar, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """One Cronofy authorisation as userinfo shows it.

    ``authorization`` is its state, ``active`` when it works, None where it was not told.
    ``scope`` is what was granted, separated by blanks.
    """

    account_id: str
    email: str | None = None
    name: str | None = None
    zone: str | None = None
    kind: str | None = None
    scope: str | None = None
    authorization: str | None = None
    profiles: tuple[Profile, ...] = ()

    @property
    def calendars(self) -> tuple[Calendar, ...]:
        """Give the calendars of all its profiles."""
        return tuple(calendar for profile in self.profiles for calendar in profile.calendars)

    def find_profile(self, profile_id: str) -> Profile | None:
        """Give the profile of that id, or None."""
        return next((p for p in self.profiles if p.profile_id == profile_id), None)

    def find_calendar(self, calendar_id: str) -> Calendar | None:
        """Give the calendar of that id, or None."""
        return next((c for c in self.calendars if c.calendar_id == calendar_id), None)


class Disconnection(StrEnum):
    """Why an account does not work; the words are made in the web."""

    #: Cronofy refuses our tokens (401, ``invalid_grant``).
    ACCESS_REVOKED = "access_revoked"
    #: Our tokens are taken, but userinfo calls the authorisation something but active.
    AUTHORIZATION_INACTIVE = "authorization_inactive"
    #: The account works and no longer holds this mailbox.
    PROFILE_MISSING = "profile_missing"
    #: Cronofy cannot get into the mailbox; the user mends it at the relink page.
    PROFILE_DISCONNECTED = "profile_disconnected"
    #: The user granted less than the sync needs.
    PERMISSION_MISSING = "permission_missing"


@dataclass(frozen=True, slots=True)
class Status:
    """Whether one profile works, why not, and where the user can mend it.

    ``initial_sync_required``: connected, but Cronofy has not read the calendars yet, so
    reads may be incomplete and nothing may be concluded from what they do not show.
    """

    disconnection: Disconnection | None = None
    initial_sync_required: bool = False
    relink_url: str | None = field(default=None, repr=False)

    @property
    def is_connected(self) -> bool:
        """Tell whether calls will reach the calendars."""
        return self.disconnection is None


def connection_status(account: Account | None, profile_id: str, scope: str = SYNC_SCOPE) -> Status:
    """Judge one profile of an account; None stands for an account that refuses us (401).

    ``scope`` is what the user granted, separated by blanks.
    """
    if account is None:
        return Status(Disconnection.ACCESS_REVOKED)
    if account.authorization not in (None, ACTIVE):
        return Status(Disconnection.AUTHORIZATION_INACTIVE)
    profile = account.find_profile(profile_id)
    if profile is None:
        return Status(Disconnection.PROFILE_MISSING)
    if not profile.connected:
        return Status(Disconnection.PROFILE_DISCONNECTED, relink_url=profile.relink_url)
    if lacks_permission(scope):
        return Status(Disconnection.PERMISSION_MISSING)
    return Status(initial_sync_required=profile.initial_sync_required)


def lacks_permission(scope: str) -> bool:
    """Tell whether less was granted than a two-way sync needs."""
    granted = set(scope.split())
    return BUNDLED_SCOPE not in granted and not set(SYNC_SCOPE.split()) <= granted
