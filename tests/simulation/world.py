"""All that the provider keeps, put together."""

from dataclasses import dataclass, field

from tests.simulation.accounts import Accounts
from tests.simulation.channels import Channels
from tests.simulation.fortune import Fortune
from tests.simulation.grants import Grants
from tests.simulation.mailboxes import Account, Profile
from tests.simulation.reading import Read
from tests.simulation.temper import Temper
from tests.simulation.writing import Writing


@dataclass
class World:
    """Accounts, tokens, events, channels and what is on its way."""

    temper: Temper
    fortune: Fortune
    accounts: Accounts
    grants: Grants
    writing: Writing
    channels: Channels
    api_url: str
    #: Reads that have further pages, by the key in their addresses.
    reads: dict[str, Read] = field(default_factory=dict)
    #: Calendars that the application asked to write to, by the number of the request.
    permissions: dict[int, list[str]] = field(default_factory=dict)

    def notice_disconnection(self, profile: Profile, now: float) -> None:
        """Let Cronofy find out that a service refuses it, and say so once."""
        if profile.connected:
            profile.connected = False
            self.channels.announce(profile, "profile_disconnected", now)

    def end_grants(self, account: Account) -> None:
        """Close the channels of an account without grants."""
        if not self.grants.has_any(account):
            self.channels.close_all(account)


def make_world(
    temper: Temper, fortune: Fortune, *, client_id: str, secret: str, api_url: str
) -> World:
    """Return an empty world."""
    accounts = Accounts()
    return World(
        temper,
        fortune,
        accounts,
        Grants(accounts, temper, client_id, secret),
        Writing(accounts, temper, fortune),
        Channels(accounts, temper, fortune),
        api_url,
    )
