"""Connecting a mailbox: off to Cronofy's consent page, and back."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from calsync.cronofy.limiter import Lane
from calsync.cronofy.oauth import Grant
from calsync.db import due_rows
from calsync.db.accounts import find_account, lock_account_by_sub
from calsync.db.channels import wake_keepers
from calsync.db.connect_states import add_state, find_state, forget_old_states, use_state
from calsync.db.models import ConnectState, DueKind, LinkedAccount
from calsync.errors import (
    AccessRevoked,
    AlreadyThere,
    CronofyError,
    PermanentError,
    StorageUnavailable,
    TemporaryError,
    UnreadableAnswer,
)
from calsync.ids import fingerprint, new_id, new_secret
from calsync.logs import Log
from calsync.metrics import CONNECTIONS
from calsync.services.accounts import CHECK_WHILE_READ, check_account
from calsync.services.patience import keep_trying
from calsync.services.revocations import plan_revocation
from calsync.services.tokens import sealed_tokens
from calsync.services.tools import Tools, Who

#: How long a user may take at Cronofy's pages.
STATE_LIMIT = timedelta(minutes=10)
_FORGET_AFTER = timedelta(hours=1)

log = Log("calsync.linking")


class Outcome(StrEnum):
    """How a return from Cronofy's consent page ended."""

    CONNECTED = "connected"
    #: The account was Not Connected and works again.
    RECONNECTED = "reconnected"
    #: The user has linked this account before; it goes on with the new authorisation.
    ALREADY_LINKED = "already_linked"
    REFUSED = "refused"
    #: Too old, or nothing that we began in this browser.
    EXPIRED = "expired"
    #: The same return came a second time; the first one counted.
    REPEATED = "repeated"
    #: Reconnecting ended in another mailbox than the one to be reconnected.
    OTHER_ACCOUNT = "other_account"
    UNAVAILABLE = "unavailable"
    #: Cronofy does not take this installation's application id, secret or wishes.
    MISCONFIGURED = "misconfigured"


#: What Cronofy's consent page may answer in place of a code (RFC 6749, 4.1.2.1); any other
#: error is about how this installation asks.
_ERRORS = {
    "": Outcome.EXPIRED,
    "access_denied": Outcome.REFUSED,
    "server_error": Outcome.UNAVAILABLE,
    "temporarily_unavailable": Outcome.UNAVAILABLE,
}


@dataclass(frozen=True)
class Return:
    """The outcome, and the account that it is about where there is one."""

    outcome: Outcome
    account_id: str | None = None


def begin_connect(tools: Tools, who: Who, account_id: str | None = None) -> str | None:
    """Return where to send the browser for consent; with an account, to connect it again.

    None where the account is not the user's.
    """
    state = new_secret()
    now = tools.clock.now()
    with tools.db.begin() as session:
        account = None
        if account_id:
            account = find_account(session, who.tenant_id, who.user_id, account_id)
            if account is None:
                return None
        forget_old_states(session, who.tenant_id, who.user_id, begun_before=now - _FORGET_AFTER)
        add_state(
            session,
            fingerprint=fingerprint(state),
            tenant_id=who.tenant_id,
            user_id=who.user_id,
            session_id=who.session_id,
            account_id=account_id,
            now=now,
        )
    return tools.oauth.authorize_url(state, _consent_name(account) if account else None)


def finish_connect(tools: Tools, who: Who, *, state: str, code: str, error: str) -> Return:
    """Take what Cronofy's consent page sent back, and link the account where it was agreed."""
    begun = _use_state(tools, who, state)
    if isinstance(begun, Outcome):
        result = Return(begun)
    elif error or not code:
        result = Return(_ERRORS.get(error, Outcome.MISCONFIGURED))
    else:
        result = _exchange(tools, who, begun, code)
    CONNECTIONS.labels(result.outcome.value).inc()
    log.info(
        "consent returned",
        outcome=result.outcome.value,
        tenant_id=who.tenant_id,
        user_id=who.user_id,
        account_id=result.account_id,
    )
    return result


