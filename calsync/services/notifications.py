"""Notifications from Cronofy: each says that it is time to look, and never at what.

Whatever one says is only noted here, in one transaction; the work is done by due rows. So
a notification that comes twice, late, in another order or again after a week changes when
we look, and nothing else.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from calsync.core.integration import SHORTEST_POLL
from calsync.cronofy.notifications import Notification, NotificationKind
from calsync.db import due_rows
from calsync.db.accounts import find_account_of_tenant
from calsync.db.channels import find_addressed, keep_earliest_change, lock_owner
from calsync.db.database import Session
from calsync.db.models import DueKind, Integration, PushChannel
from calsync.errors import AlreadyThere
from calsync.ids import fingerprint
from calsync.logs import Log
from calsync.services.tools import Tools

#: Cronofy's window reaches so far back; nothing older is news, whatever a notification says.
_OLDEST_NEWS = timedelta(days=42)
#: The time of the last notification is kept as exactly as this.
_NOTED_EVERY = timedelta(minutes=1)
#: A channel that should be closed is looked at at most so often, however much it tells.
_CLOSE_WITHIN = timedelta(minutes=1)
_OF_THE_PROFILE = (
    NotificationKind.PROFILE_DISCONNECTED,
    NotificationKind.PROFILE_INITIAL_SYNC_COMPLETED,
)

log = Log("calsync.notifications")


class Taken(StrEnum):
    """What became of a genuine notification."""

    #: The linked calendar is going to be read, or is already waiting for it.
    WOKEN = "woken"
    #: The account is going to be asked how it is.
    CHECKED = "checked"
    #: All that is known of the account is going to be forgotten.
    ERASED = "erased"
    #: There was nothing to do but to know that notifications arrive.
    NOTED = "noted"
    #: It came by a channel that is to be closed; it is.
    CLOSED = "closed"
    #: Nobody knows the address it came to.
    UNKNOWN = "unknown"


def take_notification(tools: Tools, token: str, notification: Notification) -> Taken:
    """Note what a genuine notification asks for, and return what that was.

    Raises StorageUnavailable where it could not be noted: then Cronofy has to send it again.
    """
    try:
        taken = _note(tools, token, notification)
    except AlreadyThere:  # two came at once, and the other planned the same work
        taken = _note(tools, token, notification)
    if taken not in (Taken.NOTED, Taken.UNKNOWN):
        tools.wake()
    return taken


def _note(tools: Tools, token: str, notification: Notification) -> Taken:
    with tools.db.begin() as session:
        found = find_addressed(session, fingerprint(token))
        if found is None:
            return Taken.UNKNOWN
        channel, integration = found
        taken = _take(session, channel, integration, notification, tools.clock.now())
    log.info(
        "notification taken",
        type=notification.kind.value,
        result=taken.value,
        tenant_id=channel.tenant_id,
        integration_id=channel.integration_id,
    )
    return taken


def _take(
    session: Session,
    channel: PushChannel,
    integration: Integration | None,
    notification: Notification,
    now: datetime,
) -> Taken:
    if notification.kind is NotificationKind.GDPR_REQUESTED:
        # To be obeyed by whichever way it comes.
        return _plan_erasure(session, channel, now)
    if integration is None or not _is_listened_to(channel, integration, notification):
        _wake(session, channel, DueKind.KEEP_CHANNEL, channel.integration_id, now + _CLOSE_WITHIN)
        return Taken.CLOSED
    taken = Taken.NOTED
    if notification.kind is NotificationKind.CHANGE:
        _plan_reading(session, channel, integration, notification.changes_since, now)
        taken = Taken.WOKEN
    elif notification.kind in _OF_THE_PROFILE:
        _plan_sweep(session, integration)
        _plan_check(session, channel, now)
        if notification.kind is NotificationKind.PROFILE_INITIAL_SYNC_COMPLETED:
            _plan_reading(session, channel, integration, None, now)
        taken = Taken.CHECKED
    # Last, as everybody locks the integration before its channel.
    _note_delivery(channel, now)
    return taken


def _is_listened_to(
    channel: PushChannel, integration: Integration, notification: Notification
) -> bool:
    # Until Cronofy's answer to our opening it is stored, any id may be the right one.
    is_known = channel.channel_id in (None, notification.channel_id)
    is_wanted = integration.is_active and integration.deleted_at is None
    return channel.closing_at is None and is_known and is_wanted


def _note_delivery(channel: PushChannel, now: datetime) -> None:
    """Note that notifications come through, without a write for each of a hundred."""
    if channel.verified_at is None:
        channel.verified_at, channel.doubted_at = now, None
    if channel.delivered_at is None or now - channel.delivered_at >= _NOTED_EVERY:
        channel.delivered_at = now


def _plan_reading(
    session: Session,
    channel: PushChannel,
    integration: Integration,
    changes_since: datetime | None,
    now: datetime,
) -> None:
    """Have the linked calendar read, from ``changes_since`` on if that is earlier than planned."""
    due_at = now
    if integration.checked_at is not None:
        due_at = max(now, integration.checked_at + SHORTEST_POLL)
    since = changes_since and max(changes_since, now - _OLDEST_NEWS)
    known = integration.changes_since
    is_covered = since is None or (known is not None and known <= since)
    if is_covered and _is_waiting(session, channel, DueKind.SYNC, integration.id, due_at):
        return
    # The integration before its due row: whoever ends a run does the same, and so forgets
    # `changes_since` either before this or not at all.
    lock_owner(session, integration.tenant_id, integration.id)
    if since is not None:
        keep_earliest_change(session, integration, since)
    due_rows.wake(session, channel.tenant_id, DueKind.SYNC, integration.id, due_at)


def _plan_sweep(session: Session, integration: Integration) -> None:
    """Have the whole window read at the next run."""
    lock_owner(session, integration.tenant_id, integration.id)
    integration.swept_at = None
    session.flush()


def _plan_check(session: Session, channel: PushChannel, now: datetime) -> None:
    """Have Cronofy asked how the account is: the notification may be an old one."""
    account = find_account_of_tenant(session, channel.tenant_id, channel.account_id)
    if account is None:
        return
    due_at = now if account.checked_at is None else max(now, account.checked_at + SHORTEST_POLL)
    _wake(session, channel, DueKind.CHECK_ACCOUNT, account.id, due_at)


def _plan_erasure(session: Session, channel: PushChannel, now: datetime) -> Taken:
    account = find_account_of_tenant(session, channel.tenant_id, channel.account_id)
    if account is None or account.sub != channel.sub:
        return Taken.CLOSED
    _wake(session, channel, DueKind.ERASE_ACCOUNT, account.id, now)
    return Taken.ERASED


def _wake(
    session: Session, channel: PushChannel, kind: DueKind, subject_id: str, due_at: datetime
) -> None:
    if not _is_waiting(session, channel, kind, subject_id, due_at):
        due_rows.wake(session, channel.tenant_id, kind, subject_id, due_at)


def _is_waiting(
    session: Session, channel: PushChannel, kind: DueKind, subject_id: str, due_at: datetime
) -> bool:
    """Whether the work waits already, so that a hundred notifications write as much as one.

    Work that nobody has claimed begins after the notification came, and so sees what it
    is about.
    """
    return due_rows.is_waiting(session, channel.tenant_id, kind, subject_id, due_at)
