"""The tokens of a linked account: sealed in its row, renewed by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from calsync.core.account import Disconnection
from calsync.cronofy.oauth import TokenPair
from calsync.db.accounts import claim_renewal, find_account_of_tenant, release_renewal
from calsync.db.models import LinkedAccount
from calsync.errors import AccessRevoked, CronofyError, StorageUnavailable, TemporaryError
from calsync.ids import new_id
from calsync.logs import Log
from calsync.metrics import TOKEN_REFRESHES
from calsync.services.tools import Tools

#: A token this close to its end is renewed before it is used.
_MARGIN = timedelta(seconds=60)
#: How long a claim to renew holds: longer than the longest call.
_CLAIM = timedelta(seconds=90)
#: How long somebody waits for another worker's renewal, and how often they look.
_PATIENCE_SECONDS = 75.0
_LOOK_EVERY_SECONDS = 0.05
_SAVE_ATTEMPTS = 5

log = Log("calsync.tokens")


class AccountTokens:
    """The access token of one account, for a CronofyClient.

    A refresh token works once: of all threads and processes that find the
    access token expired, one renews it under a claim on the account's row, and
    the others take what it stored.
    """

    def __init__(self, tools: Tools, tenant_id: str, account_id: str) -> None:
        self._tools = tools
        self._tenant_id = tenant_id
        self._account_id = account_id

    def current(self) -> str:
        """Return an access token that should work. Raises AccessRevoked where there is none."""
        account = self._load()
        token = self._open(account, "access_token")
        if account.access_expires_at - self._tools.clock.now() > _MARGIN:
            return token
        return self.renew(token)

    def renew(self, stale: str) -> str:
        """Return an access token other than ``stale``, renewing it or waiting for who does."""
        waited_until = self._tools.clock.monotonic() + _PATIENCE_SECONDS
        while True:
            account = self._load()
            stored = self._open(account, "access_token")
            if stored != stale:
                return stored
            owner = new_id()
            if self._claim(account, owner):
                return self._renew_as(owner, stale)
            if self._tools.clock.monotonic() > waited_until:
                raise TemporaryError("Another worker's renewal of the token does not end.")
            self._tools.clock.sleep(_LOOK_EVERY_SECONDS)

    def _claim(self, account: LinkedAccount, owner: str) -> bool:
        now = self._tools.clock.now()
        if account.renewal_until and account.renewal_until > now:
            return False
        with self._tools.db.begin() as session:
            return claim_renewal(
                session,
                self._tenant_id,
                self._account_id,
                owner=owner,
                until=now + _CLAIM,
                now=now,
            )

    def _renew_as(self, owner: str, stale: str) -> str:
        # Read again: between the look and the claim somebody may have renewed it.
        account = self._load()
        stored = self._open(account, "access_token")
        if stored != stale:
            self._release(owner)
            return stored
        try:
            pair = self._tools.oauth.refresh(self._open(account, "refresh_token"))
        except AccessRevoked:
            TOKEN_REFRESHES.labels("revoked").inc()
            log.warning("access revoked", account_id=self._account_id, tenant_id=self._tenant_id)
            self._release(
                owner,
                disconnection=Disconnection.ACCESS_REVOKED,
                checked_at=self._tools.clock.now(),
            )
            raise
        except CronofyError:
            TOKEN_REFRESHES.labels("failed").inc()
            self._release(owner)
            raise
        self._save(owner, pair)
        TOKEN_REFRESHES.labels("renewed").inc()
        log.info("token renewed", account_id=self._account_id, tenant_id=self._tenant_id)
        return pair.access_token

    def _save(self, owner: str, pair: TokenPair) -> None:
        # The old refresh token is spent: what is not stored now is lost, so a
        # database that is busy for a moment is asked again.
        values = sealed_tokens(self._tools, self._tenant_id, self._account_id, pair)
        for attempt in range(_SAVE_ATTEMPTS):
            try:
                self._release(owner, **values)
            except StorageUnavailable:
                if attempt == _SAVE_ATTEMPTS - 1:
                    log.warning("renewed token could not be stored", account_id=self._account_id)
                    raise
                self._tools.clock.sleep(0.2 * 2**attempt)
            else:
                return

    def _release(self, owner: str, **values: object) -> None:
        with self._tools.db.begin() as session:
            release_renewal(session, self._tenant_id, self._account_id, owner=owner, **values)

    def _load(self) -> LinkedAccount:
        with self._tools.db.read() as session:
            account = find_account_of_tenant(session, self._tenant_id, self._account_id)
        if account is None or account.disconnection is Disconnection.ACCESS_REVOKED:
            raise AccessRevoked("The account is not connected any more.")
        return account

    def _open(self, account: LinkedAccount, column: str) -> str:
        sealed: str = getattr(account, column)
        return self._tools.keyring.open(sealed, place(self._tenant_id, self._account_id, column))


def place(tenant_id: str, account_id: str, column: str) -> Sequence[str]:
    """Return what an account's sealed column is bound to."""
    return (tenant_id, "linked_accounts", account_id, column)


def sealed_tokens(
    tools: Tools, tenant_id: str, account_id: str, pair: TokenPair
) -> dict[str, str | datetime]:
    """Return a pair of tokens as the columns of an account's row."""
    return {
        "access_token": tools.keyring.seal(
            pair.access_token, place(tenant_id, account_id, "access_token")
        ),
        "refresh_token": tools.keyring.seal(
            pair.refresh_token, place(tenant_id, account_id, "refresh_token")
        ),
        "access_expires_at": pair.expires_at,
    }
