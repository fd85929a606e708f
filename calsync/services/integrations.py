"""Making, changing and switching integrations."""

from collections.abc import Mapping
from datetime import datetime

from calsync.core.integration import POLL_EVERY, SWITCH_DELAY, Copies, Meanwhile, Refusal
from calsync.core.item import Kind
from calsync.core.options import Options, dump_options, find_faults, load_options
from calsync.db import due_rows
from calsync.db.accounts import list_calendars, lock_account
from calsync.db.channels import wake_keeper
from calsync.db.database import Session
from calsync.db.integrations import (
    lock_by_calendar,
    lock_deleted_by_name,
)
from calsync.db.models import DueKind, Integration, LinkedAccount, LinkedCalendar
from calsync.db.parking import (
    count_all_copies,
    count_copies,
    drop_wishes,
    park_kinds,
    resume_brought,
    resume_kinds,
)
from calsync.db.subjects import hold_syncs_of_user
from calsync.errors import NotPossible, NotThere
from calsync.ids import new_id
from calsync.services.attachment import attach, note_absence
from calsync.services.integration_state import (
    get_integration,
    lock,
    note,
    refuse_other_number,
    stand_still,
    wake_if_active,
)
from calsync.services.sync.kept_out import release
from calsync.services.tools import Tools, Who

#: What an integration knows of its own past, and begins without.
_MOMENTS = (
    "cursor",
    "changes_since",
    "swept_at",
    "copies_read_at",
    "absent_since",
    "synced_at",
    "checked_at",
    "deleted_at",
    "caution",
)


def create_integration(
    tools: Tools,
    who: Who,
    *,
    account_id: str,
    calendar_id: str,
    options: Options,
    meanwhile: Meanwhile = Meanwhile.AGREED,
) -> str:
    """Keep My Calendar in step with a calendar of the user's from now on; return the id.

    What the user had with the same calendar before is taken over, with all that is known
    of its events; ``meanwhile`` says what becomes of what happened since. Raises NotThere
    where the account or calendar is not the user's, NotPossible with a Refusal.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        account, calendar = _get_place(session, who, account_id, calendar_id)
        _refuse_faults(options)
        _refuse_unfit(account, calendar, options)
        integration = _find_former(session, who, account, calendar)
        is_taken_over = integration is not None
        integration = integration or Integration(
            id=new_id(), tenant_id=who.tenant_id, user_id=who.user_id, version=0, created_at=now
        )
        _begin(integration, account, calendar, options, now)
        session.add(integration)
        session.flush()
        if is_taken_over:
            _resume_all(session, integration, options.kinds, meanwhile)
        due_rows.wake(session, who.tenant_id, DueKind.SYNC, integration.id, now)
        wake_keeper(session, integration, now)
        integration_id = integration.id
    tools.wake()
    note("integration made", who, integration_id, taken_over=is_taken_over)
    return integration_id


def change_options(
    tools: Tools,
    who: Who,
    integration_id: str,
    options: Options,
    *,
    copies: Copies = Copies.STAY,
    confirmed: int | None = None,
    meanwhile: Meanwhile = Meanwhile.AGREED,
    kept_out: int | None = None,
) -> None:
    """Give an integration other options; nothing of the past is rewritten by that alone.

    Of a kind that is not sent any more the copies stay or go; those that go are the
    number that the user has ``confirmed``. Of a kind that is sent again, ``meanwhile``
    says what becomes of what happened to its old copies. ``kept_out`` is the number of
    changes kept out so far that flow after all, where the user wants them to. Raises
    NotThere, and NotPossible with a Refusal.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        _refuse_faults(options)
        before = load_options(integration.options)
        ticked, unticked = options.kinds - before.kinds, before.kinds - options.kinds
        if ticked:
            _refuse_read_only(session, integration)
        if options.takes_create and not before.takes_create:
            integration.create_since, integration.has_baseline = now, False
        integration.kinds_since = _since(options.kinds, integration.kinds_since, now)
        integration.options = dump_options(options)
        integration.version += 1
        session.flush()
        # Before any link is parked or resumed: so the page has counted them.
        if kept_out is not None:
            release(tools, session, who, integration_id, kept_out, now)
        if unticked:
            _untick(session, integration, unticked, copies, confirmed)
        if ticked:
            is_agreed = meanwhile is Meanwhile.AGREED
            ids = who.tenant_id, integration.id
            resume_kinds(session, *ids, ticked, is_agreed=is_agreed)
        wake_if_active(session, integration, now)
    tools.wake()
    note("options changed", who, integration_id)


def activate(tools: Tools, who: Who, integration_id: str) -> None:
    """Let changes flow again; after a long absence removals wait for a look.

    The first sync begins a few seconds later, unless somebody asks for one or changes
    something. Raises NotThere.
    """
    now = tools.clock.now()
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        if integration.is_active:
            return
        integration.is_active = True
        integration.version += 1
        note_absence(integration, now)
        wake_if_active(session, integration, now + SWITCH_DELAY)
        wake_keeper(session, integration, now + SWITCH_DELAY)
    note("integration activated", who, integration_id)


