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
from calsync.db.models import DueKind, Integration, LinkedAccount, PushChannel
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
        return _note(tools, token, notification)
    except AlreadyThere:  # two came at once, and the other planned the same work
        return _note(tools, token, notification)


def _note(tools: Tools, token: str, notification: Notification) -> Taken:
    with tools.db.begin() as session:
        found = find_addressed(session, fingerprint(token))
        if found is None:
            return Taken.UNKNOWN
        channel, integration = found
        reception = _Reception(session, channel, tools.clock.now())
        taken = reception.take(integration, notification)
    if reception.has_work:
        tools.wake()
    log.info(
        "notification taken",
        type=notification.kind.value,
        result=taken.value,
        tenant_id=channel.tenant_id,
        integration_id=channel.integration_id,
    )
    return taken


class _Reception:
    """What is noted of one notification that came by a channel, in one transaction."""

    def __init__(self, session: Session, channel: PushChannel, now: datetime) -> None:
        #: Whether it made something due now that was not before.
        self.has_work = False
        self._session = session
        self._channel = channel
        self._now = now

    def take(self, integration: Integration | None, notification: Notification) -> Taken:
        """Plan what the notification asks for, and return what that was."""
        if notification.kind is NotificationKind.GDPR_REQUESTED:
            # To be obeyed by whichever way it comes.
            return self._plan_erasure()
        if integration is None or not self._is_listened_to(integration, notification):
            keeping = DueKind.KEEP_CHANNEL, self._channel.integration_id
            self._wake(*keeping, self._now + _CLOSE_WITHIN)
            return Taken.CLOSED
        taken = self._plan(integration, notification)
        # Last, as everybody locks the integration before its channel.
        self._note_delivery()
        return taken

    def _is_listened_to(self, integration: Integration, notification: Notification) -> bool:
        # Until Cronofy's answer to our opening it is stored, any id may be the right one.
        is_known = self._channel.channel_id in (None, notification.channel_id)
        is_wanted = integration.is_active and integration.deleted_at is None
        return self._channel.closing_at is None and is_known and is_wanted

    def _plan(self, integration: Integration, notification: Notification) -> Taken:
        match notification.kind:
            case NotificationKind.CHANGE:
                self._plan_reading(integration, notification.changes_since)
                return Taken.WOKEN
            case NotificationKind.PROFILE_DISCONNECTED:
                self._plan_sweep(integration)
                self._plan_check()
                return Taken.CHECKED
            case NotificationKind.PROFILE_INITIAL_SYNC_COMPLETED:
                self._plan_reading(integration, None)
                self._plan_sweep(integration)
                self._plan_check()
                return Taken.CHECKED
            case _:
                return Taken.NOTED

    def _plan_reading(self, integration: Integration, changes_since: datetime | None) -> None:
        """Have the calendar read, from ``changes_since`` on if that is earlier than planned."""
        due_at = _soonest(self._now, integration.checked_at)
        since = changes_since and max(changes_since, self._now - _OLDEST_NEWS)
        known = integration.changes_since
        is_covered = since is None or (known is not None and known <= since)
        if is_covered and self._is_waiting(DueKind.SYNC, integration.id, due_at):
            return
        # The due row before the integration: every commit of a run does the same, so neither
        # stands in the other's way, and the run sees a wake with what it is about or neither.
        self._wake(DueKind.SYNC, integration.id, due_at, even_if_waiting=True)
        if since is not None:
            keep_earliest_change(self._session, integration, since)

    def _plan_sweep(self, integration: Integration) -> None:
        """Have the whole window read at the next run."""
        lock_owner(self._session, integration.tenant_id, integration.id)
        integration.swept_at = None
        self._session.flush()

    def _plan_check(self) -> None:
        """Have Cronofy asked how the account is: the notification may be an old one."""
        account = self._find_account()
        if account is not None:
            due_at = _soonest(self._now, account.checked_at)
            self._wake(DueKind.CHECK_ACCOUNT, account.id, due_at)

    def _plan_erasure(self) -> Taken:
        account = self._find_account()
        if account is None or account.sub != self._channel.sub:
            return Taken.CLOSED
        self._wake(DueKind.ERASE_ACCOUNT, account.id, self._now)
        return Taken.ERASED

    def _find_account(self) -> LinkedAccount | None:
        return find_account_of_tenant(
            self._session, self._channel.tenant_id, self._channel.account_id
        )

    def _note_delivery(self) -> None:
        """Note that notifications come through, without a write for each of a hundred."""
        channel = self._channel
        if channel.verified_at is None:
            channel.verified_at, channel.doubted_at = self._now, None
        if channel.delivered_at is None or self._now - channel.delivered_at >= _NOTED_EVERY:
            channel.delivered_at = self._now

    def _wake(
        self, kind: DueKind, subject_id: str, due_at: datetime, *, even_if_waiting: bool = False
    ) -> None:
        """Have work done, unless it waits already and so sees what the notification is about."""
        if not even_if_waiting and self._is_waiting(kind, subject_id, due_at):
            return
        due_rows.wake(self._session, self._channel.tenant_id, kind, subject_id, due_at)
        self.has_work = self.has_work or due_at <= self._now

    def _is_waiting(self, kind: DueKind, subject_id: str, due_at: datetime) -> bool:
        return due_rows.is_waiting(self._session, self._channel.tenant_id, kind, subject_id, due_at)


def _soonest(now: datetime, checked_at: datetime | None) -> datetime:
    """Return when something may be looked at again that was looked at lately."""
    return now if checked_at is None else max(now, checked_at + SHORTEST_POLL)
