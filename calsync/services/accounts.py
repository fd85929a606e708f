"""Linked accounts after they were connected: their state, their calendars, their end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from calsync.core.account import Account, Disconnection, connection_status
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane
from calsync.db import due_rows
from calsync.db.accounts import (
    delete_account,
    find_account,
    find_account_of_tenant,
    list_accounts,
    list_calendars,
    lock_account,
)
from calsync.db.channels import wake_for_unheard, wake_keepers
from calsync.db.database import Session
from calsync.db.integrations import list_integrations_of_account
from calsync.db.models import DueKind, LinkedAccount, LinkedCalendar
from calsync.db.sealed import place_of
from calsync.errors import AccessRevoked, CronofyError
from calsync.keys import SealBroken
from calsync.logs import Log
from calsync.services.attachment import find_lost, follow_account, leave_account
from calsync.services.revocations import plan_revocation
from calsync.services.tokens import AccountTokens
from calsync.services.tools import Tools, Who

#: How often an account is looked at when nothing else asks for it, and while
#: Cronofy still reads the mailbox for the first time.
CHECK_EVERY = timedelta(hours=1)
CHECK_WHILE_READ = timedelta(seconds=5)
CHECK_WHILE_DISCONNECTED = timedelta(minutes=5)

log = Log("calsync.accounts")


@dataclass(frozen=True)
class LinkedView:
    """A linked account with its calendars, to be shown."""

    account: LinkedAccount
    calendars: tuple[LinkedCalendar, ...]

    @property
    def is_connected(self) -> bool:
        return self.account.disconnection is None

    @property
    def has_only_read_only_calendars(self) -> bool:
        """Whether calendars are known and none of them can be written to."""
        standing = [c for c in self.calendars if not c.is_deleted]
        return bool(standing) and all(c.is_read_only for c in standing)


def list_linked(tools: Tools, who: Who) -> list[LinkedView]:
    """Return the user's linked accounts with their calendars."""
    with tools.db.read() as session:
        accounts = list_accounts(session, who.tenant_id, who.user_id)
        calendars = list_calendars(session, who.tenant_id, [a.id for a in accounts])
    return [
        LinkedView(account, tuple(c for c in calendars if c.account_id == account.id))
        for account in accounts
    ]


def find_linked(tools: Tools, who: Who, account_id: str) -> LinkedView | None:
    """Return one of the user's linked accounts with its calendars."""
    with tools.db.read() as session:
        account = find_account(session, who.tenant_id, who.user_id, account_id)
        if account is None:
            return None
        return LinkedView(account, tuple(list_calendars(session, who.tenant_id, [account.id])))


def client_for(tools: Tools, tenant_id: str, account_id: str, lane: Lane) -> CronofyClient:
    """Return a client that speaks for a linked account."""
    return tools.cronofy(AccountTokens(tools, tenant_id, account_id), lane, tenant_id)


def check_account(
    tools: Tools, tenant_id: str, account_id: str, lane: Lane, *, asked_by: str | None = None
) -> None:
    """Ask Cronofy how an account is, and store what it says of it and of its calendars.

    Integrations that stood still go on, but the one whose sync ``asked_by`` it: that knows
    itself when to look again. Raises TemporaryError where Cronofy is away; then what we knew stays.
    """
    asked_at = tools.clock.now()
    with tools.db.read() as session:
        if find_account_of_tenant(session, tenant_id, account_id) is None:
            return
    tokens = AccountTokens(tools, tenant_id, account_id)
    try:
        seen = tools.cronofy(tokens, lane, tenant_id).userinfo()
    except AccessRevoked:
        seen = None
    with tools.db.begin() as session:
        # Meanwhile it may have been disconnected, linked anew, or looked at by somebody faster.
        account = lock_account(session, tenant_id, account_id)
        if account is None or asked_at < max(account.connected_at, account.checked_at or asked_at):
            return
        if seen is None and not tokens.are_still(account):
            return
        was_connected = account.disconnection is None
        _note_status(account, seen)
        account.checked_at = asked_at
        if account.disconnection is None and not was_connected:
            wake_keepers(session, tenant_id, account_id, asked_at)
        known = list_calendars(session, tenant_id, [account_id])
        levels = {calendar.calendar_id: calendar.permission_level for calendar in known}
        if seen:
            added = _merge_calendars(account, known, seen)
            session.add_all(added)
            find_lost(session, account, [*known, *added])
        permitted = {c.calendar_id for c in known if c.permission_level != levels[c.calendar_id]}
        has_ended = follow_account(session, account, tools.clock.now(), permitted, asked_by)
        wake_for_unheard(session, tenant_id, account_id, asked_at)
        if has_ended and not list_integrations_of_account(session, tenant_id, account_id):
            forget_account(tools, session, account)
    tools.wake()
    log.info(
        "account checked",
        tenant_id=tenant_id,
        account_id=account_id,
        status=account.disconnection or "connected",
    )


