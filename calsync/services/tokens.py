"""The tokens of a linked account: sealed in its row, renewed by one worker at a time."""

from datetime import datetime, timedelta

from calsync.core.account import Disconnection
from calsync.cronofy.oauth import TokenPair
from calsync.db.accounts import claim_renewal, find_account_of_tenant, lock_account
from calsync.db.models import LinkedAccount
from calsync.db.sealed import place_of
from calsync.errors import AccessRevoked, CronofyError, TemporaryError
from calsync.ids import new_id
from calsync.logs import Log
from calsync.metrics import TOKEN_REFRESHES
from calsync.services.patience import keep_trying
from calsync.services.revocations import plan_revocation
from calsync.services.tools import Tools

#: A token this close to its end is renewed before it is used.
_MARGIN = timedelta(seconds=60)
#: How long a claim to renew holds: longer than a renewal with all its tries can take.
_CLAIM = timedelta(minutes=5)
#: How long somebody waits for another worker's renewal. They look soon, as most renewals
#: are over in a moment, and then ever more seldom: a claim may be that of a worker that died.
_PATIENCE_SECONDS = 75.0
_FIRST_LOOK_SECONDS = 0.05
_LONGEST_LOOK_SECONDS = 2.0

log = Log("calsync.tokens")


class AccountTokens:
    """The access token of one account, for a CronofyClient.

    A refresh token works once: of all threads and processes that find the
    access token expired, one renews it under a claim on the account's row, and
    the others take what it stored. What a renewal brings is stored only in
    place of the very token that it spent: a claim can be overtaken, and a user
    can link or disconnect the account meanwhile.
    """

    def __init__(self, tools: Tools, tenant_id: str, account_id: str) -> None:
        self._tools = tools
        self._tenant_id = tenant_id
        self._account_id = account_id
        self._given = ""

    def current(self) -> str:
        """Return an access token that should work. Raises AccessRevoked where there is none."""
        account = self._load()
        token = self._open(account, "access_token")
        if account.access_expires_at - self._tools.clock.now() <= _MARGIN:
            return self.renew(token)
        self._given = token
        return token

    def renew(self, stale: str) -> str:
        """Return an access token other than ``stale``, renewing it or waiting for who does."""
        waited_until = self._tools.clock.monotonic() + _PATIENCE_SECONDS
        pause = _FIRST_LOOK_SECONDS
        while True:
            account = self._load()
            self._given = self._open(account, "access_token")
            if self._given != stale:
                return self._given
            # Opened before the claim: a key that is missing must not leave one behind.
            spent, owner = self._open(account, "refresh_token"), new_id()
            if self._claim(account, owner):
                self._given = self._renew_as(owner, stale, spent)
                return self._given
            if self._tools.clock.monotonic() > waited_until:
                raise TemporaryError("Another worker's renewal of the token does not end.")
            self._tools.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_SECONDS)

    def are_still(self, account: LinkedAccount) -> bool:
        """Whether the account's row still holds the access token that was given out last."""
        return self._open(account, "access_token") == self._given

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

    def _renew_as(self, owner: str, stale: str, spent: str) -> str:
        # Read again: between the look and the claim somebody may have renewed it.
        account = self._load()
        stored = self._open(account, "access_token")
        if stored != stale:
            self._end_claim(owner)
            return stored
        try:
            pair = self._tools.oauth.refresh(spent)
        except AccessRevoked:
            return self._note_refusal(owner, spent)
        except CronofyError:
            TOKEN_REFRESHES.labels("failed").inc()
            self._end_claim(owner)
            raise
        # The old refresh token is spent: what is not stored now is lost, so a
        # database that is busy for a moment is asked again.
        token = keep_trying(self._tools.clock, lambda: self._store(owner, account, spent, pair))
        TOKEN_REFRESHES.labels("renewed").inc()
        log.info("token renewed", account_id=self._account_id, tenant_id=self._tenant_id)
        if token is None:
            raise AccessRevoked("The account was disconnected meanwhile.")
        return token

    def _store(self, owner: str, known: LinkedAccount, spent: str, pair: TokenPair) -> str | None:
        """Store the pair in place of the token it was got for; return the token to go on with.

        None where the account is gone: then Cronofy is told to end what we just got.
        """
        with self._tools.db.begin() as session:
            account = lock_account(session, self._tenant_id, self._account_id)
            if account is None:
                plan_revocation(
                    self._tools, session, self._tenant_id, known.sub, pair.refresh_token
                )
                return None
            _drop_claim(account, owner)
            if self._open(account, "refresh_token") != spent:
                return self._open(account, "access_token")
            for column, value in sealed_tokens(
                self._tools, self._tenant_id, self._account_id, pair
            ).items():
                setattr(account, column, value)
            if account.disconnection is Disconnection.ACCESS_REVOKED:
                # Who overtook us sent the token that we had spent, and was refused for it.
                account.disconnection = None
            return pair.access_token

    def _note_refusal(self, owner: str, spent: str) -> str:
        """Note that the access was withdrawn, or return the token that came in place of ours."""
        with self._tools.db.begin() as session:
            account = lock_account(session, self._tenant_id, self._account_id)
            if account is not None:
                _drop_claim(account, owner)
                if self._open(account, "refresh_token") != spent:
                    return self._open(account, "access_token")
                account.disconnection = Disconnection.ACCESS_REVOKED
        TOKEN_REFRESHES.labels("revoked").inc()
        log.warning("access revoked", account_id=self._account_id, tenant_id=self._tenant_id)
        raise AccessRevoked("The access to the account was withdrawn.")

    def _end_claim(self, owner: str) -> None:
        with self._tools.db.begin() as session:
            account = lock_account(session, self._tenant_id, self._account_id)
            if account is not None:
                _drop_claim(account, owner)

    def _load(self) -> LinkedAccount:
        with self._tools.db.read() as session:
            account = find_account_of_tenant(session, self._tenant_id, self._account_id)
        if account is None or account.disconnection is Disconnection.ACCESS_REVOKED:
            raise AccessRevoked("The account is not connected any more.")
        return account

    def _open(self, account: LinkedAccount, column: str) -> str:
        sealed: str = getattr(account, column)
        place = place_of(LinkedAccount, self._tenant_id, self._account_id, column)
        return self._tools.keyring.open(sealed, place)


def sealed_tokens(
    tools: Tools, tenant_id: str, account_id: str, pair: TokenPair
) -> dict[str, str | datetime]:
    """Return a pair of tokens as the columns of an account's row."""

    def seal(text: str, column: str) -> str:
        return tools.keyring.seal(text, place_of(LinkedAccount, tenant_id, account_id, column))

    return {
        "access_token": seal(pair.access_token, "access_token"),
        "refresh_token": seal(pair.refresh_token, "refresh_token"),
        "access_expires_at": pair.expires_at,
    }


def _drop_claim(account: LinkedAccount, owner: str) -> None:
    if account.renewal_owner == owner:
        account.renewal_owner = account.renewal_until = None
