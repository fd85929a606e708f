"""Channels of notifications: that each active integration has one, and nobody else any.

The keeper compares what should be with what Cronofy lists, so it does not matter what it
was woken for, how often, or where the last one stopped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from calsync.cronofy.client import Channel, CronofyClient
from calsync.cronofy.limiter import Lane
from calsync.db import due_rows
from calsync.db.accounts import find_account_of_tenant
from calsync.db.channels import (
    delete_closed,
    find_account_by_sub,
    find_known,
    find_standing,
    list_channels,
    lock_owner,
)
from calsync.db.database import Session
from calsync.db.models import DueKind, Integration, LinkedAccount, PushChannel
from calsync.db.sealed import place_of
from calsync.errors import AccessRevoked, PermanentError
from calsync.ids import fingerprint, jitter, new_id, new_secret
from calsync.logs import Log
from calsync.services.accounts import client_for
from calsync.services.tools import Tools

#: How often Cronofy is asked whether the channel is still open.
KEEP_EVERY = timedelta(hours=6)
#: Cronofy sends the first notification at once; later than this it will not come.
PROVES_ITSELF_WITHIN = timedelta(minutes=10)
#: Where notifications arrive; the token follows.
PATH = "/hooks/cronofy/"

log = Log("calsync.channels")


@dataclass(frozen=True)
class _Account:
    """One account to look at, and whether the channel that is to stand belongs to it."""

    id: str
    sub: str
    channel: PushChannel | None


def is_channel_proven(session: Session, integration: Integration) -> bool:
    """Whether changes in the linked calendar are known to be told to us.

    That is so while Cronofy's last list showed the channel and something came through it
    since it was opened. Until then only asking finds them.
    """
    channel = find_standing(session, integration.tenant_id, integration.id)
    return channel is not None and channel.listed_at is not None and channel.verified_at is not None


def keep_channel(tools: Tools, tenant_id: str, integration_id: str) -> datetime | None:
    """See to it that an active integration has one channel, and that all others are closed.

    Returns when to look again; None where there is no more to look after. Raises
    TemporaryError where Cronofy is away.
    """
    with tools.db.begin() as session:
        accounts = _settle(tools, session, tenant_id, integration_id)
    for account in accounts:
        client = client_for(tools, tenant_id, account.id, Lane.POLL)
        try:
            _tidy(tools, client, account, tenant_id, integration_id)
        except AccessRevoked:
            # Nothing can be asked until it is connected again, and that wakes us.
            continue
        except PermanentError as error:
            _note_refusal(tools, account, tenant_id, integration_id, error)
    return _find_next_look(tools, tenant_id, integration_id)


def _settle(tools: Tools, session: Session, tenant_id: str, integration_id: str) -> list[_Account]:
    """Decide which channel is to stand and which are to go; return the accounts to look at."""
    now = tools.clock.now()
    integration = lock_owner(session, tenant_id, integration_id)
    wanted = _find_wanted_account(session, integration)
    accounts: dict[str, _Account] = {}
    for channel in list_channels(session, tenant_id, integration_id):
        if channel.closing_at is None and _is_right(channel, integration, wanted):
            accounts[channel.account_id] = _Account(channel.account_id, channel.sub, channel)
            continue
        channel.closing_at = channel.closing_at or now
        account = _find_closer(session, channel)
        if account is None:
            # Its authorisation is gone, and the channel with it.
            delete_closed(session, tenant_id, integration_id, channel.account_id, channel.sub)
        else:
            accounts.setdefault(account.id, _Account(account.id, account.sub, None))
    session.flush()
    if integration and wanted and not any(each.channel for each in accounts.values()):
        channel = _make_channel(tools, session, integration, wanted)
        accounts[wanted.id] = _Account(wanted.id, wanted.sub, channel)
    return list(accounts.values())


def _find_wanted_account(session: Session, integration: Integration | None) -> LinkedAccount | None:
    """Return the account that an integration is to hear from; None where it is to hear nothing."""
    if integration is None or not integration.is_active or integration.deleted_at is not None:
        return None
    if integration.account_id is None:
        return None
    return find_account_of_tenant(session, integration.tenant_id, integration.account_id)


def _is_right(
    channel: PushChannel, integration: Integration | None, wanted: LinkedAccount | None
) -> bool:
    return (
        integration is not None
        and wanted is not None
        and (channel.account_id, channel.sub) == (wanted.id, wanted.sub)
        and channel.calendar_id == integration.calendar_id
    )


def _find_closer(session: Session, channel: PushChannel) -> LinkedAccount | None:
    """Return an account that can still speak for the one that the channel was opened by."""
    account = find_account_of_tenant(session, channel.tenant_id, channel.account_id)
    if account is not None and account.sub == channel.sub:
        return account
    return find_account_by_sub(session, channel.tenant_id, channel.sub)


def _make_channel(
    tools: Tools, session: Session, integration: Integration, account: LinkedAccount
) -> PushChannel:
    """Note a channel with a token of its own; it is committed before Cronofy hears of it."""
    channel_id, token = new_id(), new_secret()
    place = place_of(PushChannel, integration.tenant_id, channel_id, "token")
    channel = PushChannel(
        id=channel_id,
        tenant_id=integration.tenant_id,
        integration_id=integration.id,
        account_id=account.id,
        sub=account.sub,
        calendar_id=integration.calendar_id,
        fingerprint=fingerprint(token),
        token=tools.keyring.seal(token, place),
        opened_at=tools.clock.now(),
    )
    session.add(channel)
    session.flush()
    return channel


def _tidy(
    tools: Tools, client: CronofyClient, account: _Account, tenant_id: str, integration_id: str
) -> None:
    """Bring what Cronofy has open for an account into line with what is to be open."""
    listed = client.list_channels()
    kept = _keep(tools, client, account.channel, listed) if account.channel else None
    for stray in _find_strays(tools, account.channel, kept, listed):
        client.close_channel(stray.channel_id)
        log.info("channel closed", tenant_id=tenant_id, integration_id=integration_id)
    with tools.db.begin() as session:
        delete_closed(session, tenant_id, integration_id, account.id, account.sub)


def _keep(
    tools: Tools, client: CronofyClient, channel: PushChannel, listed: tuple[Channel, ...]
) -> str:
    """Return Cronofy's id of the one channel that stays, opened again if it is not listed."""
    place = place_of(PushChannel, channel.tenant_id, channel.id, "token")
    address = tools.public_url + PATH + tools.keyring.open(channel.token, place)
    ids = [each.channel_id for each in listed if _is_same(each, address, channel)]
    if channel.channel_id in ids:
        kept = channel.channel_id
    elif ids:
        kept = ids[0]
    else:
        _note_opening(tools, channel)
        kept = client.create_channel(address, [channel.calendar_id]).channel_id
    _note_listing(tools, channel, kept)
    return kept