def deactivate(tools: Tools, who: Who, integration_id: str) -> None:
    """Let nothing flow in either direction, whoever asks for it. Raises NotThere."""
    with tools.db.begin() as session:
        integration = lock(session, who, integration_id)
        if not integration.is_active:
            return
        integration.is_active = False
        integration.version += 1
        now = tools.clock.now()
        stand_still(session, integration, now, now + SWITCH_DELAY)
    note("integration deactivated", who, integration_id)


def count_copies_to_go(
    tools: Tools, who: Who, integration_id: str, kinds: frozenset[Kind] | None = None
) -> int:
    """Return how many copies would go, of some kinds or of all. Raises NotThere."""
    with tools.db.read() as session:
        integration = get_integration(session, who, integration_id)
        if kinds is None:
            return count_all_copies(session, who.tenant_id, integration.id)
        return count_copies(session, who.tenant_id, integration.id, kinds)


def _get_place(
    session: Session, who: Who, account_id: str, calendar_id: str
) -> tuple[LinkedAccount, LinkedCalendar]:
    """Return an account of the user's and a calendar of it.

    It is locked, so that two windows that link the same calendar do so in turn.
    """
    account = lock_account(session, who.tenant_id, account_id)
    if account is None or account.user_id != who.user_id:
        raise NotThere
    for calendar in list_calendars(session, who.tenant_id, [account_id]):
        if calendar.calendar_id == calendar_id:
            return account, calendar
    raise NotThere


def _refuse_unfit(account: LinkedAccount, calendar: LinkedCalendar, options: Options) -> None:
    if account.disconnection is not None:
        raise NotPossible(Refusal.NOT_CONNECTED)
    if calendar.is_deleted:
        raise NotPossible(Refusal.CALENDAR_GONE)
    if calendar.is_read_only and options.kinds:
        raise NotPossible(Refusal.READ_ONLY)


def _refuse_faults(options: Options) -> None:
    for fault in find_faults(options):
        raise NotPossible(Refusal(fault))


def _find_former(
    session: Session, who: Who, account: LinkedAccount, calendar: LinkedCalendar
) -> Integration | None:
    """Return what the user had with a calendar before, by its id, else by its names."""
    # One that is being deleted still has a sync.
    hold_syncs_of_user(session, who.tenant_id, who.user_id)
    former = lock_by_calendar(session, who.tenant_id, who.user_id, calendar.calendar_id)
    if former is not None and former.deleted_at is None:
        raise NotPossible(Refusal.ALREADY_LINKED)
    return former or lock_deleted_by_name(
        session,
        who.tenant_id,
        who.user_id,
        service=account.provider_service,
        profile_name=account.profile_name,
        calendar_name=calendar.name,
    )


def _begin(
    integration: Integration,
    account: LinkedAccount,
    calendar: LinkedCalendar,
    options: Options,
    now: datetime,
) -> None:
    """Let an integration be as on its first day; what hangs on it stays."""
    attach(integration, account, calendar)
    integration.is_active = True
    integration.options = dump_options(options)
    integration.kinds_since = _since(options.kinds, {}, now)
    integration.create_since = now if options.takes_create else None
    integration.has_baseline = False
    integration.version += 1
    for moment in _MOMENTS:
        setattr(integration, moment, None)
    integration.poll_seconds = int(POLL_EVERY.total_seconds())


def _resume_all(
    session: Session, integration: Integration, kinds: frozenset[Kind], meanwhile: Meanwhile
) -> None:
    ids = integration.tenant_id, integration.id
    drop_wishes(session, *ids)
    is_agreed = meanwhile is Meanwhile.AGREED
    resume_brought(session, *ids, is_agreed=is_agreed)
    resume_kinds(session, *ids, kinds, is_agreed=is_agreed)


def _refuse_read_only(session: Session, integration: Integration) -> None:
    calendars = list_calendars(session, integration.tenant_id, [integration.account_id or ""])
    if any(c.is_read_only and c.calendar_id == integration.calendar_id for c in calendars):
        raise NotPossible(Refusal.READ_ONLY)


def _untick(
    session: Session,
    integration: Integration,
    kinds: frozenset[Kind],
    copies: Copies,
    confirmed: int | None,
) -> None:
    ids = integration.tenant_id, integration.id
    goes = copies is Copies.GO
    if goes:
        refuse_other_number(count_copies(session, *ids, kinds), confirmed)
    park_kinds(session, *ids, kinds, goes=goes)


def _since(kinds: frozenset[Kind], known: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return since when each kind has been ticked."""
    return {kind.value: known.get(kind.value, now.isoformat()) for kind in sorted(kinds)}