def _use_state(tools: Tools, who: Who, state: str) -> ConnectState | Outcome:
    """Return the state that this browser began, used up by this very call, or why not."""
    now = tools.clock.now()
    mark = fingerprint(state)
    with tools.db.begin() as session:
        begun = find_state(session, who.tenant_id, who.session_id, mark)
        if begun is None or now - begun.created_at > STATE_LIMIT:
            return Outcome.EXPIRED
        if not use_state(session, who.tenant_id, who.session_id, mark, now):
            return Outcome.REPEATED
    return begun


def _exchange(tools: Tools, who: Who, begun: ConnectState, code: str) -> Return:
    try:
        grant = tools.oauth.exchange(code)
    except AccessRevoked:  # the code was too old, used or never issued
        return Return(Outcome.EXPIRED)
    except (TemporaryError, UnreadableAnswer):
        return Return(Outcome.UNAVAILABLE)
    except PermanentError:
        log.failure("code exchange refused", tenant_id=who.tenant_id)
        return Return(Outcome.MISCONFIGURED)
    try:
        saved = keep_trying(tools.clock, lambda: _save_grant(tools, who, begun, grant))
    except AlreadyThere:  # two windows linked the same mailbox at once; now it is known
        saved = _save_grant(tools, who, begun, grant)
    except StorageUnavailable:
        return _give_back(tools, who, grant)
    if saved.account_id and saved.outcome is not Outcome.OTHER_ACCOUNT:
        try:
            check_account(tools, who.tenant_id, saved.account_id, Lane.USER)
        except CronofyError as error:
            # The tokens are safe; the planned look finds the calendars later.
            log.warning("account not checked", error=type(error).__name__)
    return saved


def _give_back(tools: Tools, who: Who, grant: Grant) -> Return:
    """End an authorisation that cannot be stored: nobody would know of it any more."""
    log.failure("grant could not be stored", tenant_id=who.tenant_id, user_id=who.user_id)
    with suppress(CronofyError):
        tools.oauth.revoke(grant.tokens.refresh_token)
    return Return(Outcome.UNAVAILABLE)


def _save_grant(tools: Tools, who: Who, begun: ConnectState, grant: Grant) -> Return:
    now = tools.clock.now()
    with tools.db.begin() as session:
        known = lock_account_by_sub(session, who.tenant_id, who.user_id, grant.sub)
        if begun.account_id and (known is None or known.id != begun.account_id):
            plan_revocation(tools, session, who.tenant_id, grant.sub, grant.tokens.refresh_token)
            return Return(Outcome.OTHER_ACCOUNT, begun.account_id)
        account = known or LinkedAccount(
            id=new_id(), tenant_id=who.tenant_id, user_id=who.user_id, sub=grant.sub
        )
        was_connected = known is not None and known.disconnection is None
        _note_grant(account, grant)
        for column, value in sealed_tokens(tools, who.tenant_id, account.id, grant.tokens).items():
            setattr(account, column, value)
        account.connected_at = now
        session.add(account)
        session.flush()
        # We look ourselves in a moment; this is for the case that we never get there.
        due_rows.wake(
            session, who.tenant_id, DueKind.CHECK_ACCOUNT, account.id, now + CHECK_WHILE_READ
        )
        wake_keepers(session, who.tenant_id, account.id, now)
    if known is None:
        return Return(Outcome.CONNECTED, account.id)
    return Return(Outcome.ALREADY_LINKED if was_connected else Outcome.RECONNECTED, account.id)


def _note_grant(account: LinkedAccount, grant: Grant) -> None:
    account.profile_id = grant.profile_id
    account.profile_name = grant.profile_name
    account.provider_name = grant.provider_name
    account.provider_service = grant.provider_service
    account.scope = grant.scope
    account.disconnection = None
    account.relink_url = None
    # Whoever was renewing the old tokens must not store over the new ones.
    account.renewal_owner = None
    account.renewal_until = None


def _consent_name(account: LinkedAccount) -> str:
    # Cronofy's consent page knows Office 365 by its service, though its answers
    # call the provider exchange. Source: docs.cronofy.com, provider_name.
    return "office365" if account.provider_service == "office365" else account.provider_name
