"""How integrations hang on a linked account: what becomes of them as the account changes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from calsync.core.account import Disconnection
from calsync.core.integration import LONG_ABSENCE, Refusal, Stop
from calsync.db import due_rows
from calsync.db.accounts import list_calendars
from calsync.db.database import Session
from calsync.db.integrations import (
    list_integrations_of_account,
    list_lost_integrations,
    lock_by_calendar,
)
from calsync.db.models import DueKind, Integration, LinkedAccount, LinkedCalendar
from calsync.db.parking import park_all
from calsync.db.runs import end_open_runs
from calsync.db.subjects import hold_syncs_of_account


def attach(integration: Integration, account: LinkedAccount, calendar: LinkedCalendar) -> None:
    """Let an integration be one with this calendar."""
    integration.account_id = account.id
    integration.calendar_id = calendar.calendar_id
    integration.calendar_name = calendar.name
    integration.service = account.provider_service
    integration.profile_name = account.profile_name
    integration.stop = _find_stop(account, calendar)


def leave_account(session: Session, account: LinkedAccount, now: datetime) -> None:
    """Let go of an account that is about to be forgotten: its integrations stand still."""
    hold_syncs_of_account(session, account.tenant_id, account.id)
    for integration in list_integrations_of_account(session, account.tenant_id, account.id):
        if integration.deleted_at is not None:
            # Copies that were still to be deleted cannot be any more.
            end_integration(session, integration)
            continue
        integration.account_id = None
        integration.stop = Stop.NOT_CONNECTED
        ids = integration.tenant_id, integration.id
        end_open_runs(session, *ids, error=Refusal.NOT_CONNECTED, now=now)
        due_rows.drop(session, integration.tenant_id, DueKind.SYNC, integration.id)
    session.flush()


def end_integration(session: Session, integration: Integration) -> None:
    """Let a deleted integration be what its links and judged events hang on, and no more."""
    park_all(session, integration.tenant_id, integration.id, goes=False)
    due_rows.drop(session, integration.tenant_id, DueKind.SYNC, integration.id)
    integration.account_id = None
    integration.stop = None


def find_lost(
    session: Session, account: LinkedAccount, calendars: Sequence[LinkedCalendar]
) -> None:
    """Give integrations back to a mailbox that was disconnected and is linked again.

    It is the same mailbox by service and name, and the calendar by id, else by name
    (docs/sync.md 12).
    """
    for integration in list_lost_integrations(session, account.tenant_id, account.user_id):
        if _mailbox_of(integration) != (account.provider_service, account.profile_name):
            continue
        calendar = _find_same(integration, calendars)
        if calendar is None:
            continue
        if calendar.calendar_id != integration.calendar_id:
            if _is_taken(session, integration, calendar):
                continue
            # It is told anew what stands there.
            integration.cursor = integration.swept_at = integration.copies_read_at = None
        integration.account_id = account.id
        integration.calendar_id = calendar.calendar_id
    session.flush()


def follow_account(
    session: Session,
    account: LinkedAccount,
    now: datetime,
    permitted: Collection[str] = (),
    asked_by: str | None = None,
) -> bool:
    """Have the integrations of an account stand still or go on as it is now.

    The one that this was ``asked_by`` goes on by itself.
    All of a calendar that is ``permitted`` something else than before is read again: its
    events say what may be done to each of them. Says whether a deleted integration was
    ended because its copies can never be deleted.
    """
    calendars = {
        calendar.calendar_id: calendar
        for calendar in list_calendars(session, account.tenant_id, [account.id])
    }
    has_ended = False
    hold_syncs_of_account(session, account.tenant_id, account.id)
    for integration in list_integrations_of_account(session, account.tenant_id, account.id):
        calendar = calendars.get(integration.calendar_id)
        if integration.deleted_at is not None and _is_lost_for_good(account, calendar):
            end_integration(session, integration)
            has_ended = True
        elif calendar is not None:
            goes_on = _follow(integration, account, calendar, now)
            if goes_on and integration.id != asked_by:
                due_rows.wake(session, integration.tenant_id, DueKind.SYNC, integration.id, now)
            if calendar.calendar_id in permitted:
                _read_again(session, integration, now)
    session.flush()
    return has_ended


def note_absence(integration: Integration, now: datetime) -> None:
    """Have removals held where no sync has reached its end for long (docs/sync.md 12)."""
    checked_at = integration.checked_at
    if checked_at is not None and now - checked_at > LONG_ABSENCE:
        integration.absent_since = integration.absent_since or checked_at


def _follow(
    integration: Integration, account: LinkedAccount, calendar: LinkedCalendar, now: datetime
) -> bool:
    """Attach an integration anew, and tell whether it stood still and has work now."""
    had_stopped = integration.stop is not None
    attach(integration, account, calendar)
    has_work = integration.is_active or integration.deleted_at is not None
    goes_on = had_stopped and integration.stop is None and has_work
    if goes_on:
        note_absence(integration, now)
    return goes_on


def _read_again(session: Session, integration: Integration, now: datetime) -> None:
    integration.swept_at = None
    if integration.is_active:
        due_rows.wake(session, integration.tenant_id, DueKind.SYNC, integration.id, now)


def _is_lost_for_good(account: LinkedAccount, calendar: LinkedCalendar | None) -> bool:
    """Tell whether nothing can be done in a calendar any more; else it may be mended."""
    is_over = account.disconnection in (
        Disconnection.ACCESS_REVOKED,
        Disconnection.PROFILE_MISSING,
    )
    return is_over or calendar is None or calendar.is_deleted


def _find_stop(account: LinkedAccount, calendar: LinkedCalendar) -> Stop | None:
    if account.disconnection is Disconnection.PERMISSION_MISSING:
        return Stop.PERMISSION_MISSING
    if account.disconnection is not None:
        return Stop.NOT_CONNECTED
    if calendar.is_deleted:
        return Stop.CALENDAR_GONE
    return Stop.BEING_READ if account.is_being_read else None


def _mailbox_of(integration: Integration) -> tuple[str, str]:
    return integration.service, integration.profile_name


def _find_same(
    integration: Integration, calendars: Iterable[LinkedCalendar]
) -> LinkedCalendar | None:
    standing = [calendar for calendar in calendars if not calendar.is_deleted]
    by_id = (c for c in standing if c.calendar_id == integration.calendar_id)
    by_name = (c for c in standing if c.name == integration.calendar_name)
    return next(by_id, None) or next(by_name, None)


def _is_taken(session: Session, integration: Integration, calendar: LinkedCalendar) -> bool:
    ids = integration.tenant_id, integration.user_id
    return lock_by_calendar(session, *ids, calendar.calendar_id) is not None
