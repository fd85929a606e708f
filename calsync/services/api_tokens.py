"""The tokens by which a program does what its user may do."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from calsync.db.api_tokens import find_token, list_tokens, note_used, revoke_token
from calsync.db.models import ApiToken, User
from calsync.errors import StorageUnavailable, UserError
from calsync.ids import fingerprint, new_id, new_secret
from calsync.services.tools import Tools, Who

#: By it a secret that got lost is recognised as one of ours.
PREFIX = "cs_"
LONGEST_NAME = 100
MOST_TOKENS = 50
#: A token is noted as used at most this often, so that reading rarely writes.
_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class LiveToken:
    """A token that counts, and on whose behalf its program asks."""

    token: ApiToken
    user: User

    @property
    def who(self) -> Who:
        return Who(self.user.tenant_id, self.user.id)


def create_token(tools: Tools, who: Who, name: str, *, secret: str = "") -> str:
    """Make a token and return its secret, which nobody can see again.

    Raises UserError for a name that is none, and for too many tokens. ``secret``
    is for the demo, whose token stands in its instructions.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UserError(f"The token's name has 1 to {LONGEST_NAME} characters.")
    secret = secret or PREFIX + new_secret()
    with tools.db.begin() as session:
        if len(list_tokens(session, who.tenant_id, who.user_id)) >= MOST_TOKENS:
            raise UserError(f"There are {MOST_TOKENS} tokens already. Revoke one first.")
        session.add(
            ApiToken(
                id=new_id(),
                tenant_id=who.tenant_id,
                user_id=who.user_id,
                name=name,
                fingerprint=fingerprint(secret),
                created_at=tools.clock.now(),
            )
        )
    return secret


def find_live_token(tools: Tools, secret: str) -> LiveToken | None:
    """Return what a secret stands for, unless it was revoked or its user is shut out."""
    now = tools.clock.now()
    with tools.db.read() as session:
        found = find_token(session, fingerprint(secret))
    if found is None:
        return None
    token, user, tenant = found
    if token.revoked_at is not None or user.is_disabled:
        return None
    if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
        # A database that takes no writes at the moment is no reason to keep a reader out.
        with suppress(StorageUnavailable), tools.db.begin() as session:
            note_used(session, tenant.id, token.id, now)
    return LiveToken(token, user)


def list_live_tokens(tools: Tools, who: Who) -> list[ApiToken]:
    """Return the user's tokens that count, the newest first."""
    with tools.db.read() as session:
        return list_tokens(session, who.tenant_id, who.user_id)


def revoke(tools: Tools, who: Who, token_id: str) -> bool:
    """End a token for good, and say whether there was one."""
    with tools.db.begin() as session:
        return revoke_token(session, who.tenant_id, who.user_id, token_id, tools.clock.now())
