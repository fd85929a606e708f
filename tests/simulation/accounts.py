"""All mailboxes and accounts, and who may write where."""

from collections.abc import Sequence

from tests.simulation.events import Shelf
from tests.simulation.mailboxes import Account, Profile
from tests.simulation.refusals import Refusal, forbidden, unknown

ZONE = "Europe/London"


class Accounts:
    """Mailboxes by their profile's id, accounts by their sub; ids are numbered, never drawn."""

    def __init__(self) -> None:
        self.profiles: dict[str, Profile] = {}
        self.accounts: dict[str, Account] = {}
        self.shelves: dict[str, Shelf] = {}
        self._number = 0

    def new_number(self) -> int:
        """Return a number that nothing else has."""
        self._number += 1
        return self._number

    def new_hex(self) -> str:
        """Return 24 hex digits that nothing else has."""
        return f"{self.new_number():024x}"

    def add_mailbox(
        self, address: str, service: str, calendars: Sequence[str], linked_to: str | None
    ) -> Profile:
        """Add a mailbox with its calendars, and its account, or join the one named."""
        part = f"{self.new_number():04x}"
        profile = Profile(f"pro_{part}", address, service)
        self.profiles[profile.profile_id] = profile
        for name in calendars:
            self.add_calendar(profile, name)
        sub = linked_to or f"acc_{self.new_hex()}"
        if sub not in self.accounts:
            name = address.partition("@")[0].title()
            self.accounts[sub] = Account(sub, address, name, ZONE)
        self.accounts[sub].profiles[profile.profile_id] = profile
        return profile

    def add_calendar(self, profile: Profile, name: str) -> Shelf:
        """Add a calendar to a mailbox; its first one is the primary one."""
        part = profile.profile_id.removeprefix("pro_")
        calendar_id = f"cal_{part}_{self.new_number():04x}"
        shelf = Shelf(calendar_id, profile.profile_id, name, primary=not profile.shelves)
        profile.shelves.append(shelf)
        self.shelves[calendar_id] = shelf
        return shelf

    def profile_of(self, shelf: Shelf) -> Profile:
        """Return the profile that a calendar belongs to."""
        return self.profiles[shelf.profile_id]

    def accounts_of(self, profile: Profile) -> list[Account]:
        """Return the accounts that hold a profile."""
        return [each for each in self.accounts.values() if profile.profile_id in each.profiles]

    def granted(self, account: Account, calendar_id: str) -> Shelf:
        """Return a calendar of the account, or raise the 404."""
        shelf = self.shelves.get(calendar_id)
        if shelf is None or shelf not in account.shelves():
            raise unknown()
        return shelf

    def writable(self, account: Account, calendar_id: str) -> Shelf:
        """Return a calendar that takes writes now; 404, 423 or 403 for one that does not."""
        shelf = self.granted(account, calendar_id)
        if shelf.deleted:
            raise unknown()
        profile = self.profiles[shelf.profile_id]
        if profile.failing or not profile.connected:
            raise Refusal(423)
        if shelf.readonly:
            raise forbidden()
        return shelf
