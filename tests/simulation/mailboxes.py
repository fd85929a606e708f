"""Mailboxes at their services, the profiles that Cronofy makes of them, and accounts."""

from dataclasses import dataclass, field
from typing import Any

from tests.simulation.events import Shelf

#: provider_service: provider_name (docs/cronofy-api.md 3.2).
PROVIDERS = {
    "google": "google",
    "gsuite": "google",
    "office365": "exchange",
    "exchange": "exchange",
    "outlook_com": "live_connect",
    "icloud": "apple",
}
APP_URL = "https://app.cronofy.test"


@dataclass(slots=True, eq=False)
class Profile:
    """A mailbox; ``failing`` is what its service does, ``connected`` what Cronofy knows."""

    profile_id: str
    address: str
    service: str
    shelves: list[Shelf] = field(default_factory=list)
    connected: bool = True
    failing: bool = False
    disconnected_at: int | None = None
    initial_sync_required: bool = False

    @property
    def shelf(self) -> Shelf:
        """Its first calendar."""
        return self.shelves[0]

    @property
    def provider(self) -> str:
        """The ``provider_name`` of its service."""
        return PROVIDERS[self.service]

    def show(self) -> dict[str, Any]:
        """Return the profile as ``/v1/profiles`` lists it (docs/cronofy-api.md 3.4)."""
        shown: dict[str, Any] = {
            "provider_name": self.provider,
            "provider_service": self.service,
            "profile_id": self.profile_id,
            "profile_name": self.address,
            "profile_connected": self.connected,
            "profile_initial_sync_required": self.initial_sync_required,
        }
        if not self.connected:
            relink = f"{APP_URL}/relink/{self.provider}?email={self.address}"
            shown["profile_relink_url"] = relink
        return shown

    def show_calendar(self, shelf: Shelf) -> dict[str, Any]:
        """Return one of its calendars as ``/v1/calendars`` lists it."""
        return {
            "provider_name": self.provider,
            "profile_id": self.profile_id,
            "profile_name": self.address,
            **shelf.show(),
        }


@dataclass(slots=True, eq=False)
class Account:
    """Whom a token is for: one mailbox, or several that were linked."""

    sub: str
    email: str
    name: str
    zone: str
    profiles: dict[str, Profile] = field(default_factory=dict)

    def shelves(self) -> list[Shelf]:
        """Return the calendars of all its profiles."""
        return [shelf for profile in self.profiles.values() for shelf in profile.shelves]

    def show(self, scope: str) -> dict[str, Any]:
        """Return the body of ``/v1/userinfo`` (docs/cronofy-api.md 3.1)."""
        profiles = [
            {**each.show(), "profile_calendars": [shelf.show() for shelf in each.shelves]}
            for each in self.profiles.values()
        ]
        return {
            "sub": self.sub,
            "email": self.email,
            "name": self.name,
            "zoneinfo": self.zone,
            "cronofy.type": "account",
            "cronofy.data": {
                "authorization": {"scope": scope, "status": "active"},
                "profiles": profiles,
                "conferencing_profiles": [],
            },
        }