def look_at_account(tools: Tools, who: Who, account_id: str) -> CronofyError | SealBroken | None:
    """Ask Cronofy how an account and its calendars are; return why that could not be learnt.

    Whoever goes on without an answer works with what was known before.
    """
    try:
        check_account(tools, who.tenant_id, account_id, Lane.USER)
    except (CronofyError, SealBroken) as error:
        return error
    return None


def next_check(tools: Tools, tenant_id: str, account_id: str) -> datetime | None:
    """Return when to look at an account again; None where it is gone or its access ended.

    Often while Cronofy reads the mailbox for the first time, and ever less so
    if that does not end: it never does where a user left a box of the
    provider's own consent page unticked.
    """
    with tools.db.read() as session:
        account = find_account_of_tenant(session, tenant_id, account_id)
    if account is None or account.disconnection is Disconnection.ACCESS_REVOKED:
        return None
    now = tools.clock.now()
    if account.disconnection is Disconnection.PROFILE_DISCONNECTED:
        # The user mends it at Cronofy's page, which sends nobody back here.
        return now + CHECK_WHILE_DISCONNECTED
    if not account.is_being_read:
        return now + CHECK_EVERY
    return now + min(max(CHECK_WHILE_READ, (now - account.connected_at) / 20), CHECK_EVERY)


def disconnect(tools: Tools, who: Who, account_id: str) -> LinkedAccount | None:
    """Forget an account and its tokens at once, and have Cronofy told; return what it was.

    Its integrations stay, Not Connected, until the same mailbox is linked again.
    Works on a dead account, and while Cronofy is away: it is told when it is back.
    """
    with tools.db.begin() as session:
        account = lock_account(session, who.tenant_id, account_id)
        if account is None or account.user_id != who.user_id:
            return None
        leave_account(session, account, tools.clock.now())
        forget_account(tools, session, account)
    tools.wake()
    return account


def forget_account(tools: Tools, session: Session, account: LinkedAccount) -> None:
    """Forget a locked account and its tokens, and have Cronofy told."""
    tenant_id, account_id = account.tenant_id, account.id
    try:
        refresh_token = tools.keyring.open(
            account.refresh_token,
            place_of(LinkedAccount, tenant_id, account_id, "refresh_token"),
        )
    except SealBroken:
        # Without its key nobody can use the token, and nobody can tell Cronofy of it.
        log.failure("token unreadable", tenant_id=tenant_id, account_id=account_id)
    else:
        plan_revocation(tools, session, tenant_id, account.sub, refresh_token)
    wake_keepers(session, tenant_id, account_id, tools.clock.now())
    delete_account(session, tenant_id, account_id)
    due_rows.drop(session, tenant_id, DueKind.CHECK_ACCOUNT, account_id)
    log.info("account disconnected", tenant_id=tenant_id, account_id=account_id)


def _note_status(account: LinkedAccount, seen: Account | None) -> None:
    status = connection_status(
        seen, account.profile_id, (seen.scope if seen else None) or account.scope
    )
    account.disconnection = status.disconnection
    account.relink_url = status.relink_url
    account.is_being_read = status.initial_sync_required
    profile = seen.find_profile(account.profile_id) if seen else None
    if profile:
        account.profile_name = profile.name
        account.provider_name = profile.provider
        account.provider_service = profile.service or profile.provider


def _merge_calendars(
    account: LinkedAccount, known: list[LinkedCalendar], seen: Account
) -> list[LinkedCalendar]:
    """Bring the rows we know up to date and return those that are new.

    A calendar that Cronofy does not list any more is marked as deleted, not
    forgotten: something may be linked to it.
    """
    rows = {row.calendar_id: row for row in known}
    profile = seen.find_profile(account.profile_id)
    listed = {c.calendar_id: c for c in (profile.calendars if profile else ())}
    if profile:
        for calendar_id, row in rows.items():
            row.is_deleted = row.is_deleted or calendar_id not in listed
    for calendar_id, calendar in listed.items():
        row = rows.setdefault(
            calendar_id,
            LinkedCalendar(
                tenant_id=account.tenant_id, account_id=account.id, calendar_id=calendar_id
            ),
        )
        row.name = calendar.name
        row.is_read_only = calendar.readonly
        row.is_deleted = calendar.deleted
        row.is_primary = calendar.primary
        row.permission_level = calendar.permission_level or ""
    return [row for row in rows.values() if row not in known]