def _is_same(listed: Channel, address: str, channel: PushChannel) -> bool:
    return (
        listed.callback_url == address
        and listed.calendar_ids == (channel.calendar_id,)
        and not listed.only_managed
    )


def _find_strays(
    tools: Tools, channel: PushChannel | None, kept: str | None, listed: tuple[Channel, ...]
) -> list[Channel]:
    """Return the channels of this installation that nobody is to hear by any more."""
    marks = {each.channel_id: _mark(each) for each in listed if PATH in each.callback_url}
    with tools.db.read() as session:
        known = find_known(session, set(marks.values()))
    own = channel.fingerprint if channel else None

    def is_stray(each: Channel) -> bool:
        mark = marks.get(each.channel_id)
        if mark is None or each.channel_id == kept:
            return False
        if mark not in known:
            return each.callback_url.startswith(tools.public_url + PATH)
        return mark == own or not known[mark]

    return [each for each in listed if is_stray(each)]


def _mark(listed: Channel) -> str:
    return fingerprint(listed.callback_url.rpartition(PATH)[2])


def _note_opening(tools: Tools, channel: PushChannel) -> None:
    """Forget what proved the channel that is gone; what it may have missed is to be read."""
    with tools.db.begin() as session:
        row = find_standing(session, channel.tenant_id, channel.integration_id)
        if row is None or row.id != channel.id:
            return
        if row.channel_id is not None:
            log.warning(
                "channel was closed",
                tenant_id=row.tenant_id,
                integration_id=row.integration_id,
                channel=row.id,
            )
            _ask_for_sweep(tools, session, row)
        row.channel_id = row.listed_at = row.verified_at = row.delivered_at = None
        row.opened_at = tools.clock.now()


def _note_listing(tools: Tools, channel: PushChannel, kept: str) -> None:
    with tools.db.begin() as session:
        row = find_standing(session, channel.tenant_id, channel.integration_id)
        if row is None or row.id != channel.id:
            return
        if row.channel_id not in (None, kept):
            # What came by the other one was not listened to.
            _ask_for_sweep(tools, session, row)
        row.channel_id, row.listed_at = kept, tools.clock.now()


def _ask_for_sweep(tools: Tools, session: Session, channel: PushChannel) -> None:
    """Have the whole window read: nobody can say what a channel missed while it was closed."""
    tenant_id, integration_id = channel.tenant_id, channel.integration_id
    # The due row first, as every commit of a run has it.
    due_rows.wake(session, tenant_id, DueKind.SYNC, integration_id, tools.clock.now())
    found = lock_owner(session, tenant_id, integration_id)
    if found is not None:
        found.swept_at = None


def _note_refusal(
    tools: Tools, account: _Account, tenant_id: str, integration_id: str, error: PermanentError
) -> None:
    """Say, once, that Cronofy opens or lists no channel; then changes are found by asking."""
    is_news = account.channel is None
    with tools.db.begin() as session:
        row = find_standing(session, tenant_id, integration_id)
        if row is not None and account.channel is not None and row.id == account.channel.id:
            if row.listed_at is not None:
                _ask_for_sweep(tools, session, row)
            is_news, row.listed_at = row.doubted_at is None, None
            row.doubted_at = row.doubted_at or tools.clock.now()
    if is_news:
        log.warning(
            "channel refused",
            tenant_id=tenant_id,
            integration_id=integration_id,
            error=type(error).__name__,
        )


def _find_next_look(tools: Tools, tenant_id: str, integration_id: str) -> datetime | None:
    now = tools.clock.now()
    later = now + KEEP_EVERY * (0.9 + 0.2 * jitter())
    with tools.db.begin() as session:
        rows = list_channels(session, tenant_id, integration_id)
        if not rows:
            return None
        row = next((each for each in rows if each.closing_at is None), None)
        if row is None or row.listed_at is None or row.verified_at or row.doubted_at:
            return later
        if now < row.opened_at + PROVES_ITSELF_WITHIN:
            return row.opened_at + PROVES_ITSELF_WITHIN
        row.doubted_at = now
    log.warning(
        "no notification arrives: is CALSYNC_PUBLIC_URL reachable from Cronofy?",
        tenant_id=tenant_id,
        integration_id=integration_id,
    )
    return later
