"""Linked accounts after they were connected: their state, their calendars, their end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calsync.core.account import Account, Disconnection, connection_status
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane
from calsync.cronofy.oauth import SCOPE
from calsync.db import due_rows
from calsync.db.accounts import (
    delete_account,
    find_account,
    find_account_of_tenant,
    is_sub_linked,
    list_accounts,
    list_calendars,
)
from calsync.db.database import Session
from calsync.db.models import DueKind, LinkedAccount, LinkedCalendar, Revocation
from calsync.db.revocations import delete_revocation, find_revocation
from calsync.errors import AccessRevoked
from calsync.ids import new_id
from calsync.logs import Log
from calsync.services.tokens import AccountTokens, place
from calsync.services.tools import Tools, Who

#: How often an account is looked at when nothing else asks for it, and while
#: Cronofy still reads the mailbox for the first time.
CHECK_EVERY = timedelta(hours=1)
CHECK_WHILE_READ = timedelta(seconds=5)

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


def check_account(tools: Tools, tenant_id: str, account_id: str, lane: Lane) -> None:
    """Ask Cronofy how an account is, and store what it says of it and of its calendars.

    Raises TemporaryError where Cronofy is away; then what we knew stays.
    """
    with tools.db.read() as session:
        if find_account_of_tenant(session, tenant_id, account_id) is None:
            return
    try:
        seen = client_for(tools, tenant_id, account_id, lane).userinfo()
    except AccessRevoked:
        seen = None
    now = tools.clock.now()
    with tools.db.begin() as session:
        # It may have been disconnected while we asked.
        account = find_account_of_tenant(session, tenant_id, account_id)
        if account is None:
            return
        _note_status(account, seen)
        account.checked_at = now
        if seen:
            known = list_calendars(session, tenant_id, [account_id])
            session.add_all(_merge_calendars(account, known, seen))
    log.info(
        "account checked",
        tenant_id=tenant_id,
        account_id=account_id,
        status=account.disconnection or "connected",
    )


def next_check(tools: Tools, tenant_id: str, account_id: str) -> datetime | None:
    """Return when to look at an account again; None where it is gone or its access ended."""
    with tools.db.read() as session:
        account = find_account_of_tenant(session, tenant_id, account_id)
    if account is None or account.disconnection is Disconnection.ACCESS_REVOKED:
        return None
    return tools.clock.now() + (CHECK_WHILE_READ if account.is_being_read else CHECK_EVERY)


def disconnect(tools: Tools, who: Who, account_id: str) -> LinkedAccount | None:
    """Forget an account and its tokens at once, and have Cronofy told; return what it was.

    Works on a dead account, and while Cronofy is away: it is told when it is back.
    """
    with tools.db.begin() as session:
        account = find_account(session, who.tenant_id, who.user_id, account_id)
        if account is None:
            return None
        refresh_token = tools.keyring.open(
            account.refresh_token, place(who.tenant_id, account_id, "refresh_token")
        )
        plan_revocation(tools, session, who.tenant_id, account.sub, refresh_token)
        delete_account(session, who.tenant_id, account_id)
        due_rows.drop(session, who.tenant_id, DueKind.CHECK_ACCOUNT, account_id)
    tools.wake()
    log.info("account disconnected", tenant_id=who.tenant_id, account_id=account_id)
    return account


def revoke(tools: Tools, tenant_id: str, revocation_id: str) -> None:
    """Tell Cronofy that an authorisation has ended, and forget its token.

    Where the same account is linked again meanwhile, or by somebody else who
    shares the mailbox, nothing is told: Cronofy does not say whether ending one
    authorisation leaves the others alive. The token is forgotten all the same.
    """
    with tools.db.read() as session:
        revocation = find_revocation(session, tenant_id, revocation_id)
        if revocation is None:
            return
        shared = is_sub_linked(session, revocation.sub)
    if not shared:
        tools.oauth.revoke(
            tools.keyring.open(revocation.refresh_token, revocation_place(tenant_id, revocation_id))
        )
    with tools.db.begin() as session:
        delete_revocation(session, tenant_id, revocation_id)
    log.info(
        "authorisation revoked", tenant_id=tenant_id, revocation_id=revocation_id, told=not shared
    )


def plan_revocation(
    tools: Tools, session: Session, tenant_id: str, sub: str, refresh_token: str
) -> None:
    """Have Cronofy told, as soon as it can be, that an authorisation has ended."""
    revocation_id = new_id()
    now = tools.clock.now()
    session.add(
        Revocation(
            id=revocation_id,
            tenant_id=tenant_id,
            sub=sub,
            refresh_token=tools.keyring.seal(
                refresh_token, revocation_place(tenant_id, revocation_id)
            ),
            created_at=now,
        )
    )
    due_rows.wake(session, tenant_id, DueKind.REVOKE, revocation_id, now)


def revocation_place(tenant_id: str, revocation_id: str) -> Sequence[str]:
    """Return what the token of a revocation is bound to."""
    return (tenant_id, "revocations", revocation_id, "refresh_token")


def _note_status(account: LinkedAccount, seen: Account | None) -> None:
    status = connection_status(seen, account.profile_id)
    account.disconnection = status.disconnection
    account.relink_url = status.relink_url
    account.is_being_read = status.initial_sync_required
    if seen and account.disconnection is None and lacks_permission(account.scope):
        account.disconnection = Disconnection.PERMISSION_MISSING
    profile = seen.find_profile(account.profile_id) if seen else None
    if profile:
        account.profile_name = profile.name
        account.provider_name = profile.provider
        account.provider_service = profile.service or profile.provider


def lacks_permission(scope: str) -> bool:
    """Whether the user granted less than a two-way sync needs.

    Newer authorisations may name one bundled scope in place of the single ones.
    """
    granted = set(scope.split())
    return not (set(SCOPE.split()) <= granted or "read_write" in granted)


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
