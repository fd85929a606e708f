"""What a service works with, handed to it by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from calsync.clock import Clock
from calsync.cronofy.calls import TokenSource
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane
from calsync.cronofy.oauth import CronofyOAuth
from calsync.db.database import Database
from calsync.delivery.sender import Sender
from calsync.keys import Keyring


@dataclass(frozen=True)
class Carrier:
    """The integration that carries a change over from a linked calendar: no person does it.

    ``said_at`` is when somebody made the change there, by the provider's clock.
    """

    integration_id: str
    said_at: datetime | None = None


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Tools:
    """The doors to the database, to Cronofy and to time."""

    db: Database
    clock: Clock
    keyring: Keyring
    oauth: CronofyOAuth
    #: Makes a client that asks with the given tokens, in a lane, for a tenant.
    cronofy: Callable[[TokenSource, Lane, str], CronofyClient]
    #: Sends signed messages to addresses that others chose.
    sender: Sender
    #: Tells whoever does due work that there is some.
    wake: Callable[[], None]
    #: Where people, and Cronofy, reach the product; no slash at its end.
    public_url: str
    #: Whether this process is to end, so that long work stops at its next step.
    is_stopping: Callable[[], bool] = _never
    #: Who carries over what is done with these tools; None where a person does it.
    carrier: Carrier | None = None


@dataclass(frozen=True)
class Who:
    """On whose behalf something is done: every look-up is by tenant and user."""

    tenant_id: str
    user_id: str
    #: The login session, where a browser asks.
    session_id: str = ""
