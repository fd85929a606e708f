"""Codes, tokens and their end (docs/cronofy-api.md 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.accounts import Accounts
from tests.simulation.mailboxes import Account, Profile
from tests.simulation.refusals import Refusal, forbidden
from tests.simulation.temper import Temper

SCOPE = "read_events create_event delete_event"
CODE_LIFETIME = 600


@dataclass(slots=True, eq=False)
class Grant:
    """What somebody agreed to; its refresh token changes with each use."""

    account: Account
    scope: str
    refresh_token: str = ""

    def require(self, scope: str) -> None:
        """Raise the 403 unless this was agreed to; reading includes free and busy."""
        granted = self.scope.split()
        if scope not in granted and not (scope == "read_free_busy" and "read_events" in granted):
            raise forbidden()


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for, once."""

    account: Account
    profile: Profile
    scope: str
    made_at: float


class Grants:
    """The tokens of an application, with its id and secret."""

    def __init__(self, accounts: Accounts, temper: Temper, client_id: str, secret: str) -> None:
        self.client_id = client_id
        self.secrets = [secret]
        self._accounts = accounts
        self._temper = temper
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Grant] = {}
        #: Until when an access token is good, and what for.
        self._access: dict[str, tuple[float, Grant]] = {}

    def open_code(self, profile: Profile, scope: str, sub: str | None, now: float) -> str:
        """Return the code that comes back when somebody agrees."""
        account = self._accounts.accounts[sub] if sub else self._accounts.accounts_of(profile)[0]
        code = f"code{self._accounts.new_number():028x}"
        self._codes[code] = Code(account, profile, scope, now)
        return code

    def answer(self, body: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Return what ``/oauth/token`` answers, or raise its 400."""
        self._check_client(body)
        if body.get("grant_type") == "authorization_code":
            return self._exchange(str(body.get("code")), now)
        if body.get("grant_type") == "refresh_token":
            return self._renew(str(body.get("refresh_token")), now)
        raise Refusal(400, {"error": "unsupported_grant_type"})

    def revoke(self, body: Mapping[str, Any]) -> None:
        """End the grant of a token, or all of a ``sub``; what is unknown has ended already."""
        self._check_client(body)
        token = body.get("token")
        if token is not None:
            grant = self._refresh.get(token) or self._access.get(token, (0.0, None))[1]
            if grant is not None:
                self._end(grant)
            return
        self.revoke_account(str(body.get("sub")))

    def revoke_account(self, sub: str) -> None:
        """End all grants of an account."""
        for grant in list(self._refresh.values()):
            if grant.account.sub == sub:
                self._end(grant)

    def set_scope(self, sub: str, scope: str) -> None:
        """Give the grants of an account another scope."""
        for grant in self._refresh.values():
            if grant.account.sub == sub:
                grant.scope = scope

    def expire(self, sub: str | None = None) -> None:
        """Let access tokens be expired; refresh tokens stay."""
        for token, (_, grant) in self._access.items():
            if sub is None or grant.account.sub == sub:
                self._access[token] = (0.0, grant)

    def find(self, token: str, now: float) -> Grant:
        """Return what an access token is for, or raise the 401."""
        ends_at, grant = self._access.get(token, (0.0, None))
        if grant is None or ends_at <= now:
            raise Refusal(401)
        return grant

    def has_any(self, account: Account) -> bool:
        """Tell whether an account has a grant left."""
        return any(grant.account is account for grant in self._refresh.values())

    def _exchange(self, text: str, now: float) -> dict[str, Any]:
        code = self._codes.pop(text, None)
        if code is None or now - code.made_at > CODE_LIFETIME:
            raise Refusal(400, {"error": "invalid_grant"})
        profile = code.profile
        profile.failing, profile.connected = False, True
        return {
            **self._issue(Grant(code.account, code.scope), now),
            "account_id": code.account.sub,
            "sub": code.account.sub,
            "linking_profile": {
                "provider_name": profile.provider,
                "provider_service": profile.service,
                "profile_id": profile.profile_id,
                "profile_name": profile.address,
            },
            "userinfo": code.account.show(code.scope),
        }

    def _renew(self, token: str, now: float) -> dict[str, Any]:
        grant = self._refresh.pop(token, None)
        if grant is None:
            raise Refusal(400, {"error": "invalid_grant"})
        if self._temper.refresh_ends_access:
            self._forget_access(grant)
        return self._issue(grant, now)

    def _issue(self, grant: Grant, now: float) -> dict[str, Any]:
        number = self._accounts.new_number()
        access, grant.refresh_token = f"access{number:026x}", f"refresh{number:025x}"
        lifetime = self._temper.token_lifetime
        self._refresh[grant.refresh_token] = grant
        self._access[access] = (now + lifetime, grant)
        return {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": grant.refresh_token,
            "expires_in": lifetime,
            "scope": grant.scope,
        }

    def _end(self, grant: Grant) -> None:
        self._refresh.pop(grant.refresh_token, None)
        self._forget_access(grant)

    def _forget_access(self, grant: Grant) -> None:
        self._access = {t: known for t, known in self._access.items() if known[1] is not grant}

    def _check_client(self, body: Mapping[str, Any]) -> None:
        is_ours = body.get("client_id") == self.client_id
        if not is_ours or body.get("client_secret") not in self.secrets:
            raise Refusal(400, {"error": "invalid_client"})
